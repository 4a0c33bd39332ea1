//! Invitations in the manage API.

use std::borrow::Cow;

use jeton_core::{
    member::{Member, Role},
    share::{Offer, SentBy, Share, ShareId, UnreadableInvitation},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A pending invitation, or what is known of one that cannot be read.
pub type Pending = Result<Share, UnreadableInvitation>;

/// A pending invitation.
// A typed client rejects any other key, so there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Invitation))]
pub struct InvitationBody {
    /// Its id.
    pub id: u32,
    /// When it was sent.
    pub created: String,
    /// When it expires.
    pub expires: String,
    /// Who is invited.
    pub user: InvitationUser,
    /// The role that it offers: `admin` or `readOnly`.
    pub role: Cow<'static, str>,
    /// Always empty.
    pub reason: Cow<'static, str>,
    /// Who sent it.
    pub creator: InvitationUser,
}

/// Who is invited, or who invites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InvitationUser {
    /// The id of the member or manage token; 0 for all others.
    pub id: u32,
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty for a manage token.
    pub email: String,
}

impl InvitationBody {
    /// The invitation, sent by one of these members or by a manage token.
    pub fn of(pending: &Pending, members: &[Member]) -> Self {
        match pending {
            Ok(share) => Self::of_share(share, members),
            Err(unreadable) => Self::of_unreadable(unreadable),
        }
    }

    /// Unknown fields get a placeholder, for the invited person and for the inviter.
    fn of_unreadable(unreadable: &UnreadableInvitation) -> Self {
        let named = |email| InvitationUser { id: 0, name: UnreadableInvitation::NAME.to_owned(), email };
        let never = Timestamp::from_millis(0).to_string();
        Self {
            id: number_of(&unreadable.id),
            created: never.clone(),
            expires: never,
            user: named(unreadable.recipient.to_string()),
            role: "admin".into(),
            reason: "".into(),
            creator: named(String::new()),
        }
    }

    fn of_share(share: &Share, members: &[Member]) -> Self {
        let sender = match share.sender.by {
            SentBy::Token(master) => members.iter().find(|member| member.master == master),
            SentBy::Manage(_) | SentBy::Jeton => None,
        };
        let manage = match share.sender.by {
            SentBy::Manage(id) => id.number(),
            SentBy::Token(_) | SentBy::Jeton => 0,
        };
        let (name, role) = match &share.offer {
            Offer::Membership(invitee) => (invitee.name.clone(), invitee.role),
            Offer::Copy(_) | Offer::SignIn => (String::new(), Role::default()),
        };
        Self {
            id: number_of(&share.id),
            created: share.created.to_string(),
            expires: share.expires.to_string(),
            user: InvitationUser { id: 0, name, email: share.recipient.to_string() },
            role: role.as_str().into(),
            reason: "".into(),
            creator: InvitationUser {
                id: sender.map_or(manage, |member| member.id.number()),
                name: share.sender.name.clone(),
                email: share.sender.email.as_ref().map(ToString::to_string).unwrap_or_default(),
            },
        }
    }
}

/// The numeric id of an invitation, derived from its id: typed clients read numbers, here always below 2^24.
pub fn number(pending: &Pending) -> u32 {
    number_of(pending.as_ref().map_or_else(|unreadable| &unreadable.id, |share| &share.id))
}

fn number_of(id: &ShareId) -> u32 {
    u32::from_str_radix(id.as_str().get(..6).unwrap_or_default(), 16).unwrap_or_default().max(1)
}
