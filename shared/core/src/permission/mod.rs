//! What a token may do: its rights, the calls they open, the questions they answer, and what
//! these questions say about the rights.

pub mod advice;
pub mod call;
mod capabilities;
pub mod capability;
pub mod question;
mod rights;
mod stored;

pub use advice::Advice;
pub use call::{Call, Caller, Rank};
pub use capabilities::{Capabilities, CapabilityPatch};
pub use capability::Capability;
pub use question::{Answer, Ask, Question};
pub use rights::{Access, BucketId, ComponentId, InvalidPermissions, Permissions};
pub(crate) use stored::shared;
