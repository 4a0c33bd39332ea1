//! The places Jeton runs in: as a function on Lambda, and as one process.

mod lambda;
mod logging;
mod open;
#[cfg(feature = "serve")]
mod outbox;
#[cfg(feature = "serve")]
pub mod serve;

pub use lambda::run;
pub use logging::log_to;
pub use open::{StartError, open, open_mailer, open_store};
