//! The mails about passkeys: one was added or removed, and a sign-in needs one.

use super::{
    Letter, Letterhead, Mail,
    layout::Facts,
    plain::{known, name, one_line},
};

/// What happened to the passkeys of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyChange {
    /// One was added.
    Added,
    /// One was removed, or all by the operator.
    Removed {
        /// How many are left.
        left: usize,
    },
}

/// The contents of the mail about a change of passkeys.
#[derive(Debug)]
pub struct PasskeyMail {
    /// What happened.
    pub change: PasskeyChange,
    /// The name of the passkey; `None` for all, which the operator removed.
    pub name: Option<String>,
    /// When it happened, formatted for people.
    pub when: String,
    /// The address that the browser was at.
    pub address: Option<String>,
}

pub(super) const UNEXPECTED: &str = "Was this not you? Then somebody else is signed in as you. End their sessions and remove their \
                          passkeys on the page of your sessions, and tell the operator of the service.";

const UNASKED: &str = "Did you not ask the operator for this? Tell them, and add a passkey again.";

/// Builds the mail about a change.
pub fn passkey_mail(head: &Letterhead<'_>, to: &str, change: &PasskeyMail) -> Mail {
    let service = &head.brand.name;
    let what = match (change.change, &change.name) {
        (PasskeyChange::Added, _) => "A passkey was added to your address",
        (PasskeyChange::Removed { .. }, Some(_)) => "A passkey of your address was removed",
        (PasskeyChange::Removed { .. }, None) => "The passkeys of your address were removed",
    };
    let mut letter = Letter::new(head, what.to_owned());
    let by = if change.name.is_none() { " by the operator" } else { "" };
    letter.say(format!("{what} at {service}{by}."));
    letter.facts(&facts(change));
    letter.say(match change.change {
        PasskeyChange::Added => {
            "From now on no link is emailed to you any more. Sign in with your passkeys.".to_owned()
        }
        PasskeyChange::Removed { left: 0 } => {
            "You have no passkey any more. You can sign in with a link by email, until you add another passkey."
                .to_owned()
        }
        PasskeyChange::Removed { left: 1 } => "You have one passkey left.".to_owned(),
        PasskeyChange::Removed { left } => format!("You have {left} passkeys left."),
    });
    letter.say(if change.name.is_some() { UNEXPECTED } else { UNASKED });
    letter.to(to, "passkey", None)
}

/// The facts about a change.
pub(super) fn facts(change: &PasskeyMail) -> Facts {
    let what = match change.change {
        PasskeyChange::Added => "Added",
        PasskeyChange::Removed { .. } => "Removed",
    };
    [
        Some(("Passkey", change.name.as_deref().map_or_else(|| "all".to_owned(), name))),
        Some((what, one_line(&change.when))),
        change.address.as_deref().map(|address| ("From", known(address))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Builds the mail to a member with a passkey, when somebody asks for a sign-in by mail. Members may also sign in with an identity provider of
/// this name.
pub fn use_passkey_mail(head: &Letterhead<'_>, to: &str, link: &str, provider: Option<&str>) -> Mail {
    let service = &head.brand.name;
    let mut letter = Letter::new(head, format!("Sign in to {service} with your passkey"));
    letter.say(format!(
        "Someone, probably you, asked to sign in to the {service} console as {}. Your address has a passkey, so there is no \
         link: sign in with the passkey.",
        one_line(to)
    ));
    letter.link("Sign in", link, "");
    let (instead, account) = provider.map_or_else(Default::default, |name| {
        (format!("Sign in with {name}, or ask"), format!(" or your account at {name}"))
    });
    let ask = if instead.is_empty() { "Ask" } else { &instead };
    letter.say(format!(
        "Have you lost all of your passkeys? {ask} the operator of the service to remove them."
    ));
    letter.small(&format!(
        "Not expecting this? Ignore this email. Nobody can sign in as you without your passkey{account}."
    ));
    letter.to(to, "usePasskey", None)
}

/// Builds the mail to a member whose passkeys cannot be read, when somebody asks for a sign-in by mail.
pub fn unreadable_passkeys_mail(head: &Letterhead<'_>, to: &str, provider: Option<&str>) -> Mail {
    let service = &head.brand.name;
    let mut letter = Letter::new(head, format!("Your passkeys at {service} cannot be read"));
    letter.say(format!(
        "Someone, probably you, asked to sign in to the {service} console as {}. Your address has passkeys, but their record is \
         damaged, so neither they nor a link sign you in.",
        one_line(to)
    ));
    letter.say(
        "Ask the operator of the service to remove them. Then you sign in with a link by email, and can add passkeys again.",
    );
    let account = provider.map_or_else(String::new, |name| format!(" without your account at {name}"));
    letter.small(&format!(
        "Not expecting this? Ignore this email. Nobody can sign in as you meanwhile{account}."
    ));
    letter.to(to, "usePasskey", None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::tests::plain;

    fn change(change: PasskeyChange, name: Option<&str>) -> Mail {
        let name = name.map(str::to_owned);
        let (when, address) = ("25 November 2026, 12:10 UTC".to_owned(), Some("192.0.2.7".to_owned()));
        passkey_mail(&plain(), "ann@example.com", &PasskeyMail { change, name, when, address })
    }

    #[test]
    fn an_identity_provider_is_named_as_another_way_in() {
        let at = "https://jeton.example.org/console";
        let mail = use_passkey_mail(&plain(), "ann@example.com", at, Some("Acme ID")).text.replace('\n', " ");
        assert!(mail.contains("Sign in with Acme ID, or ask the operator"), "{mail}");
        assert!(mail.contains("without your passkey or your account at Acme ID."), "{mail}");
        let mail =
            unreadable_passkeys_mail(&plain(), "ann@example.com", Some("Acme ID")).text.replace('\n', " ");
        assert!(
            mail.contains("Nobody can sign in as you meanwhile without your account at Acme ID."),
            "{mail}"
        );
    }

    #[test]
    fn it_says_what_happened_and_what_to_do() {
        let mail = change(PasskeyChange::Added, Some("Laptop"));
        assert_eq!((mail.to.as_str(), mail.kind), ("ann@example.com", "passkey"));
        assert_eq!(mail.subject, "A passkey was added to your address");
        insta::assert_snapshot!("passkey_mail.txt", mail.text);
        insta::assert_snapshot!("passkey_mail.html", mail.html);
        let removed = change(PasskeyChange::Removed { left: 1 }, Some("Laptop")).text;
        assert!(removed.contains("was removed") && removed.contains("one passkey left"), "{removed}");
        let all = change(PasskeyChange::Removed { left: 0 }, None).text;
        assert!(all.contains("by the operator") && all.contains("no passkey any more"), "{all}");
    }

    #[test]
    fn who_has_a_passkey_is_sent_no_secret() {
        let mail = use_passkey_mail(&plain(), "ann@example.com", "https://jeton.example.org/console", None);
        assert_eq!(mail.subject, "Sign in to Jeton with your passkey");
        assert!(mail.text.contains("https://jeton.example.org/console\n") && !mail.text.contains('#'));
        insta::assert_snapshot!("use_passkey_mail.txt", mail.text);
        insta::assert_snapshot!("use_passkey_mail.html", mail.html);
    }

    #[test]
    fn whose_passkeys_cannot_be_read_is_sent_no_secret_and_what_to_do() {
        let mail = unreadable_passkeys_mail(&plain(), "ann@example.com", None);
        assert_eq!(mail.subject, "Your passkeys at Jeton cannot be read");
        assert!(!mail.text.contains('#'));
        insta::assert_snapshot!("unreadable_passkeys_mail.txt", mail.text);
    }

    #[test]
    fn names_are_neither_markup_nor_links() {
        let mail = change(PasskeyChange::Added, Some("<script>https://evil.example"));
        assert!(!mail.html.contains("<script>") && !mail.text.contains("https://evil.example"));
    }
}
