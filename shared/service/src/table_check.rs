//! The check, at the start of a function, that its table may be used: no newer version has written it, and it is no copy of another.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jeton_core::store::{Store, Unavailable};
use tokio::sync::OnceCell;

/// The check of a table. Requests wait until it has passed.
///
/// The default has passed: a server checks its store before it listens.
#[derive(Default)]
pub struct TableCheck(Option<Pending>);

struct Pending {
    store: Arc<dyn Store>,
    passed: AtomicBool,
    /// The newest read. Its outcome is that of all who have waited for it.
    read: Mutex<Arc<OnceCell<Result<(), Unavailable>>>>,
}

impl TableCheck {
    /// A check that has not begun.
    pub fn of(store: &Arc<dyn Store>) -> Self {
        store.begin_unchecked();
        Self(Some(Pending {
            store: Arc::clone(store),
            passed: AtomicBool::default(),
            read: Mutex::default(),
        }))
    }

    /// Whether the check has passed, so that nobody waits for it.
    pub fn has_passed(&self) -> bool {
        self.0.as_ref().is_none_or(|check| check.passed.load(Ordering::Acquire))
    }

    /// Reads beside the check. What was read is returned once the check has passed, and nobody sees it if the check does not pass.
    ///
    /// Errors: as [`Self::passed`].
    pub async fn beside<T>(&self, read: impl Future<Output = T>) -> Result<T, Unavailable> {
        let ((), read) = tokio::try_join!(self.passed(), async { Ok(read.await) })?;
        Ok(read)
    }

    /// Waits until the table was checked, and checks it if nobody does. Ends the process if the table may not be used.
    ///
    /// Errors: [`Unavailable`] if the table does not answer. The next call reads again.
    pub async fn passed(&self) -> Result<(), Unavailable> {
        match &self.0 {
            Some(check) if !check.passed.load(Ordering::Acquire) => Box::pin(check.read()).await,
            _ => Ok(()),
        }
    }
}

impl Pending {
    async fn read(&self) -> Result<(), Unavailable> {
        let read = {
            let mut newest = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(newest.get(), Some(Err(_))) {
                *newest = Arc::default();
            }
            Arc::clone(&newest)
        };
        read.get_or_init(|| self.compare()).await.clone()
    }

    async fn compare(&self) -> Result<(), Unavailable> {
        if let Some(unusable) = self.store.unusable().await? {
            tracing::error!(%unusable, "the table cannot be used");
            std::process::exit(1);
        }
        self.passed.store(true, Ordering::Release);
        Ok(())
    }
}

impl fmt::Debug for TableCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TableCheck")
    }
}
