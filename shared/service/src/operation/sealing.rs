//! The result of a run of sealing.

/// The result of a run of sealing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sealing {
    /// Days of projects whose history was sealed.
    pub sealed: u64,
    /// Projects whose history could not be sealed; the next run tries again.
    pub unsealed: u64,
    /// Anchors of history that `JETON_SEAL_ANCHOR` did not accept; the next run tries again.
    pub undelivered: u64,
    /// Whether its time was over; the next run goes on there.
    pub more: bool,
    /// How long ago the oldest day ended that is still being sealed or could not be, in seconds; 0 if there is none. A project
    /// that is on hold does not count.
    pub oldest_unsealed_seconds: u64,
    /// Projects that are on hold until an operator seals them.
    pub on_hold: u64,
}

impl Sealing {
    /// Whether there is nothing to report.
    pub const fn is_idle(&self) -> bool {
        self.sealed + self.unsealed + self.undelivered == 0 && !self.more
    }
}
