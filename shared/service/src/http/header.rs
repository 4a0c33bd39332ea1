//! The headers of tokens, and the decoding of headers.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

/// The header of storage tokens.
pub const STORAGE_HEADER: HeaderName = HeaderName::from_static("x-storageapi-token");

/// The header of manage tokens.
pub const MANAGE_HEADER: HeaderName = HeaderName::from_static("x-kbc-manageapitoken");

/// The text of a header: UTF-8 if valid, else Latin-1, which any bytes are. An event with a garbled header says more
/// about its sender than one without it.
pub(crate) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|byte| char::from(*byte)).collect()),
    }
}
