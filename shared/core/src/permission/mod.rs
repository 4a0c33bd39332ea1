//! What a token may do: its rights, the calls they open, and the questions they answer.

pub mod call;
pub mod question;
mod rights;

pub use call::{Call, Caller, Rank};
pub use question::{Answer, Ask, Capability, Question};
pub use rights::{Access, BucketId, ComponentId, InvalidPermissions, Permissions};
