//! The mail of one notice, or of several notices of a kind.

use super::{
    Letter, Letterhead, Mail, leak_mail,
    notice::Notice,
    passkey_mail,
    share_outcome_mail::{self, ShareOutcome, bounced_mail, locked_mail, picked_up_mail},
};

/// Builds the mail about notices of one kind. `further` is the number of notices that it does not list. `None` without notices.
pub fn notice_mail(head: &Letterhead<'_>, to: &str, notices: &[Notice], further: u64) -> Option<Mail> {
    if let ([only], 0) = (notices, further) {
        return Some(match only {
            Notice::Leak(leak) => leak_mail::leak_mail(head, to, leak),
            Notice::PickedUp(outcome) => picked_up_mail(head, to, outcome),
            Notice::Locked(outcome) => locked_mail(head, to, outcome),
            Notice::Bounced(outcome) => bounced_mail(head, to, outcome),
            Notice::Passkey(change) => passkey_mail::passkey_mail(head, to, change),
        });
    }
    let count = further + notices.len() as u64;
    let leaks = notices.iter().filter_map(|notice| match notice {
        Notice::Leak(leak) => Some(leak),
        _ => None,
    });
    let leaks: Vec<_> = leaks.collect();
    let (leak_advice, leaks_differ) = (leak_mail::advice(&leaks), leak_mail::differ(&leaks));
    let (subject, first, advice, kind) = match notices.first()? {
        Notice::Leak(_) => (
            format!("{count} copies of your tokens were found in public"),
            format!(
                "The secrets of {count} copies of tokens were found in public. {} ended the copies, so they no longer work.",
                head.brand.name
            ),
            leak_advice.as_str(),
            "leak",
        ),
        Notice::Passkey(_) => (
            format!("Your passkeys were changed {count} times"),
            format!("The passkeys of your address were changed {count} times."),
            passkey_mail::UNEXPECTED,
            "passkey",
        ),
        Notice::PickedUp(ShareOutcome { description: None, .. }) => (
            format!("{count} invitations of yours were accepted"),
            format!("{count} invitations of yours were accepted. Who accepted them is a member now."),
            share_outcome_mail::UNEXPECTED_MEMBER,
            "joined",
        ),
        Notice::Locked(ShareOutcome { description: None, .. }) => (
            format!("{count} invitations of yours are locked"),
            format!("Wrong codes locked {count} invitations of yours. Nobody can accept them."),
            "What to do: ask the recipients whether it was them, and invite them again. If it was not them, somebody else \
             has seen the links: make sure of the addresses first.",
            "invitationLocked",
        ),
        Notice::Bounced(ShareOutcome { description: None, .. }) => (
            format!("{count} invitations of yours were not delivered"),
            format!("The mails of {count} invitations came back. The invitations are withdrawn."),
            share_outcome_mail::INVITE_AGAIN,
            "invitationBounced",
        ),
        Notice::Bounced(_) => (
            format!("{count} tokens you shared were not delivered"),
            format!(
                "The mails of {count} shares came back. The shares are withdrawn, and nobody has picked the tokens up."
            ),
            share_outcome_mail::SHARE_AGAIN,
            "bounced",
        ),
        Notice::PickedUp(_) => (
            format!("{count} tokens you shared were picked up"),
            format!("{count} copies of tokens you shared were picked up."),
            share_outcome_mail::UNEXPECTED,
            "pickedUp",
        ),
        Notice::Locked(_) => (
            format!("{count} shares of yours are locked"),
            format!("Wrong codes locked {count} shares of yours. Nobody can pick them up."),
            "What to do: ask the recipients whether it was them, and share the tokens again. If it was not them, \
             somebody else has seen the links: share with a separate code, which you pass on yourself.",
            "locked",
        ),
    };
    let mut letter = Letter::new(head, subject);
    letter.say(first);
    for notice in notices {
        match notice {
            Notice::Leak(leak) => letter.facts(&leak_mail::facts(leak, leaks_differ)),
            Notice::Passkey(change) => letter.facts(&passkey_mail::facts(change)),
            Notice::PickedUp(outcome) | Notice::Locked(outcome) | Notice::Bounced(outcome) => {
                letter.facts_with(&share_outcome_mail::facts(outcome), share_outcome_mail::undo(outcome));
            }
        }
    }
    if further > 0 {
        letter.say(format!("{further} more are in the events of your tokens."));
    }
    letter.say(advice);
    if matches!(notices, [Notice::PickedUp(ShareOutcome { undo: Some(_), .. }), ..]) {
        letter.say(format!("The links lead to {}. They ask you to sign in.", head.host()));
    }
    Some(letter.to(to, kind, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn picked_up(recipient: &str) -> Notice {
        Notice::PickedUp(ShareOutcome {
            recipient: recipient.to_owned(),
            project: "Sales".to_owned(),
            description: Some("Nightly import".to_owned()),
            when: "24 November 2026, 12:05 UTC".to_owned(),
            undo: Some("https://jeton.example.org/console/projects/1/tokens/5/copies/2".to_owned()),
        })
    }

    #[test]
    fn several_are_one_mail_that_names_each_and_counts_the_rest() {
        let notices = ["bob@example.com", "eve@example.com"].map(picked_up);
        let mail = notice_mail(&plain(), "alice@example.com", &notices, 7).unwrap();
        assert_eq!(mail.subject, "9 tokens you shared were picked up");
        insta::assert_snapshot!("notice_mail.txt", mail.text);
        insta::assert_snapshot!("notice_mail.html", mail.html);
    }

    #[test]
    fn one_is_a_mail_of_its_own_and_none_is_no_mail() {
        let mail = notice_mail(&plain(), "alice@example.com", &[picked_up("bob@example.com")], 0).unwrap();
        assert_eq!(mail.subject, "The token you shared from project Sales was picked up");
        assert!(notice_mail(&plain(), "alice@example.com", &[], 0).is_none());
    }
}
