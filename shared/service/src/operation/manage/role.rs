//! Changing the role of a member.

use jeton_api::{
    manage::{MemberBody, UpdateMember},
    unknown,
};
use jeton_core::{
    Error,
    id::MemberId,
    member::{Member, Role},
    project::Project,
    store::{Commit, Write},
    token::{Kind, StoredVerifyItem},
};

use super::{
    ManagedBy, MembershipActor,
    membership::{MembershipState, membership_state},
    project_in_path,
};
use crate::{
    authenticate::Manager,
    http::{ApiRequest, Reply},
};

/// `PUT /manage/projects/{project}/users/{member}`, by id or e-mail address: changes the role.
pub async fn update_member(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let project = project_in_path(request).await?;
    let member = set_role(request, &project, &MembershipActor::from(manager)).await?;
    Ok(Reply::ok(&MemberBody::from(&Ok(member))))
}

/// Gives the member in the path the role in the body. A role that they have already is no change.
///
/// One commit replaces the member and their own token, which has the condition that the caller is unchanged: whoever is demoted at the
/// same time demotes nobody. A project keeps an admin: the caller, or another whom the commit requires to be unchanged, too.
///
/// Errors: [`Error::Conflict`] for the last admin, and for somebody who has not joined yet; [`Error::NotFound`].
pub async fn set_role(
    request: &ApiRequest,
    project: &Project,
    by: &MembershipActor<'_>,
) -> Result<Member, Error> {
    let UpdateMember { role, unknown } = request.body()?;
    unknown::reject(&unknown, &["role"])?;
    let role = parse_role(role.as_deref().unwrap_or_default())?;
    loop {
        let member = joined(request, project).await?;
        if role == Role::ReadOnly {
            request.prioritize(project.id, member.master);
        } else {
            by.may_cause_events(request).await?;
        }
        let token = request.app.store.token(project.id, member.master).await?;
        let token = token.ok_or_else(|| unreadable(&member))?;
        token.requires_record()?;
        let Some(change) = token.with_role(&member, role, &request.event_context(by.actor.clone())) else {
            let has_it = token.identity.kind == Kind::of_member(member.id, role);
            return if has_it { Ok(member) } else { Err(unreadable(&member)) };
        };
        let member = Member { role, ..member };
        let writes = vec![Write::ReplaceMember(member.clone()), Write::ReplaceToken(change.token)];
        let mut commit = Commit { writes, events: vec![change.event] };
        by.sign(request, &mut commit)?;
        let is_by_another_admin = matches!(&by.caller, ManagedBy::Member(caller, _) if *caller != member.id);
        if role == Role::ReadOnly && !is_by_another_admin {
            commit.writes.push(require_another_admin(request, project, member.id).await?);
        }
        commit.writes.push(Write::RequireOpen(project.id));
        if request.app.try_commit(&request.attempts, &commit).await? {
            return Ok(member);
        }
    }
}

/// Errors: [`Error::BadField`].
pub(super) fn parse_role(text: &str) -> Result<Role, Error> {
    Role::parse(text).ok_or_else(|| Error::bad_field("role", "role must be admin or readOnly"))
}

/// The condition that another admin remains when this member is one no more.
///
/// Errors: [`Error::Conflict`] if there is no other.
pub(super) async fn require_another_admin(
    request: &ApiRequest,
    project: &Project,
    except: MemberId,
) -> Result<Write, Error> {
    // A member who cannot be read cannot sign in.
    let members = request.app.store.found_members(project.id).await?;
    let is_other = |member: &&Member| member.role == Role::Admin && member.id != except;
    for other in members.iter().flatten().filter(is_other) {
        let item = request.app.store.verify_item(project.id, other.master).await?;
        let is_admin = |item: &StoredVerifyItem| item.identity.kind == Kind::Master(other.id);
        if let Some(item) = item.filter(is_admin) {
            return Ok(Write::RequireVersion(project.id, other.master, item.version));
        }
    }
    Err(Error::Conflict("the last admin of a project stays one: make another member an admin first"))
}

async fn joined(request: &ApiRequest, project: &Project) -> Result<Member, Error> {
    match membership_state(request, project).await? {
        MembershipState::Member(member) => Ok(member),
        MembershipState::Invited(..) => {
            Err(Error::Conflict("this person has not joined yet: invite them again, with the other role"))
        }
        MembershipState::Unreadable(member) => Err(Error::Unavailable(format!(
            "member {} of project {} cannot be read: remove them, and invite them again",
            member.id, member.project
        ))),
    }
}

fn unreadable(member: &Member) -> Error {
    Error::Unavailable(format!(
        "the token of member {} of project {} cannot be read: remove them, and invite them again",
        member.id, member.project
    ))
}
