//! Pages for people.

pub mod outbox;
pub mod pickup;
pub mod words;
