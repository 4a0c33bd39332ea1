//! The result of a sweep.

/// The result of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Expired tokens that were removed.
    pub removed: u64,
    /// Expiry notices that were mailed.
    pub noticed: u64,
    /// Notices that were stored although there was nobody to mail.
    pub unaddressed: u64,
    /// Notices that were stored although their mail failed.
    pub refused: u64,
    /// Tokens that failed this time; the next sweep tries again.
    pub failed: u64,
    /// Expired records that were removed, if the store does not remove them itself, and stale entries of due
    /// tokens.
    pub cleaned: u64,
    /// Days of projects whose history was sealed.
    pub sealed: u64,
    /// Projects whose history could not be sealed; the next sweep tries again.
    pub unsealed: u64,
    /// Anchors of history that `JETON_SEAL_ANCHOR` did not accept; the next sweep tries again.
    pub undelivered: u64,
    /// Whether more was due than the limit of one sweep, or its time was over while it sealed.
    pub more: bool,
    /// How long the most overdue token had been due when the sweep began, in seconds; 0 if none was.
    pub oldest_overdue_seconds: u64,
    /// How long ago the oldest day ended that is still being sealed or could not be, in seconds; 0 if there is none. A project
    /// that is on hold does not count.
    pub oldest_unsealed_seconds: u64,
}

impl Swept {
    /// Whether another sweep should follow at once: more was due, and this one made progress. Failed tokens
    /// are left to a later sweep.
    pub fn goes_on(&self) -> bool {
        self.more && self.removed + self.noticed + self.unaddressed > 0
    }

    /// Whether there is nothing to report.
    pub fn is_idle(&self) -> bool {
        let done = self.removed + self.noticed + self.unaddressed + self.refused + self.sealed;
        done + self.failed + self.unsealed + self.undelivered == 0
    }
}
