//! Mails and mailers.
//!
//! A pure function builds a mail (`share_mail`, `invitation_mail`, `notice_mail`, `expiry_mail`, `sign_in_mail`), `mime` encodes
//! it as an RFC 5322 message, and a [`Mailer`] sends it. Contents of mails are never logged and never part of an error, because
//! a share mail has the link and the code.

use std::{fmt, sync::Arc};

use jeton_core::share::ShareId;

use crate::brand::Logo;

mod config;
mod expiry_mail;
mod held_notices;
mod invitation_mail;
mod layout;
mod leak_mail;
mod letter;
mod mailer;
mod mime;
mod not_sent;
mod notice;
mod notice_mail;
mod outbox;
mod passkey_mail;
mod plain;
mod ses;
mod share_mail;
mod share_outcome_mail;
mod sign_in_mail;
#[cfg(feature = "smtp")]
mod smtp;
mod text;

pub use config::MailConfig;
#[cfg(feature = "smtp")]
pub use config::SmtpConfig;
pub use expiry_mail::{ConsolePages, ExpiringToken, LISTED, expiry_mail};
pub(crate) use held_notices::Held;
pub use held_notices::HeldNotices;
pub use invitation_mail::{InvitationMail, invitation_mail};
pub use leak_mail::{LeakMail, WhoRefreshes};
pub(crate) use letter::Letter;
pub use letter::Letterhead;
pub use lettre::Address;
pub use mailer::Mailer;
pub use mime::{is_address, message};
pub use not_sent::NotSent;
pub use notice::Notice;
pub use outbox::{Outbox, OutboxEntry, is_outbox_key};
pub use passkey_mail::{PasskeyChange, PasskeyMail, unreadable_passkeys_mail, use_passkey_mail};
pub use ses::{OFFER_TAG, Ses};
pub use share_mail::{ShareMail, share_mail};
pub use share_outcome_mail::ShareOutcome;
pub use sign_in_mail::{SignInMail, sign_in_mail};
#[cfg(feature = "smtp")]
pub use smtp::Smtp;

/// A mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient: a plain address that [`is_address`] accepts.
    pub to: String,
    /// The name of the sender.
    pub from: String,
    /// The `Reply-To` address: that of the person who caused the mail or, without one, that of the support.
    pub reply_to: Option<String>,
    /// The subject, which contains no text of a sharer.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// The image that the HTML body shows.
    pub logo: Option<Arc<Logo>>,
    /// What kind of mail it is (`share`, `invitation`, `pickedUp`, `locked`, `bounced`, `joined`, `invitationLocked`, `invitationBounced`, `expiry`, `leak`, `signIn`, `usePasskey`, `passkey`), for logs.
    pub kind: &'static str,
    /// The share, invitation or sign-in that it delivers. SES is told, so that a mail that comes back is found.
    pub offer: Option<ShareId>,
}

impl fmt::Debug for Mail {
    /// Shows only the kind, because the rest is private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The time and 128 random bits of a mail. The random bits become the Message-ID, the MIME boundary and the name of the file in
/// the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The time, in milliseconds since 1970.
    pub millis: i64,
    /// Random bits, unique for each mail.
    pub random: [u8; 16],
}

impl Stamp {
    /// The random bits as 32 hexadecimal digits.
    fn hex(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.random))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mail, Stamp};

    /// A mail with letters that need encoding in every place that takes text.
    pub fn sample() -> Mail {
        Mail {
            to: "bob@example.com".to_owned(),
            from: "Jeton".to_owned(),
            reply_to: None,
            subject: "Žluťoučký kůň".to_owned(),
            text: "Dobrý den,\n\nhttp://localhost:3000/pickup/1#secret\n".to_owned(),
            html: "<p>Dobrý den</p>".to_owned(),
            logo: None,
            kind: "share",
            offer: None,
        }
    }

    /// 2026-11-24T12:00:00Z and bits that are easy to find again.
    pub const STAMP: Stamp = Stamp { millis: 1_795_521_600_000, random: [0xab; 16] };

    #[test]
    fn debug_shows_the_kind_only() {
        assert_eq!(format!("{:?}", sample()), "Mail { kind: \"share\", .. }");
    }

    #[test]
    fn the_random_bits_keep_their_leading_zeros() {
        let mut random = [0; 16];
        random[15] = 7;
        assert_eq!(Stamp { millis: 0, random }.hex(), "00000000000000000000000000000007");
    }
}
