//! The mails that tell a sharer what became of their share, or of their invitation: picked up, locked by wrong codes, or not delivered.

use super::{
    Letter, Letterhead, Mail,
    layout::Facts,
    plain::{known, name, one_line},
};

/// What became of a share or an invitation, as far as it stands in either mail.
#[derive(Debug)]
pub struct ShareOutcome {
    /// Whom it was for.
    pub recipient: String,
    /// The project's name.
    pub project: String,
    /// The description of a shared token; none for an invitation.
    pub description: Option<String>,
    /// When it happened, formatted for people.
    pub when: String,
    /// The page of the console that revokes the copy that was picked up, or removes the new member.
    pub undo: Option<String>,
}

pub(super) const UNEXPECTED: &str = "Not the right person? Revoke their copy: it stops working immediately. The token \
                          and its other copies keep working.";
pub(super) const UNEXPECTED_MEMBER: &str =
    "Not the right person? Remove the member: their master token stops working at once.";
const REVOKE: &str = "Revoke this copy";
const REMOVE: &str = "Remove the member";
/// What is true of every link to the console.
pub(super) const SIGN_IN: &str = "It asks you to sign in.";
pub(super) const SHARE_AGAIN: &str = "What to do: check the address, and share the token again.";
pub(super) const INVITE_AGAIN: &str = "What to do: check the address, and send the invitation again.";
const BOUNCED: &str =
    "The mail with a token you shared came back. The share is withdrawn, and nobody has picked the token up.";
const BOUNCED_INVITATION: &str = "The mail with an invitation you sent came back. The invitation is withdrawn, and nobody has accepted it.";
const LOCKED: &str = "Five wrong codes were entered for a token you shared. The share is locked: nobody can \
                      pick the token up with it any more, and nobody has.";
const LOCKED_INVITATION: &str = "Five wrong codes were typed for an invitation you sent. The invitation is locked: nobody can \
                                 accept it any more, and nobody has.";

/// Builds the mail about a pick-up.
pub fn picked_up_mail(head: &Letterhead<'_>, to: &str, outcome: &ShareOutcome) -> Mail {
    let (project, recipient) = (one_line(&outcome.project), known(&outcome.recipient));
    if outcome.description.is_none() {
        let subject = format!("Your invitation to project {project} was accepted");
        let first = format!("{recipient} accepted your invitation, and is a member of the project now.");
        return write(head, to, outcome, subject, &first, UNEXPECTED_MEMBER, "joined");
    }
    let subject = format!("The token you shared from project {project} was picked up");
    let first = format!("{recipient} picked up a copy of the token you shared.");
    write(head, to, outcome, subject, &first, UNEXPECTED, "pickedUp")
}

/// Builds the mail about a locked share.
pub fn locked_mail(head: &Letterhead<'_>, to: &str, outcome: &ShareOutcome) -> Mail {
    let (project, recipient) = (one_line(&outcome.project), known(&outcome.recipient));
    if outcome.description.is_none() {
        let subject = format!("Your invitation to project {project} is locked");
        let advice = format!(
            "What to do: ask {recipient} whether it was them. If it was, invite them again; they get a new link and \
             a new code. If it was not, somebody else has seen the link: make sure of the address first."
        );
        return write(head, to, outcome, subject, LOCKED_INVITATION, &advice, "invitationLocked");
    }
    let subject = format!("A token you shared from project {project} is locked");
    let advice = format!(
        "What to do: ask {recipient} whether it was them. If it was, share the token again; they get a new \
         link and a new code. If it was not, somebody else has seen the link: share it again with \
         a separate code, which you pass on yourself."
    );
    write(head, to, outcome, subject, LOCKED, &advice, "locked")
}

/// Builds the mail about a share whose mail came back.
pub fn bounced_mail(head: &Letterhead<'_>, to: &str, outcome: &ShareOutcome) -> Mail {
    let project = one_line(&outcome.project);
    if outcome.description.is_none() {
        let subject = format!("Your invitation to project {project} was not delivered");
        return write(head, to, outcome, subject, BOUNCED_INVITATION, INVITE_AGAIN, "invitationBounced");
    }
    let subject = format!("A token you shared from project {project} was not delivered");
    write(head, to, outcome, subject, BOUNCED, SHARE_AGAIN, "bounced")
}

fn write(
    head: &Letterhead<'_>,
    to: &str,
    outcome: &ShareOutcome,
    subject: String,
    first: &str,
    advice: &str,
    kind: &'static str,
) -> Mail {
    let mut letter = Letter::new(head, subject);
    letter.say(first);
    letter.facts(&facts(outcome));
    letter.say(advice);
    if let Some((label, page)) = undo(outcome) {
        letter.link(label, page, SIGN_IN);
    }
    letter.to(to, kind, None)
}

/// The label and the link of the page that undoes a pick-up.
pub(super) fn undo(outcome: &ShareOutcome) -> Option<(&'static str, &str)> {
    let label = if outcome.description.is_some() { REVOKE } else { REMOVE };
    outcome.undo.as_deref().map(|page| (label, page))
}

/// The facts about a share.
pub(super) fn facts(outcome: &ShareOutcome) -> Facts {
    let token = outcome.description.as_ref().map(|description| ("Token", name(description)));
    let rest = [("For", known(&outcome.recipient)), ("Time", one_line(&outcome.when))];
    [("Project", name(&outcome.project))].into_iter().chain(token).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn outcome() -> ShareOutcome {
        ShareOutcome {
            recipient: "bob@example.com".to_owned(),
            project: "Sales".to_owned(),
            description: Some("Nightly import".to_owned()),
            when: "24 November 2026, 12:05 UTC".to_owned(),
            undo: None,
        }
    }

    /// A pick-up, which has a page to undo it.
    fn picked_up() -> ShareOutcome {
        ShareOutcome {
            undo: Some("https://jeton.example.org/console/projects/1/tokens/5/copies/2".to_owned()),
            ..outcome()
        }
    }

    #[test]
    fn a_pick_up_by_the_wrong_person_is_undone_by_ending_their_copy_and_not_the_token() {
        let mail = picked_up_mail(&plain(), "alice@example.com", &picked_up());
        for body in [&mail.text, &mail.html] {
            assert!(
                body.contains("/console/projects/1/tokens/5/copies/2")
                    && body.contains("leads to jeton.example.org")
            );
            assert!(body.contains("Revoke this copy") && !body.to_lowercase().contains("refresh"), "{body}");
        }
    }

    #[test]
    fn they_read_well() {
        let picked_up = picked_up_mail(&plain(), "alice@example.com", &picked_up());
        assert_eq!((picked_up.to.as_str(), picked_up.kind), ("alice@example.com", "pickedUp"));
        assert_eq!(picked_up.subject, "The token you shared from project Sales was picked up");
        insta::assert_snapshot!("picked_up_mail.txt", picked_up.text);
        insta::assert_snapshot!("picked_up_mail.html", picked_up.html);
        let locked = locked_mail(&plain(), "alice@example.com", &outcome());
        assert_eq!((locked.to.as_str(), locked.kind), ("alice@example.com", "locked"));
        assert_eq!(locked.subject, "A token you shared from project Sales is locked");
        insta::assert_snapshot!("locked_mail.txt", locked.text);
        insta::assert_snapshot!("locked_mail.html", locked.html);
        let bounced = bounced_mail(&plain(), "alice@example.com", &outcome());
        assert_eq!((bounced.to.as_str(), bounced.kind), ("alice@example.com", "bounced"));
        assert_eq!(bounced.subject, "A token you shared from project Sales was not delivered");
        insta::assert_snapshot!("bounced_mail.txt", bounced.text);
        insta::assert_snapshot!("bounced_mail.html", bounced.html);
    }

    #[test]
    fn of_an_invitation_they_name_no_token() {
        let invitation = ShareOutcome { description: None, ..outcome() };
        let members = Some("https://jeton.example.org/console/projects/1/members".to_owned());
        let accepted = ShareOutcome { description: None, undo: members, ..outcome() };
        let joined = picked_up_mail(&plain(), "alice@example.com", &accepted);
        assert_eq!(joined.subject, "Your invitation to project Sales was accepted");
        insta::assert_snapshot!("joined_mail.txt", joined.text);
        let bounced = bounced_mail(&plain(), "alice@example.com", &invitation);
        assert_eq!(bounced.subject, "Your invitation to project Sales was not delivered");
        insta::assert_snapshot!("invitation_bounced_mail.txt", bounced.text);
        let locked = locked_mail(&plain(), "alice@example.com", &invitation);
        assert_eq!(locked.subject, "Your invitation to project Sales is locked");
        insta::assert_snapshot!("invitation_locked_mail.txt", locked.text);
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let evil = "<script>https://evil.example".to_owned();
        let outcome = ShareOutcome { project: evil.clone(), description: Some(evil), ..outcome() };
        for mail in [
            picked_up_mail(&plain(), "alice@example.com", &outcome),
            locked_mail(&plain(), "alice@example.com", &outcome),
        ] {
            assert!(!mail.html.contains("<script>") && !mail.html.contains("href="));
            assert!(!mail.text.contains("https://evil.example"));
        }
    }
}
