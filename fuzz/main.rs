//! What reads bytes of strangers, given bytes of all kinds: nothing panics, and what must hold of every input holds.
//!
//! `cargo test -p fuzz` tries what has been kept in `__fuzz__` and a number of random inputs. `./test --long` gives each
//! target a minute of inputs that libFuzzer makes from what it sees covered, and keeps those that reach new code.

mod authorizer;
mod bodies;
mod files;
mod forms;
mod mails;
mod passkeys;
mod queries;
mod strings;

use std::borrow::Cow;

/// Bytes as the text that a client would be taken to have sent.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
