//! Secrets: in plain text ([`PlainSecret`]) and as hashes ([`SecretHash`]), which is what a store keeps.

mod base62;
mod code;
mod format;
mod hash;
mod mask;
mod plain;
mod redact;
mod view;

pub use code::Code;
pub use format::{
    TokenAddress, manage_token_id, mint_link_secret, mint_manage_token, mint_token, token_address,
};
pub use hash::{Label, SecretHash};
pub use mask::masked;
pub use plain::PlainSecret;
pub use redact::{holds_token, redacted};
