//! What is known of a provider: its metadata and keys, kept for an hour.

use std::sync::Arc;

use jeton_core::time::Timestamp;
use jsonwebtoken::jwk::Jwk;
use tokio::sync::Mutex;

use super::{failure::Failure, fetch::Fetch, metadata::Metadata};

/// How long metadata and keys are kept, in seconds. A key that the provider withdraws is accepted for so long at most.
const KEPT_SECONDS: u64 = 3600;

/// How often an unknown key makes the keys be read again, in seconds: anybody can invent one.
const KEYS_AGAIN_SECONDS: u64 = 60;

/// How long after a failure the next attempt is, in seconds.
const FAILED_SECONDS: u64 = 5;

/// Metadata and keys of one moment.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) metadata: Metadata,
    pub(super) keys: Vec<Jwk>,
    read: Timestamp,
    keys_read: Timestamp,
}

/// What is known of a provider. One request at a time reads it, and others wait for that.
#[derive(Debug, Default)]
pub(super) struct KnownProvider(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    document: Option<Arc<Document>>,
    failed: Option<(Timestamp, Failure)>,
}

impl KnownProvider {
    /// Metadata and keys that are at most an hour old.
    ///
    /// Errors: [`Failure::Unavailable`], also for five seconds after one.
    pub(super) async fn document(
        &self,
        fetch: &Fetch,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Arc<Document>, Failure> {
        let mut known = self.0.lock().await;
        if let Some(document) = &known.document
            && now < document.read.plus_seconds(KEPT_SECONDS)
        {
            return Ok(Arc::clone(document));
        }
        known.may_try(now)?;
        let read = async {
            let metadata = Metadata::read(fetch, issuer).await?;
            let keys = metadata.keys(fetch).await?;
            Ok(Document { metadata, keys, read: now, keys_read: now })
        };
        known.keep(read.await, now)
    }

    /// The keys that the provider has published since a document was read; `None` if that was less than a minute ago.
    ///
    /// Errors: as [`Self::document`].
    pub(super) async fn newer_keys(
        &self,
        fetch: &Fetch,
        document: &Document,
        now: Timestamp,
    ) -> Result<Option<Arc<Document>>, Failure> {
        let mut known = self.0.lock().await;
        if let Some(newest) = &known.document
            && newest.keys_read != document.keys_read
        {
            // Another request has just read them.
            return Ok(Some(Arc::clone(newest)));
        }
        if now < document.keys_read.plus_seconds(KEYS_AGAIN_SECONDS) {
            return Ok(None);
        }
        known.may_try(now)?;
        let metadata = document.metadata.clone();
        let read = metadata.keys(fetch).await;
        let read = read.map(|keys| Document { metadata, keys, read: document.read, keys_read: now });
        known.keep(read, now).map(Some)
    }
}

impl Known {
    /// Errors: the last attempt has just failed.
    fn may_try(&self, now: Timestamp) -> Result<(), Failure> {
        match &self.failed {
            Some((at, failure)) if now < at.plus_seconds(FAILED_SECONDS) => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    fn keep(&mut self, read: Result<Document, Failure>, now: Timestamp) -> Result<Arc<Document>, Failure> {
        match read {
            Ok(document) => {
                let document = Arc::new(document);
                self.document = Some(Arc::clone(&document));
                self.failed = None;
                Ok(document)
            }
            Err(failure) => {
                self.failed = Some((now, failure.clone()));
                Err(failure)
            }
        }
    }
}
