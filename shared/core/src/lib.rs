//! The domain of Jeton, free of HTTP, of AWS, of a runtime and of the environment.
//!
//! Time and randomness are arguments, so every rule here can be tested with literal values.
//! Data flows one way: an operation reads state through the [`store`] port, asks [`permission`]
//! who may, calls one transition (say [`token::Token::refresh`]), and commits what it returned.

pub mod budget;
pub mod email;
pub mod error;
pub mod event;
pub mod event_context;
pub mod id;
pub mod idempotency;
pub mod json;
pub mod manage;
pub mod member;
pub mod permission;
pub mod project;
pub mod seal;
pub mod secret;
pub mod session;
pub mod share;
pub mod store;
pub mod text;
pub mod time;
pub mod token;

pub use error::Error;
