//! Notices about past events: leaks, pick-ups, locked shares and changes of passkeys.

use super::{leak_mail::LeakMail, passkey_mail::PasskeyMail, share_outcome_mail::ShareOutcome};

/// A notice, with the contents of its mail.
#[derive(Debug)]
pub enum Notice {
    /// A leaked copy was ended.
    Leak(LeakMail),
    /// A share was picked up, or an invitation was accepted.
    PickedUp(ShareOutcome),
    /// A share or an invitation was locked after wrong codes.
    Locked(ShareOutcome),
    /// The mail of a share or an invitation came back.
    Bounced(ShareOutcome),
    /// The passkeys of the recipient were changed.
    Passkey(PasskeyMail),
}

impl Notice {
    /// The kind of its mail.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Leak(_) => "leak",
            Self::Passkey(_) => "passkey",
            Self::PickedUp(ShareOutcome { description: None, .. }) => "joined",
            Self::Locked(ShareOutcome { description: None, .. }) => "invitationLocked",
            Self::Bounced(ShareOutcome { description: None, .. }) => "invitationBounced",
            Self::PickedUp(_) => "pickedUp",
            Self::Locked(_) => "locked",
            Self::Bounced(_) => "bounced",
        }
    }
}
