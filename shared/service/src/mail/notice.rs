//! Notices about past events: leaks, pick-ups and locked shares.

use super::{leak_mail::LeakMail, share_outcome_mail::ShareOutcome};

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
}

impl Notice {
    /// The kind of its mail.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Leak(_) => "leak",
            Self::PickedUp(ShareOutcome { description: None, .. }) => "joined",
            Self::Locked(ShareOutcome { description: None, .. }) => "invitationLocked",
            Self::Bounced(ShareOutcome { description: None, .. }) => "invitationBounced",
            Self::PickedUp(_) => "pickedUp",
            Self::Locked(_) => "locked",
            Self::Bounced(_) => "bounced",
        }
    }
}
