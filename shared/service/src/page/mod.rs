//! Pages for people.

pub mod layout;
pub mod missing;
pub mod outbox;
pub mod pickup;
pub mod reference;
pub mod secret;
pub mod snippets;
pub mod time;
pub mod words;
