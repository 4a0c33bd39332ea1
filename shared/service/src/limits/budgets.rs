//! Taking from the budgets in the store: mails, bytes of events, and whatever else is limited within an hour.

use std::fmt;

use jeton_core::{Error, budget::Spend, event::UuidSequence, store::Store, time::Timestamp};

/// The budgets of a store, and the sequence that tells each taking from the others.
#[derive(Clone, Copy)]
pub struct Budgets<'a> {
    /// Where they are kept.
    pub store: &'a dyn Store,
    /// By which the same taking, sent again, counts once.
    pub sequence: &'a UuidSequence,
}

impl Budgets<'_> {
    /// Takes out of each budget, or out of none. Then `used_up` makes the error from how many seconds are left until
    /// there is more.
    ///
    /// Errors: that one, [`Error::Unavailable`].
    pub async fn spend(
        &self,
        budgets: &[Spend],
        now: Timestamp,
        used_up: impl FnOnce(u64) -> Error,
    ) -> Result<(), Error> {
        let once = self.sequence.next(now, &mut crate::clock::entropy());
        match self.store.spend(budgets, once).await? {
            None => Ok(()),
            Some(budget) => {
                let millis = budget.ends.millis().saturating_sub(now.millis());
                Err(used_up(u64::try_from(millis).unwrap_or_default().div_ceil(1000)))
            }
        }
    }
}

impl fmt::Debug for Budgets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budgets")
    }
}
