//! The mail of one notice, or of several notices of a kind.

use maud::html;

use super::{
    Mail,
    layout::{self, Facts},
    leak_mail,
    notice::Notice,
    share_outcome_mail::{self, ShareOutcome, bounced_mail, locked_mail, picked_up_mail},
};

/// Builds the mail about notices of one kind. `further` is the number of notices that it does not list. `None` without notices.
pub fn notice_mail(to: &str, notices: &[Notice], further: u64) -> Option<Mail> {
    if let ([only], 0) = (notices, further) {
        return Some(match only {
            Notice::Leak(leak) => leak_mail::leak_mail(to, leak),
            Notice::PickedUp(outcome) => picked_up_mail(to, outcome),
            Notice::Locked(outcome) => locked_mail(to, outcome),
            Notice::Bounced(outcome) => bounced_mail(to, outcome),
        });
    }
    let count = further + notices.len() as u64;
    let (subject, first, advice, kind) = match notices.first()? {
        Notice::Leak(_) => (
            format!("{count} copies of your tokens were found in public"),
            format!(
                "The secrets of {count} copies of tokens were found in public. Jeton ended the copies, so they no longer work."
            ),
            leak_mail::TODO,
            "leak",
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
    let facts: Vec<Facts> = notices.iter().map(facts).collect();
    let rest = (further > 0).then(|| format!("{further} more are in the events of your tokens."));
    let texts: Vec<_> = facts.iter().map(|facts| layout::facts_text(facts)).collect();
    let paragraphs: Vec<&str> = std::iter::once(first.as_str())
        .chain(texts.iter().map(String::as_str))
        .chain(rest.as_deref())
        .chain([advice])
        .collect();
    let content = html! {
        p { (first) }
        @for facts in &facts { (layout::facts_html(facts)) }
        @if let Some(rest) = &rest { p { (rest) } }
        p { (advice) }
    };
    let (text, html) = (layout::text(&paragraphs), layout::sheet(&subject, &content));
    Some(Mail { to: to.to_owned(), reply_to: None, subject, text, html, kind, offer: None })
}

fn facts(notice: &Notice) -> Facts {
    match notice {
        Notice::Leak(leak) => leak_mail::facts(leak),
        Notice::PickedUp(outcome) | Notice::Locked(outcome) | Notice::Bounced(outcome) => {
            share_outcome_mail::facts(outcome)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked_up(recipient: &str) -> Notice {
        Notice::PickedUp(ShareOutcome {
            recipient: recipient.to_owned(),
            project: "Sales".to_owned(),
            description: Some("Nightly import".to_owned()),
            when: "24 November 2026, 12:05 UTC".to_owned(),
        })
    }

    #[test]
    fn several_are_one_mail_that_names_each_and_counts_the_rest() {
        let notices = ["bob@example.com", "eve@example.com"].map(picked_up);
        let mail = notice_mail("alice@example.com", &notices, 7).unwrap();
        assert_eq!(mail.subject, "9 tokens you shared were picked up");
        insta::assert_snapshot!("notice_mail.txt", mail.text);
        insta::assert_snapshot!("notice_mail.html", mail.html);
    }

    #[test]
    fn one_is_a_mail_of_its_own_and_none_is_no_mail() {
        let mail = notice_mail("alice@example.com", &[picked_up("bob@example.com")], 0).unwrap();
        assert_eq!(mail.subject, "The token you shared from project Sales was picked up");
        assert!(notice_mail("alice@example.com", &[], 0).is_none());
    }
}
