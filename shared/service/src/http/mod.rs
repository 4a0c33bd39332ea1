//! HTTP: from requests to operations, and from results to responses.

mod body;
pub mod code;
mod content;
mod context;
pub(crate) mod cookie;
mod cors;
mod dispatch;
mod elsewhere;
mod error;
pub mod header;
pub(crate) mod next_link;
mod peer;
mod reply;
mod request;
mod room;
mod routes;

pub use content::Content;
pub(crate) use context::bounded;
pub use context::{EdgeSecret, MAX_BYTES as MAX_CONTEXT_BYTES};
pub use cors::Cors;
#[cfg(feature = "serve")]
pub(crate) use dispatch::unmatched;
pub use error::{ErrorBody, Problem, READ_ONLY, problem};
pub(crate) use header::text;
pub use peer::Peer;
pub use reply::Reply;
pub use request::ApiRequest;
pub(crate) use request::run_id;
pub use room::MOST_WITHIN_JSON as MAX_JSON_STRING_BYTES;
pub(crate) use room::Room;
pub use routes::Routes;
