//! The domain of Jeton: pure rules, without HTTP, AWS, an async runtime or the environment.
//!
//! Time and randomness are arguments, so every rule can be tested with literal values. An operation reads state through the
//! [`store`] port, checks [`permission`], calls one transition such as [`token::Token::refresh`], and commits its result.

pub mod action_plan;
pub mod budget;
pub mod email;
pub mod error;
pub mod event;
pub mod event_context;
pub mod folded;
pub mod id;
pub mod idempotency;
pub mod json;
pub mod manage;
pub mod member;
pub mod passkey;
pub mod passkey_challenge;
pub mod permission;
pub mod pool;
pub mod project;
pub mod provider_sign_in;
mod role;
pub mod seal;
pub mod secret;
pub mod session;
pub mod share;
pub mod store;
pub mod text;
pub mod time;
pub mod token;

pub use error::Error;
