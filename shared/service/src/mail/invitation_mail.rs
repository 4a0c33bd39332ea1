//! The mail of an invitation to a project.

use maud::html;

use super::plain::{name, one_line, person, spaced_code};
use super::{Mail, layout};

/// The contents of an invitation mail. It has no `Debug`, so that it is never logged: anyone with the link and the code can
/// accept it.
pub struct InvitationMail {
    /// The recipient's address.
    pub to: String,
    /// The link to the pick-up page, with the secret in its fragment.
    pub link: String,
    /// The code of six digits.
    pub code: String,
    /// The project's name.
    pub project: String,
    /// The name and address of the inviter; `None` for a program.
    pub inviter: Option<(String, String)>,
    /// When the link expires, formatted for people.
    pub expires: String,
}

const MASTER: &str = "You will get a master token. It gives full access to the project: \
                      keep it like a password, and give others tokens of their own.";
const CAREFUL: &str =
    "Not expecting this? Ignore this email. Nothing happens unless someone enters the code.";

/// Builds the mail.
pub fn invitation_mail(invitation: &InvitationMail) -> Mail {
    let subject = format!("You are invited to project {}", one_line(&invitation.project));
    Mail {
        to: invitation.to.clone(),
        reply_to: invitation.inviter.as_ref().map(|(_, email)| email.clone()),
        text: text(invitation),
        html: html(&subject, invitation),
        subject,
        kind: "invitation",
        offer: None,
    }
}

fn text(invitation: &InvitationMail) -> String {
    let project = name(&invitation.project);
    layout::text(&[
        &match &invitation.inviter {
            Some((inviter, email)) => {
                format!(
                    "{} invites you to become a member of project {project}.",
                    person(inviter, Some(email))
                )
            }
            None => format!("You have been invited to become a member of project {project}."),
        },
        MASTER,
        &format!("Accept here:\n{}", invitation.link),
        &format!("The page asks for this code: {}", spaced_code(&invitation.code)),
        &until(invitation),
        &format!("-- \n{CAREFUL}"),
    ])
}

fn html(title: &str, invitation: &InvitationMail) -> String {
    let content = html! {
        p {
            @match &invitation.inviter {
                Some((inviter, email)) => {
                    strong { (person(inviter, Some(email))) } " invites you to become a member of project "
                }
                None => "You have been invited to become a member of project ",
            }
            strong { (name(&invitation.project)) } "."
        }
        p { (MASTER) }
        (layout::link("Accept the invitation", &invitation.link))
        p { "The page asks for this code:" }
        (layout::code(&spaced_code(&invitation.code)))
        p { (until(invitation)) }
        (layout::small(CAREFUL))
    };
    layout::sheet(title, &content)
}

fn until(invitation: &InvitationMail) -> String {
    format!("The link works once, until {}.", one_line(&invitation.expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> InvitationMail {
        InvitationMail {
            to: "bob@example.com".to_owned(),
            link: "https://jeton.example.org/pickup/12#s3cr3t".to_owned(),
            code: "493201".to_owned(),
            project: "Sales".to_owned(),
            inviter: Some(("Ann Admin".to_owned(), "ann@example.com".to_owned())),
            expires: "25 November 2026, 12:00 UTC".to_owned(),
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = invitation_mail(&invitation());
        assert_eq!((mail.to.as_str(), mail.kind), ("bob@example.com", "invitation"));
        assert_eq!(mail.subject, "You are invited to project Sales");
        insta::assert_snapshot!("invitation_mail.txt", mail.text);
        insta::assert_snapshot!("invitation_mail.html", mail.html);
    }

    #[test]
    fn only_a_person_invites() {
        let mail = invitation_mail(&InvitationMail { inviter: None, ..invitation() });
        for body in [&mail.text, &mail.html] {
            assert!(
                body.contains("You have been invited to become a member of project")
                    && !body.contains("invites")
            );
        }
        assert_eq!(mail.reply_to, None);
        assert_eq!(invitation_mail(&invitation()).reply_to.as_deref(), Some("ann@example.com"));
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example\n\nAccept here:".to_owned();
        let inviter = Some((evil.clone(), "ann@example.com".to_owned()));
        let mail = invitation_mail(&InvitationMail { project: evil, inviter, ..invitation() });
        assert!(!mail.html.contains("<script>"));
        assert!(!mail.text.contains("https://evil.example") && !mail.subject.contains('\n'));
        assert_eq!(mail.text.matches("\nAccept here:").count(), 1);
    }
}
