//! What a sweep did.

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Expired tokens that were removed.
    pub removed: u64,
    /// Notices of tokens that expire soon that were mailed.
    pub noticed: u64,
    /// Notices that are dealt with although there was nobody to mail them to.
    pub unaddressed: u64,
    /// Notices that are dealt with although their mail was refused.
    pub refused: u64,
    /// Tokens that could not be dealt with this time; the next sweep tries again.
    pub failed: u64,
    /// Records past their keeping that were removed, where the store does not do so by itself, and entries of what is
    /// due that were left behind.
    pub cleaned: u64,
    /// Days of projects whose history was sealed.
    pub sealed: u64,
    /// Projects whose history could not be sealed this time; the next sweep tries again.
    pub unsealed: u64,
    /// Anchors of history that `JETON_SEAL_ANCHOR` has not taken; the next sweep tries again.
    pub undelivered: u64,
    /// Whether more was due than one sweep takes on.
    pub more: bool,
    /// How long ago the most overdue token had come due when the sweep began, in seconds; 0 when none was.
    pub oldest_overdue_seconds: u64,
}

impl Swept {
    /// Whether another sweep right after this one has something to do that this one had not: more was
    /// due, and what was in its way is done. What failed is better left to a later one.
    pub fn goes_on(&self) -> bool {
        self.more && self.removed + self.noticed + self.unaddressed > 0
    }

    /// Whether there is anything to tell of.
    pub fn is_idle(&self) -> bool {
        let done = self.removed + self.noticed + self.unaddressed + self.refused + self.sealed;
        done + self.failed + self.unsealed + self.undelivered == 0
    }
}
