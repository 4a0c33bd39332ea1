//! Copies: the secret strings that open a token.

use serde::{Deserialize, Serialize};

use crate::{email::Email, id::CopyId, permission::call::CopyKind, secret::SecretHash, time::Timestamp};

/// One secret string that opens a token, as the store keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Copy {
    /// Its number among the token's copies.
    pub id: CopyId,
    /// The hash of the string.
    pub hash: SecretHash,
    /// When it was made.
    pub created: Timestamp,
    /// How it was made.
    pub via: Via,
    /// Who picked it up, if it was shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Email>,
    /// When it ends, if it does. It is dead at this moment, not after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The copy that its holder replaced it by, when that was a picked-up copy: both take one place together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<CopyId>,
    /// Whether it keeps the rights of its token to its end: it is kept until its successor is used, or ends with its maker.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_rights: bool,
    /// Whether it ends because what shared it or made it does, and was not replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_with_maker: bool,
    /// Whether it was picked up from a share that a picked-up copy had sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_picked_up: bool,
    /// The older copies that end when this one is first used; none once it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<CopyId>,
}

/// How a copy was made.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// With the token.
    Create,
    /// By picking up a share.
    Share,
    /// By refreshing the token.
    Refresh,
}

impl Copy {
    /// Whether its end has not come.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

impl Via {
    /// How far a copy made this way, that keeps its rights to this end or not, stands for its token.
    pub fn copy_kind(
        self,
        expires: Option<Timestamp>,
        keeps_rights: bool,
        ends_with_maker: bool,
    ) -> CopyKind {
        let picked_up = self == Self::Share;
        match (self, expires) {
            (_, Some(_)) if keeps_rights && ends_with_maker => CopyKind::EndsWithMaker { picked_up },
            (_, Some(_)) if keeps_rights => CopyKind::Superseded { picked_up },
            (_, Some(_)) => CopyKind::Ending,
            (Self::Share, None) => CopyKind::PickedUp,
            (Self::Create | Self::Refresh, None) => CopyKind::Full,
        }
    }
}
