//! Charges to the budgets (quotas) in the store, such as mails and bytes of events.

use std::fmt;

use jeton_core::{Error, budget::Spend, event::UuidSequence, store::Store, time::Timestamp};

/// The budgets of a store, and the generator of charge ids.
#[derive(Clone, Copy)]
pub struct Budgets<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The ids by which a repeated charge counts once.
    pub sequence: &'a UuidSequence,
}

impl Budgets<'_> {
    /// Charges all budgets, or none. `used_up` makes the error from the seconds until a used-up budget resets.
    ///
    /// Errors: that one, and [`Error::Unavailable`].
    pub async fn spend(
        &self,
        budgets: &[Spend],
        now: Timestamp,
        used_up: impl FnOnce(u64) -> Error,
    ) -> Result<(), Error> {
        let once = self.sequence.next(now, &mut crate::clock::noise());
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
