//! Commits: the items and conditions of each write of the port.

use jeton_core::{
    event::WrittenEvent,
    id::{ProjectId, TokenId},
    member::Member,
    project::Project,
    session::Session,
    share::{Share, ShareId},
    store::{Commit, Due, Unavailable, Write},
    time::Timestamp,
    token::{Kind, Token, Tombstone},
};

use super::{
    events::event_puts,
    guard::{Plan, emptied, if_in_version},
    heeds::{Heeds, commit_time},
    item,
    key::Key,
    manage, members,
    op::{Op, merge},
    passkeys,
};

const FREE: &str = "attribute_not_exists(#pk)";
const NO_MEMBER: &str = "attribute_not_exists(#member)";

/// The operations of a commit, at most one for each item.
pub(super) fn operations(commit: &Commit, heeds: &Heeds, plan: &Plan) -> Result<Vec<Op>, Unavailable> {
    let mut ops = Vec::new();
    let now = commit_time(commit);
    for (index, write) in commit.writes.iter().enumerate() {
        let decides = write.revocable().map(Key::revocable);
        ops.extend(write_operations(write, plan, now)?.into_iter().map(|op| {
            let op = if decides.as_ref() == Some(&op.key) { heeds.guarding(op) } else { op };
            op.of(index)
        }));
    }
    for event in &commit.events {
        let event = WrittenEvent::new(event).map_err(|error| Unavailable::unwritten(&error))?;
        ops.extend(event_puts(&event));
    }
    Ok(merge(ops))
}

fn write_operations(write: &Write, plan: &Plan, now: Timestamp) -> Result<Vec<Op>, Unavailable> {
    match write {
        Write::InsertProject(project) => insert_project(project),
        Write::ReplaceProject(project) => Ok(vec![replace_project(project)?]),
        Write::RequireOpen(project) => Ok(vec![
            Op::check(Key::project(*project)).when("attribute_exists(#pk) AND attribute_not_exists(#closed)"),
        ]),
        Write::InsertToken(token) => insert_token(token),
        Write::ReplaceToken(token) => replace_token(token, plan, now),
        Write::RemoveToken { token, tombstone } => remove_token(token, tombstone, plan, now),
        Write::RequireToken(project, token) => Ok(vec![require_token(*project, *token)]),
        Write::RequireVersion(project, token, version) => Ok(vec![
            Op::check(plan.checked(Key::verify(*project, *token)))
                .when("#version = :version")
                .with(":version", item::number(version)),
        ]),
        Write::InsertShare(share) => Ok(vec![insert_share(share)?]),
        Write::InsertInvitation(share) => insert_invitation(share),
        Write::EndShare(share) => Ok(vec![end_share(share)?]),
        Write::InsertMember { member, invitation } => insert_member(member, invitation.as_ref()),
        Write::ReplaceMember(member) => replace_member(member),
        Write::RemoveMember(member) => Ok(vec![
            Op::delete(Key::member(member.project, member.id)).when("attribute_exists(#pk)"),
            Op::delete(Key::email(member.project, &member.email))
                .when("#member = :member")
                .with(":member", item::number(&member.id)),
            Op::delete(Key::project_of(&member.email, member.project)),
        ]),
        Write::RemoveUnreadableShare(share) => {
            Ok(vec![Op::delete(Key::share(share)).when("attribute_exists(#pk)")])
        }
        Write::RemoveUnreadableMember(member) => Ok(members::remove_unreadable(member)),
        Write::RemoveInvitation(project, email, share) => Ok(vec![
            Op::delete(Key::email(*project, email))
                .when("#invitation = :invitation")
                .with(":invitation", item::text(share.as_str())),
        ]),
        Write::RequireSession(session) => {
            Ok(vec![Op::check(Key::session(session)).when("attribute_exists(#pk)")])
        }
        Write::InsertSession(session) => insert_session(session),
        Write::RemoveSession(session) => Ok(vec![
            Op::delete(Key::session(&session.id)).when("attribute_exists(#pk)"),
            Op::delete(Key::session_of(&session.email, &session.id)),
        ]),
        Write::ChangePasskeys { before, after } => passkeys::change(before.as_ref(), after),
        Write::RemoveUnreadablePasskeys(found) => Ok(passkeys::remove_unreadable(found)),
        Write::RequireNoPasskeys(email) => {
            Ok(vec![Op::check(Key::passkeys(email)).when("attribute_not_exists(#pk)")])
        }
        Write::InsertManageToken(token) => manage::insert(token),
        Write::ReplaceManageToken(token) => manage::replace(token, plan, now),
        Write::RemoveManageToken(token, at) => Ok(manage::remove(token, *at, plan, now)),
        Write::RequireManageToken(id, version) => Ok(vec![manage::require(*id, *version, plan)]),
        Write::InsertIdempotencyRecord(record) => Ok(vec![
            Op::put(
                Key::idempotency_record(&record.id),
                [("body", item::json(record)?), ("ttl", item::ttl(record.ends()))],
            )
            .when(FREE),
        ]),
    }
}

fn insert_project(project: &Project) -> Result<Vec<Op>, Unavailable> {
    let (key, body) = (Key::project(project.id), ("body", item::json(project)?));
    let put = match project.closed {
        Some(at) => Op::put(key, [body, ("closed", item::number(&at.millis()))]),
        None => Op::put(key, [body]),
    };
    Ok(vec![put.when(FREE), Op::put(Key::listed_project(project.id), [])])
}

/// `closed` is an attribute beside the body too, for conditions.
fn replace_project(project: &Project) -> Result<Op, Unavailable> {
    let body = item::json(project)?;
    Ok(match project.closed {
        Some(at) => Op::update(Key::project(project.id), "SET #body = :body, #closed = :closed")
            .with(":closed", item::number(&at.millis())),
        None => Op::update(Key::project(project.id), "SET #body = :body REMOVE #closed"),
    }
    .when("attribute_exists(#pk)")
    .with(":body", body))
}

fn insert_token(token: &Token) -> Result<Vec<Op>, Unavailable> {
    let body = item::json(&token.verify_item())?;
    let mut ops = vec![
        Op::put(
            Key::verify(token.project, token.id),
            [("body", body), ("version", item::number(&token.version))],
        )
        .when(FREE),
        Op::put(Key::token(token.project, token.id), [("body", item::json(token)?)]),
    ];
    if let Some(place) = configuration_of(token) {
        ops.push(Op::put(place, [("token", item::number(&token.id))]).when(FREE));
    }
    ops.extend(token.due().map(|at| Op::put(due_at(token, at), [])));
    Ok(ops)
}

fn replace_token(token: &Token, plan: &Plan, now: Timestamp) -> Result<Vec<Op>, Unavailable> {
    let key = Key::verify(token.project, token.id);
    let (is_guarded, body) = (plan.is_guarded(&key), item::json(&token.verify_item())?);
    let replicas = plan.replicas(&key, body.as_s().map_or(0, String::len));
    let set = if replicas.keeps_any() {
        "SET #body = :body, #version = :version, #replicatedVersion = :version, #replicas = :kept"
    } else {
        "SET #body = :body, #version = :version"
    };
    let update = Op::update(key.clone(), set).removing("#reservedUntil").removing("#guardsOf");
    let mut ops = vec![
        replicas
            .condition(if_in_version(update, is_guarded))
            .with(":body", body.clone())
            .with(":version", item::number(&token.version))
            .with(":before", item::number(&token.version.saturating_sub(1))),
        Op::update(Key::token(token.project, token.id), "SET #body = :body")
            .with(":body", item::json(token)?),
    ];
    ops.extend(replicas.ops(&key, Some(&body), now));
    if is_guarded {
        ops.extend(emptied(&key, now));
    }
    let Some(due) = token.due() else { return Ok(ops) };
    // Mostly the entry exists already. Only a change that moves it removes the old one: the other functions
    // may not, and need not, delete anything here.
    let before = token.was_due.filter(|at| *at != due);
    ops.extend(before.map(|at| Op::delete(due_at(token, at))));
    ops.push(Op::put(due_at(token, due), []));
    Ok(ops)
}

/// The tombstone replaces the verify item, so that the id is not reused and the number of shards stays known.
fn remove_token(
    token: &Token,
    tombstone: &Tombstone,
    plan: &Plan,
    now: Timestamp,
) -> Result<Vec<Op>, Unavailable> {
    let key = Key::verify(token.project, token.id);
    let (is_guarded, replicas) = (plan.is_guarded(&key), plan.no_replicas(&key));
    let to_tombstone = "SET #gone = :gone, #ttl = :ttl REMOVE #body, #version, #lastUsed";
    let update = Op::update(key.clone(), to_tombstone)
        .removing("#reservedUntil")
        .removing("#reservableFrom")
        .removing("#guardsOf");
    let mut ops = vec![
        replicas
            .condition(if_in_version(update, is_guarded))
            .with(":before", item::number(&token.version))
            .with(":gone", item::json(tombstone)?)
            .with(":ttl", item::tombstone_ttl(tombstone)),
        Op::delete(Key::token(token.project, token.id)),
    ];
    ops.extend(replicas.ops(&key, None, now));
    ops.extend(configuration_of(token).map(Op::delete));
    ops.extend(token.due_moments().into_iter().map(|at| Op::delete(due_at(token, at))));
    if is_guarded {
        ops.extend(emptied(&key, now));
    }
    Ok(ops)
}

fn require_token(project: ProjectId, token: TokenId) -> Op {
    Op::check(Key::verify(project, token)).when("attribute_exists(#body)")
}

fn configuration_of(token: &Token) -> Option<Key> {
    match &token.identity.kind {
        Kind::Configuration { component, configuration } => {
            Some(Key::configuration(token.project, component, configuration))
        }
        Kind::Master(_) | Kind::Reader(_) | Kind::Limited => None,
    }
}

fn due_at(token: &Token, at: Timestamp) -> Key {
    Key::due(&Due { at, project: token.project, token: token.id })
}

fn insert_share(share: &Share) -> Result<Op, Unavailable> {
    let mut attributes = vec![
        ("body", item::json(share)?),
        ("state", item::text(OPEN)),
        ("attempts", item::number(&share.attempts)),
        ("ttl", item::share_ttl(share)),
    ];
    attributes.extend(item::names_of_attempts(item::RESERVED, &share.reserved));
    attributes.extend(item::names_of_attempts(item::WRONG, &share.wrong));
    Ok(Op::put(Key::share(&share.id), attributes).when(FREE))
}

/// The attribute `state` of a pending share.
pub(super) const OPEN: &str = "open";

fn insert_invitation(share: &Share) -> Result<Vec<Op>, Unavailable> {
    let pending =
        Op::put(Key::email(share.project, &share.recipient), [("invitation", item::text(share.id.as_str()))]);
    Ok(vec![insert_share(share)?, pending.when(NO_MEMBER)])
}

fn end_share(share: &Share) -> Result<Op, Unavailable> {
    Ok(Op::update(Key::share(&share.id), "SET #body = :body, #state = :ended")
        .when("#state = :open")
        .with(":body", item::json(share)?)
        .with(":ended", item::text("ended"))
        .with(":open", item::text(OPEN)))
}

fn insert_member(member: &Member, invitation: Option<&ShareId>) -> Result<Vec<Op>, Unavailable> {
    let body = item::json(member)?;
    // The address holds the member too, so one read shows its relation to the project.
    let address = Op::put(
        Key::email(member.project, &member.email),
        [("member", item::number(&member.id)), ("body", body.clone())],
    );
    let address = match invitation {
        Some(share) => {
            address.when("#invitation = :invitation").with(":invitation", item::text(share.as_str()))
        }
        None => address.when(NO_MEMBER),
    };
    Ok(vec![
        Op::put(Key::member(member.project, member.id), [("body", body)]).when(FREE),
        address,
        Op::put(Key::project_of(&member.email, member.project), []),
    ])
}

/// The item of their address holds the member, too.
fn replace_member(member: &Member) -> Result<Vec<Op>, Unavailable> {
    let body = item::json(member)?;
    Ok(vec![
        Op::update(Key::member(member.project, member.id), "SET #body = :body")
            .when("attribute_exists(#pk)")
            .with(":body", body.clone()),
        Op::update(Key::email(member.project, &member.email), "SET #body = :body")
            .when("#member = :member")
            .with(":member", item::number(&member.id))
            .with(":body", body),
    ])
}

fn insert_session(session: &Session) -> Result<Vec<Op>, Unavailable> {
    let attributes = [("body", item::json(session)?), ("ttl", item::ttl(session.expires))];
    Ok(vec![
        Op::put(Key::session(&session.id), attributes.clone()).when(FREE),
        Op::put(Key::session_of(&session.email, &session.id), attributes),
    ])
}
