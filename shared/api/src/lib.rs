//! The bodies of Jeton's API: the requests and answers of its endpoints.
//!
//! The service and its clients share one type for each: serde writes and parses it, and the feature `schema`
//! adds its schema for the API description. A request is parsed as leniently as [`lenient`] says, and written
//! without its empty fields. An answer is built from the types of `jeton-core`.

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
pub mod token_action;
pub mod token_filter;
pub mod token_request;
pub mod unknown;
