//! The description of the API, kept once it is written.

use std::sync::OnceLock;

use bytes::Bytes;

/// The description of the API, written once: everyone may ask for it, and it is the same for all.
#[derive(Debug, Default)]
pub struct Described {
    /// As JSON.
    pub json: OnceLock<Bytes>,
    /// As a page.
    pub page: OnceLock<Bytes>,
}
