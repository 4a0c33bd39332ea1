//! The person in the path of a call about members, by id or e-mail address.

use jeton_core::{
    Error,
    email::Email,
    id::MemberId,
    member::{Member, Membership, UnreadableMember},
    project::Project,
    share::ShareId,
};

use crate::http::ApiRequest;

/// The person in the path.
pub(super) enum MembershipState {
    /// A member.
    Member(Member),
    /// A member whose record cannot be read.
    Unreadable(UnreadableMember),
    /// Somebody with a pending invitation.
    Invited(Email, ShareId),
}

impl MembershipState {
    /// Their name for answers, and their address.
    pub(super) fn named(&self) -> (String, Option<Email>) {
        match self {
            Self::Member(Member { email, .. }) | Self::Invited(email, _) => {
                (email.to_string(), Some(email.clone()))
            }
            Self::Unreadable(member) => (member.called(), member.email.clone()),
        }
    }
}

/// Errors: [`Error::NotFound`], [`Error::NoRoute`].
pub(super) async fn membership_state(
    request: &ApiRequest,
    project: &Project,
) -> Result<MembershipState, Error> {
    let (store, text) = (&request.app.store, request.text("member"));
    let unknown = Error::NotFound("member");
    if let Some(email) = Email::parse(text) {
        return match store.membership(project.id, &email).await? {
            Some(Membership::Member(member)) => Ok(MembershipState::Member(member)),
            Some(Membership::Unreadable(member)) => Ok(MembershipState::Unreadable(member)),
            Some(Membership::Invited(share)) => Ok(MembershipState::Invited(email, share)),
            None => Err(unknown),
        };
    }
    let id: MemberId = request.id("member")?;
    let found = store.found_member(project.id, id).await?.ok_or(unknown)?;
    Ok(found.map_or_else(MembershipState::Unreadable, MembershipState::Member))
}
