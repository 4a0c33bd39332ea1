//! The mail of an invitation to a project.

use jeton_core::member::Role;

use super::{
    Letter, Letterhead, Mail,
    plain::{known, name, one_line, person, spaced_code},
};

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
    /// The role that they are invited to.
    pub role: Role,
    /// When the link expires, formatted for people.
    pub expires: String,
}

const MASTER: &str = "You will get a master token, which does not expire. It gives full access to the project: \
                      keep it like a password, and give others tokens of their own.";
const READ_ONLY: &str = "You will be able to read the project: its tokens without their secrets, its members and its events. \
                         You will not be able to change it.";
const CAREFUL: &str =
    "Not expecting this? Ignore this email. Nothing happens unless someone enters the code.";

/// Builds the mail.
pub fn invitation_mail(head: &Letterhead<'_>, invitation: &InvitationMail) -> Mail {
    let subject = format!("You are invited to project {}", one_line(&invitation.project));
    let (mut letter, project) = (Letter::new(head, subject), name(&invitation.project));
    let inviter = invitation.inviter.as_ref().map(|(inviter, email)| person(inviter, Some(email)));
    letter.say(match &inviter {
        Some(inviter) => format!("{inviter} invites you to become a member of project {project}."),
        None => format!("You have been invited to become a member of project {project}."),
    });
    let from = inviter.map(|inviter| ("From", inviter));
    let facts = from.into_iter().chain([("For", known(&invitation.to)), ("Project", project)]);
    letter.facts(&facts.collect::<Vec<_>>());
    letter.say(match invitation.role {
        Role::Admin => MASTER,
        Role::ReadOnly => READ_ONLY,
    });
    let until = format!("It works once, until {}.", one_line(&invitation.expires));
    letter.link("Accept the invitation", &invitation.link, &until);
    letter.code("The page asks for this code:", &spaced_code(&invitation.code));
    letter.small(CAREFUL);
    let reply_to = invitation.inviter.as_ref().map(|(_, email)| email.as_str());
    letter.to(&invitation.to, "invitation", reply_to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn invitation() -> InvitationMail {
        InvitationMail {
            to: "bob@example.com".to_owned(),
            link: "https://jeton.example.org/pickup/12#s3cr3t".to_owned(),
            code: "493201".to_owned(),
            project: "Sales".to_owned(),
            role: Role::Admin,
            inviter: Some(("Ann Admin".to_owned(), "ann@example.com".to_owned())),
            expires: "25 November 2026, 12:00 UTC".to_owned(),
        }
    }

    #[test]
    fn it_reads_well() {
        let mail = invitation_mail(&plain(), &invitation());
        assert_eq!((mail.to.as_str(), mail.kind), ("bob@example.com", "invitation"));
        assert_eq!(mail.subject, "You are invited to project Sales");
        insta::assert_snapshot!("invitation_mail.txt", mail.text);
        insta::assert_snapshot!("invitation_mail.html", mail.html);
    }

    #[test]
    fn only_a_person_invites() {
        let mail = invitation_mail(&plain(), &InvitationMail { inviter: None, ..invitation() });
        for body in [&mail.text, &mail.html] {
            assert!(
                body.contains("You have been invited to become a member of project")
                    && !body.contains("invites")
            );
        }
        assert_eq!(mail.reply_to, None);
        assert_eq!(invitation_mail(&plain(), &invitation()).reply_to.as_deref(), Some("ann@example.com"));
    }

    #[test]
    fn a_read_only_member_is_promised_no_master_token() {
        let mail = invitation_mail(&plain(), &InvitationMail { role: Role::ReadOnly, ..invitation() });
        for body in [&mail.text, &mail.html] {
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                body.contains("You will not be able to change it.") && !body.contains("master token"),
                "{body}"
            );
        }
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example\n\nAccept the invitation:".to_owned();
        let inviter = Some((evil.clone(), "ann@example.com".to_owned()));
        let mail = invitation_mail(&plain(), &InvitationMail { project: evil, inviter, ..invitation() });
        assert!(!mail.html.contains("<script>"));
        assert!(!mail.text.contains("https://evil.example") && !mail.subject.contains('\n'));
        // No name begins a paragraph, whatever lines it is wrapped into.
        assert_eq!(mail.text.matches("\n\nAccept the invitation:").count(), 1);
    }
}
