//! Shares: offers by e-mail, with a link and a code, that can be picked up once.
//!
//! A share offers a copy of a token, a membership (invitation), or a session of the console (sign-in).

pub(crate) mod closed;
mod invitee;
mod mail_failure;

use std::{collections::BTreeSet, fmt};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    email::Email,
    error::Error,
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    secret::{self, Code, Label, PlainSecret, SecretHash},
    time::Timestamp,
};

pub use closed::Closed;
pub use invitee::Invitee;
pub use mail_failure::MailFailure;

/// The most attempts at the code before a share locks.
pub const MAX_ATTEMPTS: u8 = 5;

/// The default lifetime of a share: 24 hours, in seconds.
pub const DEFAULT_SECONDS: u64 = 86_400;

/// The longest lifetime of a share: 7 days, in seconds.
pub const MAX_SECONDS: u64 = 604_800;

/// The longest message, in characters.
pub const MAX_MESSAGE: usize = 1000;

/// The id of a share, which is not secret: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareId(String);

/// An attempt at the code of a share: a hash of the entered code and of how often it was counted as wrong before. So a retry
/// after a lost answer is the same attempt. Useless without the secret of the link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(String);

/// A share: an offer by e-mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The id of the share.
    pub id: ShareId,
    /// The project.
    pub project: ProjectId,
    /// The name of the project, for pages and mails.
    pub project_name: String,
    /// The offer.
    pub offer: Offer,
    /// The hash of the secret in the link.
    pub link: SecretHash,
    /// The hash of that secret with the code. Someone who has only the store could guess the code, but not the secret.
    pub link_and_code: SecretHash,
    /// The recipient.
    pub recipient: Email,
    /// The hash of the cookie of the browser that requested the sign-in. No other browser may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<SecretHash>,
    /// The sender.
    pub sender: Sender,
    /// When it was created.
    pub created: Timestamp,
    /// When it expires. It is closed from this moment on.
    pub expires: Timestamp,
    /// The state. It leaves `Open` once, and never returns.
    pub state: State,
    /// Why its mail failed, if that ended it; `None` also for shares of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_failure: Option<MailFailure>,
    /// The number of reserved attempts. Not part of the state.
    #[serde(skip)]
    pub attempts: u8,
    /// The reserved attempts. Not part of the state.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reserved: BTreeSet<AttemptId>,
    /// The attempts that were wrong. Not part of the state.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub wrong: BTreeSet<AttemptId>,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A pending invitation whose record cannot be read. It cannot be accepted, but withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableInvitation {
    /// The id of the share.
    pub id: ShareId,
    /// The address of the invited person, in lower case.
    pub recipient: Email,
}

impl UnreadableInvitation {
    /// The name of the invited person in lists.
    pub const NAME: &str = "(this invitation cannot be read)";
}

/// The offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Offer {
    /// A copy of this token.
    Copy(TokenId),
    /// A membership in the project.
    Membership(Invitee),
    /// A session of the console, for a member of at least this project.
    SignIn,
}

/// The sender of a share.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// The credential.
    pub by: SentBy,
    /// The state of the token when it sent the share; `None` for other credentials and for shares of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The version of the member's own token when it sent an invitation; `None` for other offers and for those of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The secret of the manage token that sent the share; `None` for other credentials and for shares of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretHash>,
    /// The description of the token that sent the share, unless it is a master token. `name` is that of the member behind the
    /// token, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Their name in the page and the mail.
    pub name: String,
    /// The address for notices about the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// The state of a token when it sent a share. The share ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The generation. A refresh of the whole token ends its shares.
    pub generation: u32,
    /// The copy that was presented; `None` for a member in the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyId>,
    /// When it ends. Copies picked up from the share end no later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// Whether it was a picked-up copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub picked_up: bool,
}

/// The credential that sent a share. If the token no longer exists, the share is closed, so shares of a removed member end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SentBy {
    /// A token of the project.
    Token(TokenId),
    /// A manage token.
    Manage(ManageTokenId),
    /// Jeton itself, for a sign-in.
    Jeton,
}

/// The state of a share, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Open.
    Open,
    /// Picked up at this time.
    Used(Timestamp),
    /// The last attempt was wrong.
    Locked(Timestamp),
    /// The mail could not be sent, or the sender took it back.
    Withdrawn(Timestamp),
}

/// The terms of a new share.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub project_name: String,
    /// The offer.
    pub offer: Offer,
    /// The recipient.
    pub recipient: Email,
    /// The sender.
    pub sender: Sender,
    /// The lifetime, in seconds.
    pub seconds: u64,
}

/// The secrets in the mail.
#[derive(Debug, Clone)]
pub struct ShareSecrets {
    /// The secret of the link.
    pub link: PlainSecret,
    /// The code.
    pub code: Code,
}

impl NewShare {
    /// Creates the share and the two secrets of its mail.
    pub fn open(self, id: ShareId, now: Timestamp, rng: &mut impl CryptoRng) -> (Share, ShareSecrets) {
        let secrets = ShareSecrets::draw(rng);
        let ShareSecrets { link, code } = &secrets;
        let share = Share {
            id,
            project: self.project,
            project_name: self.project_name,
            offer: self.offer,
            link: SecretHash::of(Label::Link, &[link.expose()]),
            link_and_code: SecretHash::of(Label::LinkAndCode, &[link.expose(), code.expose()]),
            recipient: self.recipient,
            browser: None,
            sender: self.sender,
            created: now,
            expires: now.plus_seconds(self.seconds),
            state: State::Open,
            mail_failure: None,
            attempts: 0,
            reserved: BTreeSet::new(),
            wrong: BTreeSet::new(),
            unknown: Map::new(),
        };
        (share, secrets)
    }
}

impl ShareSecrets {
    /// Draws a random secret and a random code.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let link = secret::mint_link_secret(rng);
        Self { link, code: Code::random(rng) }
    }
}

impl Share {
    /// Checks the secret of the link. With a wrong one, the share looks unknown.
    pub fn opened_by(&self, link: &str) -> Result<(), Error> {
        let right = self.link.matches(&SecretHash::of(Label::Link, &[link]));
        if right { Ok(()) } else { Err(Error::ShareNotFound) }
    }

    /// Checks the code. An attempt must be reserved before.
    pub fn code_is(&self, link: &str, code: &Code) -> bool {
        self.link_and_code.matches(&SecretHash::of(Label::LinkAndCode, &[link, code.expose()]))
    }

    /// The attempt of this code.
    pub fn attempt(&self, link: &str, code: &Code) -> AttemptId {
        let code = SecretHash::of(Label::LinkAndCode, &[link, code.expose()]).hexadecimal();
        let code = code.get(..16).unwrap_or(&code);
        let counted = self.wrong.iter().filter(|wrong| wrong.0.starts_with(code)).count();
        AttemptId(format!("{code}-{counted}"))
    }

    /// Whether there are reserved attempts without a result. They count as used.
    pub fn has_lost_attempts(&self) -> bool {
        self.state == State::Open
            && self.attempts >= MAX_ATTEMPTS
            && self.wrong.len() < usize::from(MAX_ATTEMPTS)
    }

    /// Why the share is closed; `None` if it is open.
    ///
    /// Does not check whether the offered token or copy still exists.
    pub fn closed(&self, now: Timestamp) -> Option<Closed> {
        match self.state {
            State::Used(at) => Some(Closed::Used(at)),
            State::Locked(_) => Some(Closed::Locked),
            State::Withdrawn(_) => Some(Closed::Ended),
            State::Open if now >= self.expires => Some(Closed::Expired),
            State::Open if self.attempts >= MAX_ATTEMPTS && !self.has_lost_attempts() => Some(Closed::Locked),
            State::Open => None,
        }
    }

    /// Moves the expiry to an earlier time.
    #[must_use]
    pub fn ending_by(self, end: Option<Timestamp>) -> Self {
        Self { expires: end.map_or(self.expires, |end| end.min(self.expires)), ..self }
    }

    /// The link of a share or an invitation. The secret is in the fragment, which browsers send to no server.
    pub fn pickup_link(&self, public_url: &str, secrets: &ShareSecrets) -> String {
        format!("{public_url}/pickup/{}#{}", self.id, secrets.link.expose())
    }

    /// The share as it ends when its mail does not leave: withdrawn at the time of its making, by which a call that comes
    /// again knows that its own mail failed.
    #[must_use]
    pub fn not_mailed(&self, why: MailFailure) -> Self {
        Self { mail_failure: Some(why), ..self.ended(State::Withdrawn(self.created)) }
    }

    /// Why its mail failed, if it ended for that. Earlier builds stored no reason.
    pub fn why_not_mailed(&self) -> Option<MailFailure> {
        let is_not_mailed = self.state == State::Withdrawn(self.created);
        is_not_mailed.then(|| self.mail_failure.unwrap_or(MailFailure::Unsent))
    }

    /// The share in a final state.
    #[must_use]
    pub fn ended(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

impl ShareId {
    /// Draws a random id.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(format!("{:016x}", rng.next_u64()))
    }

    /// Parses an id.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AttemptId {
    /// The stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the stored text.
    pub fn from_store(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
