//! HTTP: from a request to an operation, and from its outcome to a response.

mod context;
mod dispatch;
mod error;
mod reply;
mod request;
mod room;
mod router;

pub(crate) use context::bounded;
#[cfg(feature = "serve")]
pub(crate) use dispatch::unmatched;
pub use error::{ErrorBody, ProblemKind, problem};
pub use reply::Reply;
pub use request::ApiRequest;
pub(crate) use request::run_id;
pub(crate) use room::Room;
pub use router::router;
