//! Shares: e-mailed invitations to pick something up, by link and code, once.
//!
//! What is picked up is a copy of a token, or a place among a project's members.

pub(crate) mod closed;

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

/// How many codes are compared before a share locks.
pub const MAX_ATTEMPTS: u8 = 5;

/// How long a share is open unless said otherwise: 24 hours, in seconds.
pub const DEFAULT_SECONDS: u64 = 86_400;

/// How long a share may be open at most: 7 days, in seconds.
pub const MAX_SECONDS: u64 = 604_800;

/// The longest message, in characters.
pub const MAX_MESSAGE: usize = 1000;

/// The id of a share, which is no secret: 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareId(String);

/// An attempt at the code of a share: the code that was typed, and how often it had been counted as wrong before. So the same
/// call made again, after its answer was lost, is the same attempt. Useless without the secret of the link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(String);

/// An e-mailed invitation to pick something up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// The project.
    pub project: ProjectId,
    /// The name of the project, for the page and the mails.
    pub project_name: String,
    /// What is picked up.
    pub offer: Offer,
    /// The hash of the secret in the link.
    pub link: SecretHash,
    /// The hash of that secret together with the code. Useless to whoever has only the store: the
    /// code alone could be guessed, the secret cannot.
    pub link_and_code: SecretHash,
    /// Who it is for.
    pub recipient: Email,
    /// What the browser keeps that asked to sign in. No other may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<SecretHash>,
    /// Who sent it.
    pub sender: Sender,
    /// When it was made.
    pub created: Timestamp,
    /// When it closes by itself. It is closed at this moment, not after it.
    pub expires: Timestamp,
    /// Whether it has come to an end, and how. Moves away from open once, and never back.
    pub state: State,
    /// How many codes have been reserved for comparison. The store keeps it beside the state.
    #[serde(skip)]
    pub attempts: u8,
    /// Which attempts have been reserved. The store keeps them, like those that follow.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reserved: BTreeSet<AttemptId>,
    /// Which of them have been counted as wrong.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub wrong: BTreeSet<AttemptId>,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A pending invitation whose record cannot be read. It lets nobody in, and can be withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableInvitation {
    /// Its id.
    pub id: ShareId,
    /// Who is invited, in lower case.
    pub recipient: Email,
}

impl UnreadableInvitation {
    /// How lists name who is invited.
    pub const NAME: &str = "(this invitation cannot be read)";
}

/// What is picked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Offer {
    /// A copy of this token.
    Copy(TokenId),
    /// A place among the project's members, under this name.
    Membership(String),
    /// A session of the console, for a member of at least this project.
    SignIn,
}

/// Who sent a share.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// By which credential.
    pub by: SentBy,
    /// What that token was when it sent this; none for what another credential sent, and for what was sent before
    /// this was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The secret of the manage token that sent this; none for what another credential sent, and for what was sent
    /// before this was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretHash>,
    /// The token that sent this by its description, unless it is a member's own master token. Then `name` is that of the
    /// member behind the token, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How the page and the mail name them.
    pub name: String,
    /// Where to tell them what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// What a token was when it sent a share: the share ends when this does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Its generation. A refresh of the whole token ends what it had sent.
    pub generation: u32,
    /// The copy that was presented; none for a member who was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyId>,
    /// When it ends, if it does. So does what is picked up from the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// Whether it was a picked-up copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub picked_up: bool,
}

/// The credential that a share was sent with. When it is a token that no longer exists, the share
/// is closed: what a removed member sent goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SentBy {
    /// A token of the project.
    Token(TokenId),
    /// A manage token.
    Manage(ManageTokenId),
    /// Jeton itself, because somebody asked to sign in.
    Jeton,
}

/// Whether a share has come to an end, as the store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Not yet.
    Open,
    /// Picked up then.
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
    /// What is picked up.
    pub offer: Offer,
    /// Who it is for.
    pub recipient: Email,
    /// Who sends it.
    pub sender: Sender,
    /// How long it is open, in seconds.
    pub seconds: u64,
}

/// What goes into the mail.
#[derive(Debug, Clone)]
pub struct ShareSecrets {
    /// The secret of the link.
    pub link: PlainSecret,
    /// The code.
    pub code: Code,
}

impl NewShare {
    /// Makes the share, with the two secrets that the mail carries.
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
            attempts: 0,
            reserved: BTreeSet::new(),
            wrong: BTreeSet::new(),
            unknown: Map::new(),
        };
        (share, secrets)
    }
}

impl ShareSecrets {
    /// Draws the secret of the link and the code.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let link = secret::mint_link_secret(rng);
        Self { link, code: Code::random(rng) }
    }
}

impl Share {
    /// Whether this is the secret of the link. A wrong one makes the share look unknown.
    pub fn opened_by(&self, link: &str) -> Result<(), Error> {
        let right = self.link.matches(&SecretHash::of(Label::Link, &[link]));
        if right { Ok(()) } else { Err(Error::ShareNotFound) }
    }

    /// Whether this is the code. Ask only once an attempt has been reserved.
    pub fn code_is(&self, link: &str, code: &Code) -> bool {
        self.link_and_code.matches(&SecretHash::of(Label::LinkAndCode, &[link, code.expose()]))
    }

    /// The attempt that this code is, as far as is known of this share.
    pub fn attempt(&self, link: &str, code: &Code) -> AttemptId {
        let code = SecretHash::of(Label::LinkAndCode, &[link, code.expose()]).hexadecimal();
        let code = code.get(..16).unwrap_or(&code);
        let counted = self.wrong.iter().filter(|wrong| wrong.0.starts_with(code)).count();
        AttemptId(format!("{code}-{counted}"))
    }

    /// Whether attempts were reserved of which nobody knows what came of them. They count.
    pub fn has_lost_attempts(&self) -> bool {
        self.state == State::Open
            && self.attempts >= MAX_ATTEMPTS
            && self.wrong.len() < usize::from(MAX_ATTEMPTS)
    }

    /// Why the share itself is closed; none while it is open.
    ///
    /// Whether what it offers still stands is for the caller to find out.
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

    /// Has the share close by then, if it would stay open for longer.
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
    pub fn not_mailed(&self) -> Self {
        self.ended(State::Withdrawn(self.created))
    }

    /// Whether it ended since its mail did not leave.
    pub fn is_not_mailed(&self) -> bool {
        self.state == State::Withdrawn(self.created)
    }

    /// The share in its final state.
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

    /// Reads an id; none unless it is one in form.
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
    /// The text that a store keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what a store has kept.
    pub fn from_store(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
