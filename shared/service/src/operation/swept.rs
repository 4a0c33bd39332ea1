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
    /// Whether more was due than the limit of one sweep.
    pub more: bool,
    /// How long the most overdue token had been due when the sweep began, in seconds; 0 if none was.
    pub oldest_overdue_seconds: u64,
}

impl Swept {
    /// Whether another sweep should follow at once: more was due, and this one made progress. Failed tokens
    /// are left to a later sweep.
    pub fn goes_on(&self) -> bool {
        self.more && self.removed + self.noticed + self.unaddressed > 0
    }

    /// Whether there is nothing to report.
    pub fn is_idle(&self) -> bool {
        self.removed + self.noticed + self.unaddressed + self.refused + self.failed == 0
    }
}
