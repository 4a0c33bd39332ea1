//! A notice: something that has happened, for whom it concerns.

use super::{leak_mail::LeakMail, share_outcome_mail::ShareOutcome};

/// What somebody is told, with what the mail says of it.
#[derive(Debug)]
pub enum Notice {
    /// A copy was found in public and ended.
    Leak(LeakMail),
    /// What they shared was picked up, or their invitation was accepted.
    PickedUp(ShareOutcome),
    /// What they shared, or their invitation, was locked after wrong codes.
    Locked(ShareOutcome),
}

impl Notice {
    /// The kind of mail that tells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Leak(_) => "leak",
            Self::PickedUp(ShareOutcome { description: None, .. }) => "joined",
            Self::Locked(ShareOutcome { description: None, .. }) => "invitationLocked",
            Self::PickedUp(_) => "pickedUp",
            Self::Locked(_) => "locked",
        }
    }
}
