//! The Jeton service: HTTP, stores, mail, configuration and runtimes.
//!
//! A request is routed by the [`endpoint`] table, received by [`http`] and authenticated by [`authenticate`]. An [`operation`]
//! reads through the store port, calls a transition of the domain and commits its result. [`wire`] has the bodies.

pub mod app;
pub mod authenticate;
pub mod authority;
pub mod authorizer;
pub mod aws;
pub mod brand;
pub mod clock;
pub mod config;
pub mod console;
pub mod endpoint;
pub mod function;
pub mod github;
pub mod history;
pub mod http;
mod http_client;
pub mod idempotency;
pub mod limits;
pub mod mail;
pub mod notices;
pub mod oidc;
pub mod operation;
mod origin;
pub mod outgoing;
pub mod page;
pub mod passkey;
pub mod relocation;
pub mod retry;
pub mod runtime;
pub mod table_check;
pub mod telemetry;
pub mod wire;
