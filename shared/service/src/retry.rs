//! Starting over when another writer came first.

use std::time::Duration;

use jeton_core::Error;

/// How a change goes on when it loses against another writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Deletes, refreshes and what else takes rights away: tries again at once, and for long.
    Urgent,
    /// Everything else: steps back for a while that doubles each time, and leaves the way free.
    Patient,
}

/// Counts the attempts of one change.
#[derive(Debug)]
pub struct Attempts {
    priority: Priority,
    made: u32,
}

impl Attempts {
    /// None made yet.
    pub fn new(priority: Priority) -> Self {
        Self { priority, made: 0 }
    }

    /// Goes on with this priority, now that what the change does is known.
    pub fn go_on(&mut self, priority: Priority) {
        self.priority = priority;
    }

    /// Waits as its priority asks after an attempt that lost.
    ///
    /// Errors: [`Error::Conflict`] when it has lost too often.
    pub async fn lost(&mut self) -> Result<(), Error> {
        self.made += 1;
        match self.priority {
            // One of the writers that meet always wins, so a thousand losses are a thousand changes
            // by others; that is not a race any more.
            Priority::Urgent if self.made < 1000 => tokio::task::yield_now().await,
            Priority::Patient if self.made < 12 => {
                tokio::time::sleep(Duration::from_millis(1 << self.made.min(8))).await;
            }
            _ => {
                return Err(Error::Conflict("other changes of the same token came first; please try again"));
            }
        }
        Ok(())
    }
}
