//! The headers of tokens, and the text of a header.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

/// The header of storage tokens.
pub const STORAGE_HEADER: HeaderName = HeaderName::from_static("x-storageapi-token");

/// The header of manage tokens.
pub const MANAGE_HEADER: HeaderName = HeaderName::from_static("x-kbc-manageapitoken");

/// The text of a header: UTF-8 where it is, else Latin-1, which every sequence of bytes is. A header that cannot be shown as
/// it is says more of its sender than none.
pub(crate) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|byte| char::from(*byte)).collect()),
    }
}
