//! The cached API description.

use std::sync::OnceLock;

use bytes::Bytes;

/// The API description, rendered once.
#[derive(Debug, Default)]
pub struct DescriptionCache {
    /// As JSON.
    pub json: OnceLock<Bytes>,
    /// As a page.
    pub page: OnceLock<Bytes>,
}
