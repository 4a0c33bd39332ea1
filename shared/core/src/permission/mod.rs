//! What a token may do: its rights, the calls they open, the questions they answer, and what
//! these questions say about the rights.

pub mod advice;
pub mod call;
pub mod question;
mod rights;

pub use advice::Advice;
pub use call::{Call, Caller, Rank};
pub use question::{Answer, Ask, Capability, Question};
pub use rights::{Access, BucketId, ComponentId, InvalidPermissions, Permissions};
