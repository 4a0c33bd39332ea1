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
    /// Its pages in the console. `None` for a person who only holds a copy.
    pub console: Option<ConsolePages>,
    /// The addresses of those who hold copies.
    pub holders: Vec<String>,
    /// The address of the member behind it, for a person who holds a copy.
    pub owner: Option<String>,
}

/// What a member finds in the console about a token.
#[derive(Debug, Clone)]
pub struct ConsolePages {
    /// The page of the token.
    pub token: String,
    /// The list of the tokens of its project that expire soon.
    pub list: String,
    /// Whether they may extend it.
    pub may_extend: bool,
}

const NEEDED: &str = "Still needed? Extend it on its page in the console, or through the API (PUT with expires, by a master token). \
                      Refreshing it does not extend it.";
const NEEDED_IN_PART: &str = "In projects that you can only read, ask an admin to extend it.";
const NEEDED_BY_READER: &str = "Still needed? Ask an admin of the project to extend it, which you may not.";
const HELD: &str = "You hold a copy of it. It stops working then, whatever you do with your copy. Still needed? Ask the \
                    person who shared it with you.";
const ALL_HELD: &str = "You hold copies of them. They stop working then, whatever you do with your copies. Still needed? Ask the \
                        people who shared them with you.";
const ONE_HELD: &str = "You hold a copy of the one without a link. It stops working then, whatever you do with your copy. Still \
                        needed? Ask the person who shared it with you.";
const SOME_HELD: &str = "You hold copies of those without a link. They stop working then, whatever you do with your copies. Still \
                         needed? Ask the people who shared them with you.";
const NOT_NEEDED: &str = "Not needed any more? Do nothing: an expired token is removed automatically.";

/// The most tokens that a mail lists.
pub const LISTED: usize = 50;

/// The most projects whose lists have the tokens that a mail does not list.
const PROJECTS: usize = 10;

/// The most holders that a token lists.
const HOLDERS: usize = 5;

/// Builds the mail about tokens, the first one to expire first. None without tokens.
pub fn expiry_mail(head: &Letterhead<'_>, to: &str, tokens: &[ExpiringToken]) -> Option<Mail> {
    let first = tokens.first()?;
    let (nearest, furthest) = (first.days, tokens.iter().map(|token| token.days).max()?);
    let soonest = tokens.iter().filter(|token| token.days == nearest).count();
    let within = if nearest == furthest {
        days(furthest)
    } else {
        format!("{}, {} of them within {}", days(furthest), grouped(soonest), days(nearest))
    };
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
        letter.facts_with(
            &facts(token),
            token.console.as_ref().map(|pages| ("Open in the console", pages.token.as_str())),
        );
    }
    say_rest(&mut letter, tokens.get(LISTED..).unwrap_or_default());
    let copies = tokens.iter().filter(|token| token.console.is_none()).count();
    if copies < tokens.len() {
        let may = |may| {
            tokens.iter().filter_map(|token| token.console.as_ref()).any(|pages| pages.may_extend == may)
        };
        letter.say(match (may(true), may(false)) {
            (true, true) => format!("{NEEDED} {NEEDED_IN_PART}"),
            (true, false) => NEEDED.to_owned(),
            (false, _) => NEEDED_BY_READER.to_owned(),
        });
        letter.say(format!("The links lead to {}. They ask you to sign in.", head.host()));
    }
    if copies > 0 {
        letter.say(match (copies, tokens.len()) {
            (1, 1) => HELD,
            (1, _) => ONE_HELD,
            (copies, all) if copies == all => ALL_HELD,
            _ => SOME_HELD,
        });
    }
    letter.small(NOT_NEEDED);
    let owner = tokens.iter().find_map(|token| token.owner.as_deref());
    let reply_to = owner.filter(|owner| tokens.iter().all(|token| token.owner.as_deref() == Some(owner)));
    Some(letter.to(to, "expiry", reply_to))
}

/// The tokens that are not listed, by project, with a link to its list.
fn say_rest(letter: &mut Letter<'_>, rest: &[ExpiringToken]) {
    let mut lists: Vec<(&str, &str, usize)> = Vec::new();
    for token in rest {
        let Some(pages) = &token.console else { continue };
        match lists.iter_mut().find(|(list, ..)| *list == pages.list) {
            Some((.., count)) => *count += 1,
            None => lists.push((&pages.list, &token.project, 1)),
        }
    }
    for (list, project, count) in lists.iter().take(PROJECTS) {
        let facts = [("Project", name(project)), ("Not listed here", grouped(*count))];
        letter.facts_with(&facts, Some(("Open the list in the console", list)));
    }
    let elsewhere: usize = lists.iter().skip(PROJECTS).map(|(.., count)| count).sum();
    if elsewhere > 0 {
        letter.say(format!(
            "{} more are in the lists of tokens of other projects of yours.",
            grouped(elsewhere)
        ));
    }
    let held = rest.iter().filter(|token| token.console.is_none()).count();
    if held > 0 {
        letter.say(format!("{} more are tokens of which you hold a copy.", grouped(held)));
    }
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
            .filter(|_| token.console.is_some()),
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
            console: Some(ConsolePages {
                token: "https://jeton.example.org/console/projects/1/tokens/5".to_owned(),
                list: "https://jeton.example.org/console/projects/1/tokens?show=expiring".to_owned(),
                may_extend: true,
            }),
            holders: vec!["bob@example.com".to_owned(), "eve@example.com".to_owned()],
            owner: None,
        }
    }

    /// The same token for a person who holds a copy.
    fn held() -> ExpiringToken {
        ExpiringToken {
            console: None,
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
        assert_eq!(mail.subject, "3 tokens expire within 8 days, 2 of them within 7 days");
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

    /// Many tokens, the first of this project, the others of so many further ones, and copies at the end.
    fn many(projects: usize) -> Vec<ExpiringToken> {
        let token = |n: usize| {
            let mut pages = expiring().console.unwrap();
            if n >= LISTED + 60 {
                let project = n % projects;
                pages.list =
                    format!("https://jeton.example.org/console/projects/{project}/tokens?show=expiring");
            }
            ExpiringToken { token: format!("t{n}"), console: Some(pages), ..expiring() }
        };
        let copies = (0..3).map(|n| ExpiringToken { token: format!("c{n}"), ..held() });
        (0..10_000).map(token).chain(copies).collect()
    }

    #[test]
    fn of_very_many_tokens_it_lists_the_first_and_leads_to_the_lists_with_the_others() {
        let [few, most] = [1, 100].map(|projects| mail(&many(projects)));
        assert_eq!(few.subject, "10,003 tokens of project Sales expire within 7 days");
        for body in [&few.text, &few.html] {
            assert_eq!(body.matches("(id t").count(), LISTED);
            assert!(body.contains("(id t49)"));
            assert_eq!(body.matches("tokens?show=expiring").count(), 2, "each list once");
            assert!(words(body).contains("3 more are tokens of which you hold a copy"), "{body}");
            assert!(
                body.contains("9,890") && body.contains("60") && !body.contains("other projects"),
                "{body}"
            );
        }
        for body in [&most.text, &most.html] {
            assert_eq!(body.matches("tokens?show=expiring").count(), PROJECTS);
            assert!(
                words(body).contains("more are in the lists of tokens of other projects of yours"),
                "{body}"
            );
        }
        assert!(most.html.len() < 100_000, "{}", most.html.len());
    }

    #[test]
    fn of_tokens_that_end_on_several_days_the_subject_says_how_many_end_first() {
        let after = |days| ExpiringToken { days, ..expiring() };
        let mail = mail(&[after(2), after(2), after(3), after(8)]);
        let said = "4 tokens of project Sales expire within 8 days, 2 of them within 2 days";
        assert_eq!(mail.subject, said);
        assert!(words(&mail.text).starts_with(&format!("{said}. They stop working then.")), "{}", mail.text);
    }

    #[test]
    fn who_may_not_extend_a_token_is_not_told_to() {
        let told = |may: &[bool]| {
            let token = |may_extend: &bool| {
                let console =
                    expiring().console.map(|pages| ConsolePages { may_extend: *may_extend, ..pages });
                ExpiringToken { console, ..expiring() }
            };
            words(&mail(&may.iter().map(token).collect::<Vec<_>>()).text)
        };
        let [may, may_not, both] = [told(&[true, true]), told(&[false]), told(&[true, false])];
        assert!(may.contains("Extend it on its page") && !may.contains("admin"), "{may}");
        assert!(may_not.contains("Ask an admin") && !may_not.contains("Extend it on"), "{may_not}");
        assert!(
            both.contains("Extend it on its page") && both.contains("ask an admin to extend it"),
            "{both}"
        );
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
    fn who_holds_copies_is_told_which_of_the_tokens_they_are() {
        for (tokens, said) in [
            (vec![held()], "You hold a copy of it."),
            (vec![held(), held()], "You hold copies of them."),
            (vec![held(), expiring()], "You hold a copy of the one without a link."),
            (vec![held(), held(), expiring()], "You hold copies of those without a link."),
        ] {
            let mail = mail(&tokens);
            assert!(words(&mail.text).contains(said), "{}", mail.text);
        }
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
