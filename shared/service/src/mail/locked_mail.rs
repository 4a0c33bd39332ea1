//! The mail that tells a sharer that five wrong codes locked their share.

use maud::html;

use super::plain::{name, one_line};
use super::{Mail, layout};

/// What the mail about a locked share says.
#[derive(Debug)]
pub struct LockedMail {
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

const LOCKED: &str = "Five wrong codes were typed for a token you shared. The share is locked: nobody can \
                      pick the token up with it any more, and nobody has.";

/// Writes the mail.
pub fn locked_mail(locked: &LockedMail) -> Mail {
    let subject = format!("A token you shared from project {} is locked", one_line(&locked.project));
    let recipient = name(&locked.recipient);
    let description = name(&locked.description);
    let project = name(&locked.project);
    let when = one_line(&locked.when);
    let advice = format!(
        "What to do: ask {recipient} whether it was them. If it was, share the token again; they get a new \
         link and a new code. If it was not, somebody else has seen the link: share it again with \
         a separate code, which you pass on yourself."
    );
    let text = format!(
        "{LOCKED}\n\nProject: {project}\nToken:   {description}\nFor:     {recipient}\nTime:    {when}\n\n{advice}\n"
    );
    let content = html! {
        p { (LOCKED) }
        p {
            "Project: " strong { (project) } br;
            "Token: " strong { (description) } br;
            "For: " strong { (recipient) } br;
            "Time: " (when)
        }
        p { (advice) }
    };
    Mail { to: locked.to.clone(), html: layout::sheet(&subject, &content), subject, text, kind: "locked" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> LockedMail {
        LockedMail {
            to: "alice@example.com".to_owned(),
            recipient: "bob@example.com".to_owned(),
            project: "Sales".to_owned(),
            description: "Nightly import".to_owned(),
            when: "24 November 2026, 12:05 UTC".to_owned(),
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = locked_mail(&locked());
        assert_eq!((mail.to.as_str(), mail.kind), ("alice@example.com", "locked"));
        assert_eq!(mail.subject, "A token you shared from project Sales is locked");
        insta::assert_snapshot!("locked_mail.txt", mail.text);
        insta::assert_snapshot!("locked_mail.html", mail.html);
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let mail = locked_mail(&LockedMail { project: evil.clone(), description: evil, ..locked() });
        assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
        assert!(!mail.text.contains("https://evil.example"));
    }
}
