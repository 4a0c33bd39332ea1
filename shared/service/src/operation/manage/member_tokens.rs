//! The tokens that a member created, which a removal of the member leaves or deletes.

use jeton_api::removal::MemberTokensBody;
use jeton_core::{Error, id::MemberId};

use super::{
    left_behind::{self, LeftBehind},
    membership::{MembershipState, membership_state},
    project_in_path,
};
use crate::{
    authenticate::Manager,
    http::{ApiRequest, Reply, Room},
};

/// `GET /manage/projects/{project}/users/{member}/tokens`, by id or e-mail address. Also of a member who was removed, by their id, as
/// long as a token of theirs goes on. Somebody who has not joined yet has none.
pub async fn member_tokens(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    // As many calls run at a time as lists.
    let room = Room::reserved(request).await?;
    let left = match membership_state(request, &project).await {
        Ok(MembershipState::Member(member)) => left_behind::created(request, project.id, member.id).await?,
        Ok(MembershipState::Unreadable(member)) => {
            left_behind::created(request, project.id, member.id).await?
        }
        Ok(MembershipState::Invited(..)) => LeftBehind::default(),
        Err(error @ Error::NotFound(_)) => {
            let id: MemberId = request.id("member").map_err(|_| error)?;
            let left = left_behind::created(request, project.id, id).await?;
            if left.tokens.is_empty() {
                return Err(Error::NotFound("member"));
            }
            left
        }
        Err(error) => return Err(error),
    };
    Ok(room.holds(Reply::ok(&MemberTokensBody { tokens: left.tokens, more: left.more })))
}
