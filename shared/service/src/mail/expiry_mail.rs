//! The mail that tells, before a token ends, that it will.

use jeton_core::token::days;
use maud::html;

use super::plain::{name, one_line};
use super::{Mail, layout};

/// What the mail about a token's coming end says.
#[derive(Debug)]
pub struct ExpiryMail {
    /// The address of the member behind the token.
    pub to: String,
    /// The project's name.
    pub project: String,
    /// The token's id.
    pub token: String,
    /// The token's description.
    pub description: String,
    /// When the token ends, as a person reads it.
    pub expires: String,
    /// How many days that is away, the last of them begun or whole.
    pub days: u64,
    /// When it was created, as a person reads it.
    pub created: String,
    /// Who created it.
    pub creator: String,
}

const NEEDED: &str = "What to do: if it is still needed, create a new token with the same permissions, put \
                      it wherever this one is used, and delete this one.";
const NOT_EXTENDED: &str = "A token cannot be made to live longer, and refreshing it does not do so either: \
                            the new secret ends at the same moment.";
const NOT_NEEDED: &str = "If it is not needed any more, there is nothing to do: it is removed by itself.";

/// Writes the mail.
pub fn expiry_mail(expiry: &ExpiryMail) -> Mail {
    let days = days(expiry.days);
    let project = name(&expiry.project);
    let subject = format!("A token of project {} expires within {days}", one_line(&expiry.project));
    let first = format!("A token of project {project} expires within {days}. From then on it opens nothing.");
    let facts = [
        ("Project", project),
        ("Token", format!("{} (id {})", name(&expiry.description), one_line(&expiry.token))),
        ("Expires", one_line(&expiry.expires)),
        ("Created", format!("{} by {}", one_line(&expiry.created), name(&expiry.creator))),
    ];
    let text = layout::text(&[&first, &layout::facts_text(&facts), NEEDED, NOT_EXTENDED, NOT_NEEDED]);
    let content = html! {
        p { (first) }
        (layout::facts_html(&facts))
        p { (NEEDED) }
        p { (NOT_EXTENDED) }
        (layout::small(NOT_NEEDED))
    };
    Mail { to: expiry.to.clone(), html: layout::sheet(&subject, &content), subject, text, kind: "expiry" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expiry() -> ExpiryMail {
        ExpiryMail {
            to: "alice@example.com".to_owned(),
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
        let mail = expiry_mail(&expiry());
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "expiry"));
        assert_eq!(mail.subject, "A token of project Sales expires within 7 days");
        insta::assert_snapshot!("expiry_mail.txt", mail.text);
        insta::assert_snapshot!("expiry_mail.html", mail.html);
    }

    #[test]
    fn the_last_day_is_one_day() {
        let mail = expiry_mail(&ExpiryMail { days: 1, ..expiry() });
        assert_eq!(mail.subject, "A token of project Sales expires within 1 day");
        assert!(mail.text.starts_with("A token of project Sales expires within 1 day."));
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let mail = expiry_mail(&ExpiryMail {
            project: evil.clone(),
            description: evil.clone(),
            creator: evil,
            ..expiry()
        });
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
