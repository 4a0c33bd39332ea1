//! Manage tokens: listing, creating, changing, refreshing and deleting them, and their events.

use jeton_api::manage_token::{
    CreateManageToken, ListManageTokens, ManageTokenBody, RefreshManageToken, UpdateManageToken,
};
use jeton_core::{
    Error,
    event::{EventRange, Feed, Order},
    id::ManageTokenId,
    idempotency::CreatedResource,
    manage::{Created, ManageToken, Presented, Refreshed},
    secret::PlainSecret,
    store::{Commit, Write},
    text::trimmed,
    token::default_description,
};

use crate::{
    authenticate::Manager,
    clock::entropy,
    http::{ApiRequest, Reply, Room},
    idempotency::OriginalResult,
    operation::{event_export, events},
    retry::{Attempts, RetryPolicy},
};

/// How many manage tokens are read from the store at a time.
const PAGE: usize = 100;

/// `GET /manage/tokens/verify`
pub async fn verify(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    Ok(Reply::ok(&ManageTokenBody::new(&manager.token, request.now)))
}

/// `GET /manage/tokens`
pub async fn list_manage_tokens(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    let query: ListManageTokens = request.query()?;
    let (limit, mut after) = query.page()?;
    let (mut answer, mut room, mut listed) = (b"[".to_vec(), Room::reserved(request).await?, 0);
    while listed < limit {
        let tokens = request.app.store.manage_tokens(after, PAGE.min(limit - listed)).await?;
        let Some(last) = tokens.last() else { break };
        after = Some(last.id);
        for token in &tokens {
            if answer.len() > 1 {
                answer.push(b',');
            }
            let begin = answer.len();
            serde_json::to_writer(&mut answer, &ManageTokenBody::detailed(token, request.now))
                .map_err(|error| Error::Internal(error.to_string()))?;
            if !room.takes(&answer[begin..]) {
                return Err(Error::AnswerTooLarge);
            }
            listed += 1;
        }
    }
    answer.push(b']');
    Ok(room.holds(Reply::written_json(answer)))
}

/// `GET /manage/tokens/{manageToken}`
pub async fn manage_token(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    Ok(Reply::ok(&ManageTokenBody::detailed(&target(request).await?, request.now)))
}

/// `POST /manage/tokens`: creates a manage token that expires no later than its creator.
pub async fn create_manage_token(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    may_manage(manager)?;
    let asked: CreateManageToken = request.body()?;
    let expires = asked.lifetime()?.map(|seconds| request.now.plus_seconds(seconds));
    let description = asked.description.filter(|text| !trimmed(text).is_empty());
    let description = description.unwrap_or_else(|| default_description(&manager.token.description));
    manager.may_cause_events(&request.app, request.now).await?;
    let attempts = Attempts::new(RetryPolicy::Backoff);
    loop {
        let event_context = request.event_context(manager.actor());
        let creator = Some(&manager.token);
        // The id must not be derived from the key: if it exists, another one is drawn.
        let id = ManageTokenId::random(&mut entropy());
        let Created { change, secret } =
            ManageToken::create(id, &description, expires, creator, &event_context, &mut request.secrets())?;
        let mut writes = vec![Write::InsertManageToken(change.token.clone()), manager.unchanged()];
        writes.extend(request.idempotency_record(CreatedResource::Manage(id)));
        if request.app.try_commit(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            return Ok(Reply::created(&shown(request, &change.token, &secret)));
        }
    }
}

/// Replays the answer of an earlier call with the same key.
pub async fn create_manage_token_again(
    request: &ApiRequest,
    original: OriginalResult,
) -> Result<Reply, Error> {
    let (token, secret) = original.manage_token(request).await?;
    Ok(Reply::created(&shown(request, &token, &secret)))
}

/// `PUT /manage/tokens/{manageToken}`: changes the description, and whether it is disabled.
pub async fn update_manage_token(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    may_manage(manager)?;
    let asked: UpdateManageToken = request.body()?;
    request.attempts.set_policy(RetryPolicy::Immediate);
    loop {
        let token = target(request).await?;
        let update = asked.update(&token)?;
        if token.disabled || update.disabled != Some(true) {
            manager.may_cause_events(&request.app, request.now).await?;
        } else {
            request.prioritize_manage_token(token.id);
        }
        let event_context = request.event_context(manager.actor());
        let Some(change) = token.update(&update, Some(&manager.token), &event_context)? else {
            return Ok(Reply::ok(&ManageTokenBody::detailed(&token, request.now)));
        };
        let mut writes = vec![Write::ReplaceManageToken(change.token.clone())];
        writes.extend(caller_condition(manager, &token)?);
        if change.token.disabled && token.id == manager.token.id {
            writes.push(another(request, token.id).await?);
        }
        if request.app.try_commit(&request.attempts, &Commit { writes, events: vec![change.event] }).await? {
            return Ok(Reply::ok(&ManageTokenBody::detailed(&change.token, request.now)));
        }
    }
}

/// `POST /manage/tokens/{manageToken}/refresh`: a new secret in place of the older ones.
///
/// Of several concurrent refreshes, one succeeds. The others get 409, or 401 for a manage token that refreshed itself.
/// A refresh of itself never makes another caller fail.
pub async fn refresh_manage_token(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    may_manage(manager)?;
    let asked: RefreshManageToken = request.body()?;
    request.attempts.set_policy(RetryPolicy::Immediate);
    let mut first: Option<ManageToken> = None;
    loop {
        let token = target(request).await?;
        let event_context = request.event_context(manager.actor());
        let is_another = token.id != manager.token.id;
        if is_another && token.was_refreshed_since(first.get_or_insert_with(|| token.clone())) {
            return Err(Error::Conflict("the manage token was refreshed by someone else at the same time"));
        }
        request.prioritize_manage_token(token.id);
        // The refresh of another takes rights away, which no quota may block.
        if !is_another {
            manager.may_cause_events(&request.app, request.now).await?;
        }
        let (grace, by) = (asked.grace_seconds()?, Some(&manager.token));
        let Refreshed { change, secret } =
            token.refresh(grace, by, &event_context, &mut request.secrets())?;
        let mut writes = vec![Write::ReplaceManageToken(change.token.clone())];
        writes.extend(caller_condition(manager, &token)?);
        writes.extend(request.idempotency_record(CreatedResource::Manage(token.id)));
        if request.app.try_commit(&request.attempts, &Commit { writes, events: vec![change.event] }).await? {
            return Ok(Reply::ok(&shown(request, &change.token, &secret)));
        }
    }
}

/// Replays the answer of an earlier call with the same key.
pub async fn refresh_manage_token_again(
    request: &ApiRequest,
    original: OriginalResult,
) -> Result<Reply, Error> {
    let (token, secret) = original.manage_token(request).await?;
    Ok(Reply::ok(&shown(request, &token, &secret)))
}

/// `DELETE /manage/tokens/{manageToken}`
///
/// The last usable manage token cannot be deleted: only someone with access to the store could create another one. If
/// a manage token deletes another one, it remains itself. If it deletes itself, the commit requires another usable one.
pub async fn delete_manage_token(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    may_manage(manager)?;
    request.attempts.set_policy(RetryPolicy::Immediate);
    loop {
        let token = target(request).await?;
        request.prioritize_manage_token(token.id);
        let event = token.deleted_event(&request.event_context(manager.actor()));
        let mut writes = vec![Write::RemoveManageToken(token.clone(), request.now)];
        writes.extend(caller_condition(manager, &token)?);
        if token.id == manager.token.id {
            writes.push(another(request, token.id).await?);
        }
        if request.app.try_commit(&request.attempts, &Commit { writes, events: vec![event] }).await? {
            return Ok(Reply::no_content());
        }
    }
}

/// `GET /manage/tokens/{manageToken}/events`: by or about the manage token, which may be deleted already.
pub async fn manage_token_events(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    events::answer(request, &feed(request).await?, |_| true).await
}

/// `GET /manage/tokens/{manageToken}/events/export`
pub async fn manage_token_events_export(request: &ApiRequest, manager: &Manager) -> Result<Reply, Error> {
    let name = format!("manage-token-{}", request.text("manageToken"));
    event_export::asked(request, manager.into(), feed(request).await?, None, name).await
}

/// `GET /manage/tokens/{manageToken}/events/{uuid}`
pub async fn manage_token_event(request: &ApiRequest, _: &Manager) -> Result<Reply, Error> {
    events::one(request, &feed(request).await?, |_| true).await
}

async fn feed(request: &ApiRequest) -> Result<Feed, Error> {
    let (store, id) = (&request.app.store, request.id("manageToken")?);
    let feed = Feed::Manage(id);
    let newest = EventRange { bytes: 0, ..EventRange::all(Order::Descending, 1) };
    let mut known = store.manage_token(id).await?.is_some();
    if !known {
        let page = store.events(&feed, newest).await?;
        known = !page.events.is_empty() || !page.unreadable.is_empty();
    }
    if known { Ok(feed) } else { Err(Error::NotFound("manage token")) }
}

/// A replaced secret still does other work until it ends, but cannot create or revoke secrets: otherwise its bearer
/// could keep access for ever.
fn may_manage(manager: &Manager) -> Result<(), Error> {
    match manager.presented {
        Presented::Current => Ok(()),
        Presented::Replaced => Err(Error::Forbidden("a replaced secret cannot manage manage tokens")),
    }
}

/// The manage token in the path.
async fn target(request: &ApiRequest) -> Result<ManageToken, Error> {
    let id: ManageTokenId = request.id("manageToken")?;
    request.app.store.manage_token(id).await?.ok_or(Error::NotFound("manage token"))
}

/// The condition on the caller, beside the one on the changed manage token. If both are the same, the replaced version
/// must be the authenticated one.
fn caller_condition(manager: &Manager, changed: &ManageToken) -> Result<Option<Write>, Error> {
    if changed.id != manager.token.id {
        return Ok(Some(manager.unchanged()));
    }
    if changed.version == manager.token.version { Ok(None) } else { Err(Error::CallerChanged) }
}

/// The condition that another usable manage token remains.
async fn another(request: &ApiRequest, leaving: ManageTokenId) -> Result<Write, Error> {
    let mut after = None;
    loop {
        let tokens = request.app.store.manage_tokens(after, PAGE).await?;
        let other = tokens.iter().find(|token| token.id != leaving && token.is_usable(request.now));
        if let Some(other) = other {
            return Ok(Write::RequireManageToken(other.id, other.version));
        }
        after = Some(tokens.last().map(|token| token.id).ok_or(Error::Conflict(
            "the last manage token that works cannot disable or delete itself: create another one first",
        ))?);
    }
}

fn shown(request: &ApiRequest, token: &ManageToken, secret: &PlainSecret) -> ManageTokenBody {
    ManageTokenBody::detailed(token, request.now).with_secret(secret)
}
