//! The digest: the mail about a person's tokens that expire soon.

use jeton_core::token::days;

use super::{
    Letter, Letterhead, Mail,
    layout::Facts,
    plain::{known, name, one_line},
};

/// A token in the digest.
#[derive(Debug, Clone)]
pub struct ExpiringToken {
    /// The project's name.
    pub project: String,
    /// The token's id.
    pub token: String,
    /// The token's description.
    pub description: String,
    /// When the token expires, formatted for people.
    pub expires: String,
    /// The days until then, rounded up.
    pub days: u64,
    /// The day on which it was last used, formatted for people. `None` if it never was.
    pub last_used: Option<String>,
    /// Its page in the console. `None` for a person who only holds a copy.
    pub page: Option<String>,
    /// The addresses of those who hold copies.
    pub holders: Vec<String>,
    /// The address of the member behind it, for a person who holds a copy.
    pub owner: Option<String>,
}

const NEEDED: &str = "Still needed? Extend it on its page in the console, or through the API (PUT with expires, by a master token). \
                      Refreshing it does not extend it.";
const HELD: &str = "You hold a copy of it. It stops working then, whatever you do with your copy. Still needed? Ask the \
                    person who shared it with you.";
const SOME_HELD: &str = "You hold copies of those without a link. They stop working then, whatever you do with your copies. Still \
                         needed? Ask the people who shared them with you.";
const NOT_NEEDED: &str = "Not needed any more? Do nothing: an expired token is removed automatically.";

/// The most tokens that a mail lists.
pub const LISTED: usize = 50;

/// The most holders that a token lists.
const HOLDERS: usize = 5;

/// Builds the mail about tokens, the first one to expire first. None without tokens.
pub fn expiry_mail(head: &Letterhead<'_>, to: &str, tokens: &[ExpiringToken]) -> Option<Mail> {
    let first = tokens.first()?;
    let within = days(tokens.iter().map(|token| token.days).max()?);
    let of_project = tokens.iter().all(|token| token.project == first.project);
    let (count, verb) = match tokens.len() {
        1 => ("A token".to_owned(), "expires"),
        count => (format!("{} tokens", grouped(count)), "expire"),
    };
    let sentence = |project: &str| {
        let which = if of_project { format!("{count} of project {project}") } else { count.clone() };
        format!("{which} {verb} within {within}")
    };
    let mut letter = Letter::new(head, sentence(&one_line(&first.project)));
    let stops = if tokens.len() == 1 { "It stops working then." } else { "They stop working then." };
    letter.say(format!("{}. {stops}", sentence(&name(&first.project))));
    for token in tokens.iter().take(LISTED) {
        letter.facts_with(&facts(token), token.page.as_deref().map(|page| ("Open in the console", page)));
    }
    let rest = tokens.len().saturating_sub(LISTED);
    if rest > 0 {
        letter.say(format!("{} more are in the lists of tokens of your projects.", grouped(rest)));
    }
    let copies = tokens.iter().filter(|token| token.page.is_none()).count();
    if copies < tokens.len() {
        letter.say(NEEDED);
        letter.say(format!("The links lead to {}. They ask you to sign in.", head.host()));
    }
    if copies > 0 {
        letter.say(if tokens.len() == 1 { HELD } else { SOME_HELD });
    }
    letter.small(NOT_NEEDED);
    let owner = tokens.iter().find_map(|token| token.owner.as_deref());
    let reply_to = owner.filter(|owner| tokens.iter().all(|token| token.owner.as_deref() == Some(owner)));
    Some(letter.to(to, "expiry", reply_to))
}

fn facts(token: &ExpiringToken) -> Facts {
    let mut holders: Vec<_> = token.holders.iter().take(HOLDERS).map(|holder| known(holder)).collect();
    let more = token.holders.len().saturating_sub(HOLDERS);
    if more > 0 {
        holders.push(format!("{more} more"));
    }
    [
        Some(("Project", name(&token.project))),
        Some(("Token", format!("{} (id {})", name(&token.description), known(&token.token)))),
        Some(("Expires", one_line(&token.expires))),
        // Of a copy, it would tell its holder when others call.
        Some(("Last used", token.last_used.as_deref().map_or("never".to_owned(), one_line)))
            .filter(|_| token.page.is_some()),
        Some(("Copies with", holders.join(", "))).filter(|_| !holders.is_empty()),
        token.owner.as_ref().map(|owner| ("Belongs to", known(owner))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A number with commas.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let parts: Vec<_> =
        digits.as_bytes().rchunks(3).rev().map(|part| String::from_utf8_lossy(part)).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn expiring() -> ExpiringToken {
        ExpiringToken {
            project: "Sales".to_owned(),
            token: "5".to_owned(),
            description: "Nightly import".to_owned(),
            expires: "1 December 2026, 12:05 UTC".to_owned(),
            days: 7,
            last_used: Some("23 November 2026".to_owned()),
            page: Some("https://jeton.example.org/console/projects/1/tokens/5".to_owned()),
            holders: vec!["bob@example.com".to_owned(), "eve@example.com".to_owned()],
            owner: None,
        }
    }

    /// The same token for a person who holds a copy.
    fn held() -> ExpiringToken {
        ExpiringToken {
            page: None,
            holders: Vec::new(),
            owner: Some("alice@example.com".to_owned()),
            ..expiring()
        }
    }

    fn mail(tokens: &[ExpiringToken]) -> Mail {
        expiry_mail(&plain(), "alice@example.com", tokens).unwrap()
    }

    /// The text on one line, because the body is wrapped.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn it_reads_well() {
        let later = ExpiringToken {
            project: "Marketing".to_owned(),
            token: "6".to_owned(),
            days: 8,
            last_used: None,
            holders: Vec::new(),
            ..expiring()
        };
        let mail = mail(&[expiring(), held(), later]);
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "expiry"));
        assert_eq!(mail.subject, "3 tokens expire within 8 days");
        insta::assert_snapshot!("expiry_mail.txt", mail.text);
        insta::assert_snapshot!("expiry_mail.html", mail.html);
    }

    #[test]
    fn of_one_project_it_names_the_project_and_the_last_day_is_one_day() {
        let mail = |days| mail(&[ExpiringToken { days, ..expiring() }]);
        assert_eq!(mail(7).subject, "A token of project Sales expires within 7 days");
        assert!(
            mail(1).text.starts_with("A token of project Sales expires within 1 day. It stops working then.")
        );
        let two = super::tests::mail(&[expiring(), expiring()]);
        assert_eq!(two.subject, "2 tokens of project Sales expire within 7 days");
    }

    #[test]
    fn of_very_many_tokens_it_lists_the_first_and_says_how_many_there_are() {
        let tokens: Vec<_> =
            (0..10_000).map(|n| ExpiringToken { token: format!("t{n}"), ..expiring() }).collect();
        let mail = mail(&tokens);
        assert_eq!(mail.subject, "10,000 tokens of project Sales expire within 7 days");
        for body in [&mail.text, &mail.html] {
            assert_eq!(body.matches("(id t").count(), LISTED);
            assert!(words(body).contains("9,950 more are in the lists") && body.contains("(id t49)"));
        }
        assert!(mail.html.len() < 100_000, "{}", mail.html.len());
    }

    #[test]
    fn who_holds_a_copy_is_told_whom_to_ask_and_no_more() {
        let mail = expiry_mail(&plain(), "bob@example.com", &[held()]).unwrap();
        for body in [&mail.text, &mail.html] {
            assert!(
                body.contains("alice@example.com") && words(body).contains("Ask the person who shared"),
                "{body}"
            );
            assert!(!body.contains("/console/") && !body.contains("PUT"), "{body}");
            assert!(!body.contains("Last used") && !body.contains("Copies with"), "{body}");
        }
        assert_eq!(mail.reply_to.as_deref(), Some("alice@example.com"));
        assert_eq!(super::tests::mail(&[held(), expiring()]).reply_to, None);
    }

    #[test]
    fn a_token_lists_some_of_many_holders() {
        let holders = (0..100).map(|n| format!("h{n}@example.com")).collect();
        let mail = mail(&[ExpiringToken { holders, ..expiring() }]);
        assert!(words(&mail.text).contains("h4@example.com, 95 more"), "{}", mail.text);
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let mail = mail(&[ExpiringToken { project: evil.clone(), description: evil, ..held() }]);
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
        assert!(expiry_mail(&plain(), "alice@example.com", &[]).is_none());
    }
}
