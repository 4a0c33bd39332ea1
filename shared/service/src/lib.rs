//! Everything of Jeton that touches the world: HTTP, stores, mail, configuration, runtimes.
//!
//! A request walks one way: [`endpoint`] finds the row, [`http`] receives and [`authenticate`] says
//! who calls, an [`operation`] reads through the store port, calls one transition of the domain and
//! commits what comes of it, and [`wire`] says what the answer looks like.

pub mod app;
pub mod authenticate;
pub mod authority;
pub mod authorizer;
pub mod aws;
pub mod clock;
pub mod config;
pub mod console;
pub mod endpoint;
pub mod function;
pub mod github;
pub mod history;
pub mod http;
pub mod idempotency;
pub mod limits;
pub mod mail;
pub mod notices;
pub mod operation;
mod origin;
pub mod outgoing;
pub mod page;
pub mod relocation;
pub mod retry;
pub mod runtime;
pub mod telemetry;
pub mod wire;
