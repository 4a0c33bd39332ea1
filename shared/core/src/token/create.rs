//! Creating a token.

use std::sync::Arc;

use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::{
    Change, Copy, Creator, Identity, Kind, RefreshedByOthers, Token, Via, checked_description, earliest,
};
use crate::{
    error::Error,
    event::names,
    event_context::EventContext,
    id::{CopyId, MemberId, ProjectId, TokenId},
    member::{MemberCard, Role},
    permission::Permissions,
    project::Owner,
    secret::{self, PlainSecret},
    time::Timestamp,
};

/// The fields of a new token.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What its creator chooses.
    pub settings: Settings,
    /// When its creator ends. No token expires later than its creator.
    pub creator_ends: Option<Timestamp>,
    /// Its kind.
    pub kind: Kind,
    /// Its creator.
    pub creator: Option<Creator>,
    /// The member behind it.
    pub member: Option<MemberCard>,
    /// The project, as in verify answers.
    pub owner: Owner,
}

/// What the creator of a token chooses. The default may do nothing and does not expire. What changes it later is an
/// [`Update`](super::Update).
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its description; an empty one becomes [`default_description`].
    pub description: String,
    /// Its rights.
    pub permissions: Permissions,
    /// Its lifetime in seconds; `None` for a token that does not expire.
    pub expires_in: Option<u64>,
}

/// The default description.
pub fn default_description(creator: &str) -> String {
    format!("Created by {creator}").chars().take(super::MAX_DESCRIPTION).collect()
}

impl NewToken {
    /// The own token of a new member.
    pub fn of_member(id: MemberId, role: Role, member: MemberCard, owner: Owner) -> Self {
        Self {
            settings: Settings {
                description: member.email.to_string(),
                permissions: Permissions::of_member(role),
                ..Settings::default()
            },
            creator_ends: None,
            kind: Kind::of_member(id, role),
            creator: None,
            member: Some(member),
            owner,
        }
    }

    /// Creates a token with its first copy. The secret of the copy is shown once.
    ///
    /// If the id is taken, call this again with another one.
    /// Errors: [`Error::MinimalExpiration`], [`Error::BadField`], [`Error::InvalidPermissions`].
    pub fn create(
        self,
        project: ProjectId,
        id: TokenId,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<(Change, PlainSecret), Error> {
        let settings = self.settings;
        if settings.expires_in == Some(0) {
            return Err(Error::MinimalExpiration);
        }
        let mut description = checked_description(&settings.description)?;
        if description.is_empty() {
            description = default_description(self.creator.as_ref().map_or("jeton", |c| &c.description));
        }
        let now = event_context.now;
        let asked = settings.expires_in.map(|seconds| now.plus_seconds(seconds));
        let secret = secret::mint_token(project, id, rng);
        let first = Copy::new(CopyId(1), &secret, Via::Create, now);
        let token = Token {
            project,
            id,
            version: 1,
            generation: 0,
            demoted: 0,
            refreshed_by_others: RefreshedByOthers::default(),
            identity: Identity {
                kind: self.kind,
                description,
                permissions: Arc::new(settings.permissions.normalised()?),
                created: now,
                refreshed: now,
                expires: earliest([asked, self.creator_ends]),
                disabled: false,
                creator: self.creator,
                member: self.member,
                former_member: None,
                former_address: None,
                owner: self.owner,
            },
            copies: vec![first],
            shares: Vec::new(),
            last_copy: 1,
            noticed: None,
            notices_from: None,
            last_used: None,
            disabled_by: None,
            moving: false,
            superseded: Vec::new(),
            was_due: None,
            is_placeholder: false,
            unknown: Map::new(),
        };
        let mut params = Map::new();
        params.insert("permissions".to_owned(), json!(*token.identity.permissions));
        if let Some(expires) = token.identity.expires {
            params.insert("expires".to_owned(), json!(expires.to_string()));
        }
        let message = format!("Created token {}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_CREATED, message, params);
        Ok((Change { token, event }, secret))
    }
}
