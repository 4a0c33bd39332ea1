//! A typed client of Jeton.
//!
//! ```no_run
//! # async fn example() -> Result<(), jeton_client::Error> {
//! use jeton_client::{Client, Credential, NewToken, PlainSecret};
//!
//! let master = PlainSecret::new("…".to_owned());
//! let jeton = Client::new("http://127.0.0.1:3000", Credential::Storage(master))?;
//! let wish = NewToken { description: Some("Nightly import".to_owned()), ..NewToken::default() };
//! let created = jeton.create(&wish).await?;
//! println!("token {} works until {:?}", created.id, created.expires);
//! # Ok(()) }
//! ```
//!
//! An [`Answer`] is what was answered, in types; [`Answer::json`] holds the fields that the types leave out, too.
//!
//! A call that finds no connection is sent again. One whose answer is lost is sent again when it reads, and when it
//! shows a secret (create, refresh, share): that has an `Idempotency-Key`, so that it makes nothing twice. All others
//! are for the caller to send again. Every call ends in time, see [`Client::within`].

mod advice;
mod base_url;
mod client;
mod connector;
mod error;
mod event;
mod guard;
mod manage;
mod manage_token;
mod question;
mod token;
mod transport;

pub use advice::{Advice, DryRun, Narrowest, Right, UsedRight};
pub use client::{Answer, Client, Credential};
pub use error::{Error, Refusal};
pub use event::{Event, EventQuery, EventToken};
pub use guard::{Guarded, Require, Tokens, require};
pub use jeton_core::{
    permission::{Capabilities, Capability, CapabilityPatch, capability},
    secret::PlainSecret,
};
pub use manage::{Invitation, Invited, LeftToken, Member, Project, Removed};
pub use manage_token::{ManageToken, NewManageToken};
pub use question::{Answered, OneAnswer, Question};
pub use token::{
    Admin, Changes, Copy, Creator, NewToken, OpenShare, Overlap, Owner, SendShare, Share, Token, TokenInfo,
};

/// The Rust in the tutorial, which has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/tutorial/guard-a-service.md")]
struct Tutorial;
