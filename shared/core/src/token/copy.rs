//! Copies: the secrets of a token.

use serde::{Deserialize, Serialize};

use crate::{
    email::Email,
    id::CopyId,
    permission::call::CopyKind,
    secret::{Label, PlainSecret, SecretHash},
    time::Timestamp,
};

/// A copy: one secret of a token, stored as a hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Copy {
    /// Its number among the token's copies.
    pub id: CopyId,
    /// The hash of the secret.
    pub hash: SecretHash,
    /// When it was created.
    pub created: Timestamp,
    /// How it was created.
    pub via: Via,
    /// Who picked it up, if it came from a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Email>,
    /// When it ends. It is invalid from this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The copy that replaced it, if it is a picked-up copy. Both count as one against the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<CopyId>,
    /// Whether it keeps the rights of its token until its end: it is kept until its successor is used, or ends with its maker.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_rights: bool,
    /// Whether it ends with the token that shared or refreshed it, and was not replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_with_maker: bool,
    /// Whether it was picked up from a share of a picked-up copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_picked_up: bool,
    /// The older copies that end when this one is first used; empty afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<CopyId>,
}

/// The origin of a copy.
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

impl Via {
    /// All of them.
    const ALL: [Self; 3] = [Self::Create, Self::Share, Self::Refresh];

    /// The name in answers of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Share => "share",
            Self::Refresh => "refresh",
        }
    }

    /// The word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "Created",
            Self::Share => "Shared",
            Self::Refresh => "Refreshed",
        }
    }

    /// The word of a name. A name of a later version stands for itself.
    pub fn word_of(name: &str) -> &str {
        Self::ALL.into_iter().find(|via| via.name() == name).map_or(name, |via| via.word())
    }
}

impl Copy {
    /// A copy with this secret, with all rights of its token and no end.
    pub(super) fn new(id: CopyId, secret: &PlainSecret, via: Via, created: Timestamp) -> Self {
        Self {
            id,
            hash: SecretHash::of(Label::Token, &[secret.expose()]),
            created,
            via,
            from_picked_up: false,
            supersedes: Vec::new(),
            replaced_by: None,
            keeps_rights: false,
            ends_with_maker: false,
            recipient: None,
            expires: None,
        }
    }

    /// Whether it is valid: its end has not come.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

impl Via {
    /// The kind of a copy, from its origin and its end.
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
