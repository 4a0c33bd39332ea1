//! The stories of the product's manual, over HTTP.

mod configuration;
mod damaged;
mod damaged_records;
mod damaged_scene;
mod digests;
mod events_tab;
mod expiry;
mod failing_mailer;
mod first_token;
mod member;
mod mysql_extractor;
mod notices;
mod retention;
mod sealed_history;
mod sharing;
