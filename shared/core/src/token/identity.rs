//! Who a token is and what it may do.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    id::{MemberId, TokenId},
    member::MemberCard,
    permission::{Capabilities, Capability, Permissions, Rank, shared},
    project::Owner,
    time::Timestamp,
};

/// Who a token is and what it may do: what verify answers from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Identity {
    /// What kind of token it is.
    pub kind: Kind,
    /// What it is for, in a person's words.
    pub description: String,
    /// What it may do. Every caller that presents the token has it, too.
    #[serde(with = "shared")]
    pub permissions: Arc<Permissions>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last refreshed; `created` at first.
    pub refreshed: Timestamp,
    /// When it ends, if it does. It is dead at this moment, not after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// The token that created it; none for master tokens and those made by a manage token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Creator>,
    /// The member behind it: a master token's own, another's by its creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberCard>,
    /// The member who was behind it, once they have left the project. Nothing but their id is kept of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_member: Option<MemberId>,
    /// The project, as verify tells of it.
    pub owner: Owner,
}

/// What kind of token one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The master token of a member.
    Master(MemberId),
    /// A token made by a manager or a manage token.
    Limited,
    /// The token of one component configuration, which lives as long as the configuration.
    Configuration {
        /// The component.
        component: String,
        /// The configuration.
        configuration: String,
    },
}

/// Whether a configuration may have this id: 1 to 255 characters, none of them a control character.
pub fn valid_configuration(configuration: &str) -> bool {
    (1..=255).contains(&configuration.chars().count()) && !configuration.chars().any(char::is_control)
}

/// The token that created another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its id.
    pub id: TokenId,
    /// Its description at that time.
    pub description: String,
}

/// The token that switched another one off, or itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledBy {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Whether it is a master token. Then only a master switches on again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub master: bool,
}

impl Identity {
    /// Whether the token's time is over. It is at `now == expires`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether this is a master token.
    pub fn is_master(&self) -> bool {
        matches!(self.kind, Kind::Master(_))
    }

    /// How it ranks in its project.
    pub fn rank(&self) -> Rank {
        if self.is_master() {
            Rank::Master
        } else if self.permissions.has(Capability::ManageTokens) {
            Rank::Manager
        } else {
            Rank::Limited
        }
    }
}

/// A master token has every capability there is, also one that is younger than its record.
impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut identity = Self::deserialize(deserializer)?;
        if identity.is_master() {
            Arc::make_mut(&mut identity.permissions).capabilities = Capabilities::ALL;
        }
        Ok(identity)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}
