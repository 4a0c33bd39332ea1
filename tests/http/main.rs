//! Every endpoint over HTTP, one file for each function.

mod advice;
mod bad_input;
mod branch;
mod component_token;
mod console;
mod create;
mod delete;
mod detail;
mod event_search;
mod events;
mod hostile;
mod idempotency;
mod index;
mod keboola;
mod leaked;
mod list;
mod manage;
mod overload;
mod pickup;
mod posted_events;
mod questions;
mod refresh;
mod share;
mod stored_texts;
mod update;
mod verify;
