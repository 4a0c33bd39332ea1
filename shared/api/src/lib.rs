//! The bodies of Jeton's API: what its endpoints take and answer, to the letter.
//!
//! One type for each, which the service and its clients share: it is written and read by serde, and with the feature `schema`
//! it has a schema for the API description. A request is read as forgivingly as [`lenient`] says, and written without the
//! fields that say nothing. An answer is made from the types of `jeton-core`.

pub mod advice;
pub mod capabilities;
pub mod event;
pub mod invitation;
pub mod leak;
pub mod lenient;
pub mod manage;
pub mod manage_token;
pub mod patch;
pub mod pickup;
pub mod question;
pub mod redaction;
pub mod removal;
#[cfg(feature = "schema")]
pub mod schema;
pub mod settings;
pub mod text;
pub mod token;
pub mod token_request;
pub mod unknown;
