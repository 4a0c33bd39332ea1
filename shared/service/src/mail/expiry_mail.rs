//! The mail about tokens that expire soon.

use jeton_core::token::days;
use maud::html;

use super::{
    Mail,
    layout::{self, Facts},
    plain::{known, name, one_line},
};

/// A token in the mail.
#[derive(Debug)]
pub struct ExpiryMail {
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
    /// When it was created, formatted for people.
    pub created: String,
    /// Who created it.
    pub creator: String,
}

const NEEDED: &str = "What to do: if it is still needed, have a master token extend it through the API (PUT \
                      with expires), or create a new token with the same permissions, use it in place of this one, \
                      and delete this one.";
const NOT_EXTENDED: &str = "Refreshing it does not extend it: the new secret expires at the same time.";
const NOT_NEEDED: &str = "If it is not needed any more, do nothing: it is removed automatically.";

/// The most tokens that a mail lists.
const NAMED: usize = 50;

/// Builds the mail about one or several tokens of a project; `None` without tokens.
pub fn expiry_mail(to: &str, tokens: &[ExpiryMail]) -> Option<Mail> {
    let nearest = tokens.iter().min_by_key(|token| token.days)?;
    let within = days(tokens.iter().map(|token| token.days).max()?);
    let project = name(&nearest.project);
    let (what, stops) = match tokens {
        [_] => (format!("A token of project {{}} expires within {within}"), "It stops working then."),
        _ => (
            format!("{} tokens of project {{}} expire within {within}", tokens.len()),
            "They stop working then.",
        ),
    };
    let subject = what.replace("{}", &one_line(&nearest.project));
    let first = format!("{}. {stops}", what.replace("{}", &project));
    let facts: Vec<_> = tokens.iter().take(NAMED).map(|token| facts(to, token)).collect();
    let rest = tokens.len().saturating_sub(NAMED);
    let rest = (rest > 0).then(|| format!("{rest} more are in the list of tokens of the project."));
    let texts: Vec<_> = facts.iter().map(|facts| layout::facts_text(facts)).collect();
    let paragraphs: Vec<&str> = std::iter::once(first.as_str())
        .chain(texts.iter().map(String::as_str))
        .chain(rest.as_deref())
        .chain([NEEDED, NOT_EXTENDED, NOT_NEEDED])
        .collect();
    let content = html! {
        p { (first) }
        @for facts in &facts { (layout::facts_html(facts)) }
        @if let Some(rest) = &rest { p { (rest) } }
        p { (NEEDED) }
        p { (NOT_EXTENDED) }
        (layout::small(NOT_NEEDED))
    };
    let (text, html) = (layout::text(&paragraphs), layout::sheet(&subject, &content));
    Some(Mail { to: to.to_owned(), reply_to: None, html, subject, text, kind: "expiry", offer: None })
}

fn facts(to: &str, token: &ExpiryMail) -> Facts {
    // Descriptions are untrusted; the recipient's own address is validated.
    let creator = if token.creator == to { known(&token.creator) } else { name(&token.creator) };
    vec![
        ("Project", name(&token.project)),
        ("Token", format!("{} (id {})", name(&token.description), known(&token.token))),
        ("Expires", one_line(&token.expires)),
        ("Created", format!("{} by {creator}", one_line(&token.created))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expiry() -> ExpiryMail {
        ExpiryMail {
            project: "Sales".to_owned(),
            token: "5".to_owned(),
            description: "Nightly import".to_owned(),
            expires: "1 December 2026, 12:05 UTC".to_owned(),
            days: 7,
            created: "1 November 2026, 12:05 UTC".to_owned(),
            creator: "alice@example.com".to_owned(),
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = expiry_mail("alice@example.com", &[expiry()]).unwrap();
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "expiry"));
        assert_eq!(mail.subject, "A token of project Sales expires within 7 days");
        insta::assert_snapshot!("expiry_mail.txt", mail.text);
        insta::assert_snapshot!("expiry_mail.html", mail.html);
    }

    #[test]
    fn the_last_day_is_one_day() {
        let mail = expiry_mail("alice@example.com", &[ExpiryMail { days: 1, ..expiry() }]).unwrap();
        assert_eq!(mail.subject, "A token of project Sales expires within 1 day");
        assert!(mail.text.starts_with("A token of project Sales expires within 1 day."));
    }

    #[test]
    fn several_are_one_mail() {
        let other = ExpiryMail { token: "6".to_owned(), days: 3, ..expiry() };
        let mail = expiry_mail("alice@example.com", &[expiry(), other]).unwrap();
        assert_eq!(mail.subject, "2 tokens of project Sales expire within 7 days");
        assert!(mail.text.contains("(id 5)") && mail.text.contains("(id 6)"), "{}", mail.text);
        assert!(expiry_mail("alice@example.com", &[]).is_none());
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let evil = ExpiryMail { project: evil.clone(), description: evil.clone(), creator: evil, ..expiry() };
        let mail = expiry_mail("alice@example.com", &[evil]).unwrap();
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
