//! What goes over the wire: the bodies clients send and receive, to the letter.

pub mod advice;
pub mod capabilities;
pub mod csv;
pub mod event;
mod fields;
pub mod form;
pub mod invitation;
pub mod leak;
pub mod lenient;
pub mod manage;
pub mod manage_token;
pub mod pickup;
pub mod question;
mod redaction;
pub mod removal;
pub mod schema;
pub mod token;
pub mod token_request;
pub mod unknown;
