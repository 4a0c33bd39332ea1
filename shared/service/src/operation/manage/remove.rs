//! Removing a member.

use jeton_api::removal::{RemoveMember, RemovedMemberBody};
use jeton_core::{
    Error,
    email::Email,
    event::{Order, PAGE_BYTES, names},
    id::{MemberId, ProjectId},
    member::{Member, UnreadableMember},
    project::Project,
    share::ShareId,
    store::{Commit, Write},
    token::Token,
};
use serde_json::{Map, json};

use super::{
    ManagedBy, MembershipActor,
    left_behind::{self, LeftBehind},
    membership::{MembershipState, membership_state},
    project_in_path,
    role::require_another_admin,
};
use crate::{
    authenticate::Manager,
    http::{ApiRequest, Reply},
    retry::RetryPolicy,
};

/// `DELETE /manage/projects/{project}/users/{member}`, by id or e-mail address.
///
/// One commit removes the member and the master token. What they sent ends with it: a share is closed when
/// its sender's token no longer exists. For someone who has not joined yet, it withdraws the invitation.
pub async fn remove(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let RemoveMember { end_tokens } = request.query()?;
    let removed = remove_from_project(
        request,
        &project,
        &MembershipActor::from(manager),
        end_tokens.unwrap_or_default(),
    )
    .await;
    let left = match (removed, end_tokens) {
        (Ok(removed), _) => removed.left,
        // The removal succeeded, but some tokens had not ended when its answer was lost.
        (Err(error @ Error::NotFound(_)), Some(true)) => {
            let id: MemberId = request.id("member").map_err(|_| error)?;
            let left =
                left_behind::end(request, project.id, id, &MembershipActor::from(manager), true).await?;
            if left.tokens.is_empty() {
                return Err(Error::NotFound("member"));
            }
            left
        }
        (Err(error), _) => return Err(error),
    };
    if end_tokens.is_none() {
        return Ok(Reply::no_content());
    }
    Ok(Reply::ok(&RemovedMemberBody { tokens: left.tokens, more: left.more }))
}

/// How many tokens are read from the store at a time.
const PAGE: usize = 500;

/// The removed person.
#[derive(Debug)]
pub struct Removed {
    /// Their address; none for a member who cannot be read and whose address is lost.
    pub email: Option<Email>,
    /// Their name for answers.
    pub called: String,
    /// The tokens that they created.
    pub left: LeftBehind,
}

/// Removes the member in the path, or their invitation; with the member also the tokens that they created, if the
/// request says so.
///
/// The members of a project cannot remove the last admin. An admin who removes another stays; one who leaves needs
/// another to remain. The commit requires both. A manage token may remove the last one: it can invite another, and
/// access that has to end must not remain. Errors: [`Error::Conflict`] for the last admin who leaves.
pub async fn remove_from_project(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
    end_tokens: bool,
) -> Result<Removed, Error> {
    request.attempts.set_policy(RetryPolicy::Immediate);
    loop {
        let state = membership_state(request, project).await?;
        let (called, email) = state.named();
        let (member, mut commit) = match state {
            MembershipState::Member(member) => {
                request.prioritize(project.id, member.master);
                (Some(member.id), removal(request, by, member).await?)
            }
            MembershipState::Unreadable(member) => {
                (Some(member.id), removal_unread(request, by, member).await?)
            }
            MembershipState::Invited(email, share) => (None, withdrawal(request, by, project, email, share)),
        };
        let leaver = leaver(by, &commit);
        by.sign(request, &mut commit)?;
        if let Some(id) = leaver.filter(|_| by.is_admin()) {
            commit.writes.push(require_another_admin(request, project, id).await?);
        }
        commit.writes.push(Write::RequireOpen(project.id));
        if !request.app.try_commit(&request.attempts, &commit).await? {
            continue;
        }
        let left = match member {
            None => LeftBehind::default(),
            Some(id) if end_tokens => left_behind::end(request, project.id, id, by, leaver.is_none()).await?,
            Some(id) => without_name(request, project, id, by).await,
        };
        return Ok(Removed { email, called, left });
    }
}

/// Removes the member's name from their tokens. Errors are only logged: the rest lose the name when they are next used.
async fn without_name(
    request: &ApiRequest,
    project: &Project,
    member: MemberId,
    by: &MembershipActor<'_>,
) -> LeftBehind {
    match left_behind::disown(request, project.id, member, by).await {
        Ok(left) => left,
        Err(error) => {
            tracing::warn!(%error, project = %project.id, %member, "failed to find all tokens of a former member");
            LeftBehind { more: true, ..LeftBehind::default() }
        }
    }
}

/// The member who removes themselves by this commit, if any.
fn leaver(by: &MembershipActor<'_>, commit: &Commit) -> Option<MemberId> {
    let ManagedBy::Member(id, _) = &by.caller else { return None };
    let leaves = |write: &Write| match write {
        Write::RemoveMember(member) => member.id == *id,
        Write::RemoveUnreadableMember(member) => member.id == *id,
        _ => false,
    };
    commit.writes.iter().any(leaves).then_some(*id)
}

async fn removal(request: &ApiRequest, by: &MembershipActor<'_>, member: Member) -> Result<Commit, Error> {
    let event_context = request.event_context(by.actor.clone());
    let params =
        Map::from_iter([("email".to_owned(), json!(member.email)), ("member".to_owned(), json!(member.id))]);
    let message = format!("Removed {} from the project", member.email);
    let removed = event_context.event_in(member.project, names::MEMBER_REMOVED, message, params);
    let master = request.app.store.token(member.project, member.master).await?;
    let mut commit = Commit { writes: vec![Write::RemoveMember(member)], events: vec![removed] };
    if let Some(master) = master {
        commit.events.push(master.deleted_event(&request.app.with_new_event_id(&event_context)));
        let tombstone = master.tombstone(request.now);
        commit.writes.push(Write::RemoveToken { token: master, tombstone });
    }
    Ok(commit)
}

/// As [`removal`]. The master token is searched by the member that it names; it may also have the address.
async fn removal_unread(
    request: &ApiRequest,
    by: &MembershipActor<'_>,
    mut member: UnreadableMember,
) -> Result<Commit, Error> {
    let masters = masters(request, member.project, member.id).await?;
    let card = masters.iter().find_map(|master| master.identity.member.as_ref());
    member.email = member.email.or_else(|| card.map(|card| card.email.clone()));
    let event_context = request.event_context(by.actor.clone());
    let params =
        Map::from_iter([("email".to_owned(), json!(member.email)), ("member".to_owned(), json!(member.id))]);
    let message = format!("Removed {} from the project", member.called());
    let removed = event_context.event_in(member.project, names::MEMBER_REMOVED, message, params);
    let mut commit = Commit { writes: vec![Write::RemoveUnreadableMember(member)], events: vec![removed] };
    for master in masters {
        request.prioritize(master.project, master.id);
        commit.events.push(master.deleted_event(&request.app.with_new_event_id(&event_context)));
        let tombstone = master.tombstone(request.now);
        commit.writes.push(Write::RemoveToken { token: master, tombstone });
    }
    Ok(commit)
}

/// The master tokens that name this member: one, unless it is lost.
async fn masters(request: &ApiRequest, project: ProjectId, member: MemberId) -> Result<Vec<Token>, Error> {
    let (mut masters, mut after) = (Vec::new(), None);
    loop {
        let page = request.app.store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
        let Some(last) = page.last else { return Ok(masters) };
        after = Some(last);
        let is_theirs = |token: &Token| {
            let card = token.identity.member.as_ref();
            token.identity.is_own_of_member() && card.is_some_and(|card| card.id == member)
        };
        masters.extend(page.tokens.into_iter().filter(is_theirs));
    }
}

fn withdrawal(
    request: &ApiRequest,
    by: &MembershipActor<'_>,
    project: &Project,
    email: Email,
    share: ShareId,
) -> Commit {
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(email))]);
    let message = format!("Withdrew the invitation of {email}");
    let event_context = request.event_context(by.actor.clone());
    let event = event_context.event_in(project.id, names::INVITATION_WITHDRAWN, message, params);
    Commit { writes: vec![Write::RemoveInvitation(project.id, email, share)], events: vec![event] }
}
