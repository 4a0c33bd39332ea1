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
//! An [`Answer`] is what was answered, in types; [`Answer::json`] is the same to the letter. Only reads are
//! sent again when an answer is lost: whether a share was mailed or a secret made is not for a client to guess.

mod advice;
mod client;
mod error;
mod event;
mod manage;
mod question;
mod require;
mod token;

pub use advice::{Advice, DryRun, Narrowest, Right, UsedRight};
pub use client::{Answer, Client, Credential};
pub use error::Error;
pub use event::{Event, EventQuery, EventToken};
pub use jeton_core::secret::PlainSecret;
pub use manage::{Member, Project};
pub use question::{Answered, OneAnswer, Question};
pub use require::{Guarded, Require, require};
pub use token::{Admin, Changes, Copy, Creator, NewToken, OpenShare, Overlap, Owner, Share, Token};
