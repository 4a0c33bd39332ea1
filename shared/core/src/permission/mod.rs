//! Permissions: the rights of tokens, authorization of calls, answers to questions, and advice.

pub mod advice;
pub mod call;
mod capabilities;
pub mod capability;
pub mod question;
mod rights;
mod stored;
pub mod usage;

pub use advice::Advice;
pub use call::{Call, Caller, Rank};
pub use capabilities::{Capabilities, CapabilityPatch};
pub use capability::Capability;
pub use question::{Answer, Ask, Question};
pub use rights::{
    Access, BucketId, ComponentId, InvalidPermissions, MAX_BYTES as MAX_RIGHTS_BYTES, Permissions, Shortened,
};
pub(crate) use stored::shared;
pub use usage::Usage;
