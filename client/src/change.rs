//! What a call changes, for who does not know whether it was carried out.

use std::{any::Any, fmt, sync::Arc};

/// The kind of a call that changes something: what to do if nobody knows whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It returns a secret that nothing shows again, such as create, refresh and pick-up.
    Secret,
    /// The same of a manage token, for which nobody may have another one.
    ManageSecret,
    /// It mails a share: its link and its code.
    Share,
    /// It mails the link of a share, and returns its code, which nothing shows again.
    ShareWithCode,
    /// It mails an invitation.
    Invitation,
    /// It sets a state, such as an update, or acts on many tokens. It can be sent again as it is.
    State,
    /// It deletes something. It can be sent again as it is, and is 404 if it was done.
    Deletion,
    /// It withdraws a share. It can be sent again as it is, and is 404 if it was done, or if the share was picked up before.
    ShareWithdrawal,
    /// It withdraws an invitation. It can be sent again as it is, and is 404 if it was done, or if the invitation was accepted before.
    InvitationWithdrawal,
    /// It creates something else. Sent again, it may do it twice.
    Creation,
}

impl Change {
    /// Whether each time sends a mail.
    pub(crate) const fn mails(self) -> bool {
        matches!(self, Self::Share | Self::ShareWithCode | Self::Invitation)
    }
}

/// What a hook returns, which is dropped after the call.
type Held = Box<dyn Any + Send>;

/// A callback for calls that change something.
#[derive(Clone, Default)]
pub struct OnChange(Option<Arc<dyn Fn(Change) -> Held + Send + Sync>>);

impl OnChange {
    /// This callback.
    pub fn new<T: Send + 'static>(hook: impl Fn(Change) -> T + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(move |change| Box::new(hook(change)))))
    }

    /// Tells of a call. What is returned is to be held until its outcome is known.
    pub fn begins(&self, change: Option<Change>) -> Option<Held> {
        Some(self.0.as_ref()?(change?))
    }
}

impl fmt::Debug for OnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnChange").finish_non_exhaustive()
    }
}
