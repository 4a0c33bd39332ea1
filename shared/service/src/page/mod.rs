//! Pages for people.

pub mod layout;
pub mod outbox;
pub mod pickup;
pub mod words;
