//! The mail that tells a sharer that their share was picked up.

use maud::html;

use super::plain::{name, one_line};
use super::{Mail, layout};

/// What the mail about a pick-up says.
#[derive(Debug)]
pub struct PickedUpMail {
    /// The sharer's address.
    pub to: String,
    /// Whom the share was for.
    pub recipient: String,
    /// The project's name.
    pub project: String,
    /// The token's description.
    pub description: String,
    /// When it happened, as a person reads it.
    pub when: String,
}

const UNEXPECTED: &str = "If this surprises you, refresh the token: every copy handed out before stops \
                          working at once.";

/// Writes the mail.
pub fn picked_up_mail(picked_up: &PickedUpMail) -> Mail {
    let subject = format!("The token you shared from project {} was picked up", one_line(&picked_up.project));
    let recipient = name(&picked_up.recipient);
    let description = name(&picked_up.description);
    let project = name(&picked_up.project);
    let when = one_line(&picked_up.when);
    let text = format!(
        "{recipient} picked up a copy of the token you shared.\n\n\
         Project: {project}\nToken:   {description}\nTime:    {when}\n\n{UNEXPECTED}\n"
    );
    let content = html! {
        p { strong { (recipient) } " picked up a copy of the token you shared." }
        p {
            "Project: " strong { (project) } br;
            "Token: " strong { (description) } br;
            "Time: " (when)
        }
        (layout::small(UNEXPECTED))
    };
    Mail {
        to: picked_up.to.clone(),
        html: layout::sheet(&subject, &content),
        subject,
        text,
        kind: "pickedUp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked_up() -> PickedUpMail {
        PickedUpMail {
            to: "alice@example.com".to_owned(),
            recipient: "bob@example.com".to_owned(),
            project: "Sales".to_owned(),
            description: "Nightly import".to_owned(),
            when: "24 November 2026, 12:05 UTC".to_owned(),
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = picked_up_mail(&picked_up());
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "pickedUp"));
        assert_eq!(mail.subject, "The token you shared from project Sales was picked up");
        insta::assert_snapshot!("picked_up_mail.txt", mail.text);
        insta::assert_snapshot!("picked_up_mail.html", mail.html);
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let mail = picked_up_mail(&PickedUpMail { project: evil.clone(), description: evil, ..picked_up() });
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
