//! Pages for people.

pub mod answer;
pub mod asset;
pub mod browser;
pub mod guide;
pub mod layout;
pub mod missing;
pub mod outbox;
pub mod pickup;
pub mod reference;
pub mod secret;
pub mod shortened;
pub mod snippets;
pub mod style;
pub mod table;
pub mod time;
pub mod words;
