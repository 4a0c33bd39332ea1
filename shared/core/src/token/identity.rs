//! The identity of a token: the part that verify answers.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    id::{MemberId, TokenId},
    member::{MemberCard, Role},
    permission::{Capabilities, Capability, Permissions, Rank, shared},
    project::Owner,
    text::trimmed,
    time::Timestamp,
    token::FormerAddress,
};

/// The identity of a token: kind, description, rights, expiry and project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Identity {
    /// Its kind.
    pub kind: Kind,
    /// Its description.
    pub description: String,
    /// Its rights. Every caller that presents the token has it, too.
    #[serde(with = "shared")]
    pub permissions: Arc<Permissions>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last refreshed; initially `created`.
    pub refreshed: Timestamp,
    /// When it expires. It is invalid from this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether it is disabled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// The token that created it; `None` for master tokens and those created by a manage token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Creator>,
    /// The member behind it: of a member's own token that member, of another token that of its creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberCard>,
    /// The id of the member who was behind it and has left the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_member: Option<MemberId>,
    /// What the address of that member is recognized by. Earlier builds stored none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_address: Option<FormerAddress>,
    /// The project, as in verify answers.
    pub owner: Owner,
}

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The master token of a member.
    Master(MemberId),
    /// The own token of a read-only member, which reads and changes nothing. A build that does not know this kind cannot read the
    /// token, so it grants nothing.
    Reader(MemberId),
    /// A token created by a manager or a manage token.
    Limited,
    /// The token of a component configuration.
    Configuration {
        /// The component.
        component: String,
        /// The configuration.
        configuration: String,
    },
}

/// Whether a configuration id is valid: 1 to 255 characters, without control characters.
pub fn valid_configuration(configuration: &str) -> bool {
    (1..=255).contains(&configuration.chars().count()) && !configuration.chars().any(char::is_control)
}

/// The creator of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its id.
    pub id: TokenId,
    /// Its description at that time.
    pub description: String,
}

/// The token that disabled a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledBy {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Whether it is a master token. Then only a master token can enable the token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub master: bool,
}

impl Identity {
    /// The placeholder for an identity that cannot be read: disabled, without rights.
    pub(super) fn unreadable(owner: Owner) -> Self {
        let never = Timestamp::from_millis(0);
        Self {
            kind: Kind::Limited,
            description: "(this token cannot be read)".to_owned(),
            permissions: Arc::default(),
            created: never,
            refreshed: never,
            expires: None,
            disabled: true,
            creator: None,
            member: None,
            former_member: None,
            former_address: None,
            owner,
        }
    }

    /// Whether the token has expired: from `now == expires` on.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether this is a master token.
    pub fn is_master(&self) -> bool {
        matches!(self.kind, Kind::Master(_))
    }

    /// Whether this is the own token of a member: it is managed with the member, not as a token.
    pub fn is_own_of_member(&self) -> bool {
        matches!(self.kind, Kind::Master(_) | Kind::Reader(_))
    }

    /// The name and the id of who is behind it, as lists show them: the member, or the token that created it if that one is no member's, or
    /// the member has left. `None` if it was a manage token.
    pub fn behind(&self) -> Option<(&str, u64)> {
        let creator = self.creator.as_ref();
        if let Some(left) = self.former_member {
            return Some((creator.map_or("", |creator| creator.description.as_str()), left.number().into()));
        }
        match &self.member {
            Some(card) if trimmed(&card.name).is_empty() => {
                Some((card.email.as_str(), card.id.number().into()))
            }
            Some(card) => Some((&card.name, card.id.number().into())),
            None => creator.map(|creator| (creator.description.as_str(), creator.id.number())),
        }
    }

    /// Its rank in its project.
    pub fn rank(&self) -> Rank {
        match self.kind {
            Kind::Master(_) => Rank::Master,
            Kind::Reader(_) => Rank::Reader,
            _ if self.permissions.has(Capability::ManageTokens) => Rank::Manager,
            _ => Rank::Limited,
        }
    }
}

impl Kind {
    /// The own token of a member with this role.
    pub const fn of_member(member: MemberId, role: Role) -> Self {
        match role {
            Role::Admin => Self::Master(member),
            Role::ReadOnly => Self::Reader(member),
        }
    }
}

/// Gives a master token all capabilities, including those added after its record was stored. The token of a read-only member has
/// none, whatever its record says.
impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut identity = Self::deserialize(deserializer)?;
        match identity.kind {
            Kind::Master(_) => Arc::make_mut(&mut identity.permissions).capabilities = Capabilities::ALL,
            Kind::Reader(_) => identity.permissions = Arc::default(),
            Kind::Limited | Kind::Configuration { .. } => {}
        }
        Ok(identity)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}
