//! A typed client of the Jeton API.
//!
//! ```no_run
//! # async fn example() -> Result<(), jeton_client::Error> {
//! use jeton_client::{Client, Credential, PlainSecret, TokenSettings};
//!
//! let master = PlainSecret::new("…".to_owned());
//! let jeton = Client::new("http://127.0.0.1:3000", Credential::Storage(master))?;
//! let settings = TokenSettings { description: Some("Nightly import".to_owned()), ..TokenSettings::default() };
//! let created = jeton.create(&settings).await?;
//! println!("token {} works until {:?}", created.id, created.expires);
//! # Ok(()) }
//! ```
//!
//! An [`Answer`] has the answer as a type, and as JSON ([`Answer::json`]) with fields that the type does not have.
//!
//! A call that found no connection is retried for 30 seconds. A call whose answer is lost, or says that the service is not available (502, 503
//! or 504), is retried as long if it only reads, or if it returns a secret (create, refresh, share) or acts on many tokens: those have an
//! `Idempotency-Key`, so that nothing is done twice. Other calls are not retried, and neither is an export of which something was read. Waits grow with each attempt and
//! are random, and `Retry-After` is honoured. [`Client::retry_for`] sets the time and says which calls are retried briefly, such as verify;
//! [`Client::on_retry`] tells of each retry. Every call has a timeout, see [`Client::within`].

mod advice;
mod answer;
mod base_url;
mod call;
mod change;
mod client;
mod connector;
mod error;
mod event;
mod export;
mod guard;
mod index;
mod manage;
mod manage_token;
mod pickup;
mod question;
mod reply;
mod retry;
mod token;
mod transport;

pub use answer::Answer;
pub use base_url::BaseUrl;
pub use change::Change;
pub use client::{Client, Credential};
pub use error::{Error, Rejection};
pub use event::EventQuery;
pub use export::{EventExport, ExportFormat};
pub use guard::{Guarded, Require, Tokens, require};
pub use index::{Index, Ready};
pub use jeton_api::{
    advice::{
        AdviceBody as Advice, CallsBody as Calls, DeniedFunction, DryRun, Narrowest, RightBody as Right,
        UsageBody as Usage, UsedRight,
    },
    event::{EventBody as Event, EventTokenBody as EventToken},
    invitation::{InvitationBody as Invitation, InvitationUser as Invited},
    manage::{InviteMember, MemberBody as Member, ProjectBody as Project},
    manage_token::{CreateManageToken, ManageTokenBody as ManageToken},
    patch::Patch,
    pickup::PickUpBody as Offer,
    question::{OneAnswer, QuestionBody as Question},
    removal::{LeftToken, MemberTokensBody as MemberTokens, RemovedMemberBody as Removed},
    settings::TokenSettings,
    token::{
        AdminBody as Admin, BucketPermissions, CopyBody as Copy, CreatorBody as Creator,
        OpenShareBody as OpenShare,
    },
    token_action::{ActOnTokens, ActedBody as Acted, ActedToken, MAX_TOKENS},
    token_filter::TokenFilter,
    token_request::{ListTokens, RefreshToken, SendShare, ShareToken},
};
pub use jeton_core::{
    id::TokenId,
    permission::{Access, BucketId, Capabilities, Capability, CapabilityPatch, ComponentId, capability},
    secret::PlainSecret,
    time::Timestamp,
};
pub use pickup::ShareLink;
pub use question::Answered;
pub use retry::{MOST_RETRY_FOR, RETRY_FOR, Retry};
pub use token::{Owner, Token, TokenInfo};

/// The Rust code of the tutorial, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/tutorial/guard-a-service.md")]
struct Tutorial;
