//! Authentication of storage tokens and manage tokens.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jeton_core::{
    Error,
    event::Event,
    event_context::{Actor, Context, EventContext},
    manage::{ManageToken, Presented},
    permission::{Caller, call::CopyKind},
    secret::{self, Label, SecretHash},
    session::SessionId,
    store::{Commit, Revocable, Unavailable, Write},
    time::Timestamp,
    token::{StoredVerifyItem, Token, is_use_to_be_stored},
};

use crate::{
    app::App,
    http::header::{MANAGE_HEADER, STORAGE_HEADER},
    limits::Used,
    retry::{Attempts, RetryPolicy},
};

/// The authenticated storage token of a call.
#[derive(Debug)]
pub struct Bearer {
    /// Its rights and the presented copy.
    pub caller: Caller,
    /// Its identity.
    pub item: StoredVerifyItem,
    /// The session, if a member calls through the console.
    pub session: Option<SessionId>,
    /// Its full record, if it was authenticated by that.
    pub record: OwnRecord,
}

/// The record of a caller, for a change of its own token.
///
/// A caller that was authenticated by its verify item must be read again to be changed, in the same version. With many
/// concurrent writers that rarely succeeds, so retries authenticate by the record itself.
#[derive(Debug, Default)]
pub struct OwnRecord(Mutex<Held>);

#[derive(Debug, Default)]
enum Held {
    /// The caller was authenticated by its verify item.
    #[default]
    Nothing,
    Record(Box<Token>),
    Taken,
}

#[cfg(test)]
impl Bearer {
    /// The caller of a verify item in JSON, with this copy.
    pub(crate) fn of_item(item: &str, copy: Option<jeton_core::id::CopyId>) -> Self {
        let item: jeton_core::token::VerifyItem = serde_json::from_str(item).unwrap();
        let caller = Caller {
            project: item.project,
            id: item.id,
            rank: item.identity.rank(),
            permissions: Arc::clone(&item.identity.permissions),
            copy,
            copy_kind: CopyKind::Full,
            copy_ends: None,
            ends_older_copies: false,
        };
        let item = StoredVerifyItem { item: Arc::new(item), shards: 1, last_used: None };
        Self { caller, item, session: None, record: OwnRecord::default() }
    }
}

impl OwnRecord {
    fn of(token: Token) -> Self {
        Self(Mutex::new(Held::Record(Box::new(token))))
    }

    /// Takes the record; `None` if the caller was authenticated by its verify item.
    ///
    /// Errors: [`Error::CallerChanged`] if an earlier attempt has taken it.
    pub fn take(&self) -> Result<Option<Token>, Error> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Held::Nothing => Ok(None),
            Held::Taken => Err(Error::CallerChanged),
            Held::Record(_) => match std::mem::replace(&mut *held, Held::Taken) {
                Held::Record(token) => Ok(Some(*token)),
                Held::Nothing | Held::Taken => Ok(None),
            },
        }
    }
}

impl Bearer {
    /// Checks the event quota of the token before a change. Not called for revocations.
    ///
    /// Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
    pub async fn may_cause_events(&self, app: &App, now: Timestamp) -> Result<(), Error> {
        app.event_quota().check(self.caller.project, self.caller.id, now).await
    }

    /// The token as the actor of events.
    pub fn actor(&self) -> Actor {
        Actor::Token {
            id: self.caller.id,
            name: self.item.identity.description.clone(),
            copy: self.caller.copy,
        }
    }
}

/// The authenticated manage token of a call.
#[derive(Debug)]
pub struct Manager {
    /// The manage token.
    pub token: ManageToken,
    /// The kind of secret that was presented.
    pub presented: Presented,
    /// The hash of that secret.
    pub secret: SecretHash,
}

impl Manager {
    /// The condition of a commit that the caller is unchanged: not deleted, disabled, refreshed or reported as leaked since it was
    /// authenticated.
    pub fn unchanged(&self) -> Write {
        Write::RequireManageToken(self.token.id, self.token.version)
    }

    /// Adds the condition on the caller to a commit, and a copy of its first event for the history of the caller.
    pub fn sign(&self, app: &App, now: Timestamp, commit: &mut Commit) {
        commit.writes.push(self.unchanged());
        let event = commit.events.first().filter(|event| event.project.is_some());
        let copy = event.map(|event| self.history(app, now, event));
        commit.events.extend(copy);
    }

    /// When the presented secret ends. Invitations that it sends, and manage tokens that it creates or refreshes, end no later.
    /// Projects, members and tokens of projects are not limited by it.
    pub fn ends(&self) -> Option<Timestamp> {
        self.token.end_of_secret(&self.secret)
    }

    /// Checks the event quota of the manage token before a change. Not called for revocations.
    ///
    /// Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
    pub async fn may_cause_events(&self, app: &App, now: Timestamp) -> Result<(), Error> {
        app.event_quota().check_manage_token(self.token.id, now).await
    }

    /// A copy of a project event for the history of this manage token.
    pub fn history(&self, app: &App, now: Timestamp, event: &Event) -> Event {
        let uuid = app.sequence.next(now, &mut crate::clock::noise());
        event.for_history_of(self.token.id, uuid)
    }

    /// The manage token as the actor of events.
    pub fn actor(&self) -> Actor {
        Actor::Manage { id: self.token.id, description: self.token.description.clone() }
    }
}

/// The verify item of a caller, read before its call begins; `None` if there was no reason to.
pub type EarlyRead = Option<Result<Option<StoredVerifyItem>, Unavailable>>;

/// Waits until the table was checked, and reads the verify item of the presented token meanwhile: the first call of a function
/// waits for one answer of the table rather than for two.
///
/// Errors: [`Error::Unavailable`] if the table could not be checked.
pub async fn beside_check(app: &App, headers: &HeaderMap) -> Result<EarlyRead, Error> {
    if app.table_check.has_passed() {
        return Ok(None);
    }
    let presented = presented(headers, &STORAGE_HEADER).ok();
    let Some(address) = presented.and_then(secret::token_address) else {
        // It is rejected without a read.
        app.table_check.passed().await?;
        return Ok(None);
    };
    let read = app.store.verify_item(address.project, address.token);
    Ok(Some(app.table_check.beside(read).await?))
}

/// Authenticates a storage token by one consistent read of the verify item, unless it was read early.
///
/// The first call of a token on a UTC day also stores that day, within the first hour at the moment of the token. The first use of a copy ends the older copies that were kept
/// until then, before the call is run.
/// Errors: [`Error::MissingToken`], [`Error::InvalidToken`], [`Error::TokenExpired`],
/// [`Error::TokenDisabled`], [`Error::Unavailable`].
pub async fn storage(
    app: &App,
    headers: &HeaderMap,
    context: &(impl Fn() -> Context + Sync),
    now: Timestamp,
    mut early: EarlyRead,
) -> Result<Bearer, Error> {
    let presented = presented(headers, &STORAGE_HEADER)?;
    // The checksum rejects a mistyped or invented string without a read.
    let address = secret::token_address(presented).ok_or(Error::InvalidToken)?;
    let store = &app.store;
    let mut attempts = None;
    let (item, caller) = loop {
        // Most tokens are in memory, where a read needs no future of its own.
        let item = if let Some(item) = store.verify_item_in_memory(address.project, address.token) {
            item
        } else {
            let read = match early.take() {
                Some(read) => read,
                None => store.verify_item(address.project, address.token).await,
            };
            read?.ok_or(Error::InvalidToken)?
        };
        let caller = item.authenticate(presented, now)?;
        if !caller.ends_older_copies {
            break (item, caller);
        }
        let bearer = Bearer { caller, item, session: None, record: OwnRecord::default() };
        let attempts = &*attempts.get_or_insert_with(|| Attempts::new(RetryPolicy::Immediate));
        // As in a refresh: a picked-up copy ends only its own.
        if bearer.caller.copy_kind != CopyKind::PickedUp {
            attempts.prioritize(&app.throttle.changes, Revocable::Token(address.project, address.token));
        }
        match Box::pin(end_older_copies(app, &bearer, attempts, context(), now)).await {
            Ok(()) | Err(Error::CallerChanged) => Box::pin(attempts.after_conflict()).await?,
            Err(error) => return Err(error),
        }
    };
    let bearer = Bearer { caller, item, session: None, record: OwnRecord::default() };
    let (project, id) = (bearer.caller.project, bearer.caller.id);
    if is_use_to_be_stored(project, id, bearer.item.last_used, now)
        && app.use_marks.begin(Used::Token(project, id), now)
    {
        return Box::pin(first_of_day(app, bearer, presented, now)).await;
    }
    Ok(bearer)
}

/// Notes the day of a token that is used for the first time today.
async fn first_of_day(app: &App, bearer: Bearer, presented: &str, now: Timestamp) -> Result<Bearer, Error> {
    let Caller { project, id, .. } = bearer.caller;
    if let Err(error) = app.store.mark_used(project, id, now.day()).await {
        // A call after a pause stores the day; a failure must not reject the caller.
        tracing::warn!(%error, "failed to store the day of last use");
    }
    match without_former_member(app, &bearer.item, now).await {
        Ok(None) => Ok(bearer),
        Ok(Some(item)) => Ok(Bearer { caller: item.authenticate(presented, now)?, item, ..bearer }),
        // A call after a pause, or on another day, tries again.
        Err(error) => {
            tracing::warn!(%error, "failed to remove the name of a former member from a token");
            Ok(bearer)
        }
    }
}

/// Authenticates a changed caller again, by its full record.
///
/// Errors: as [`storage`].
pub async fn again(
    app: &App,
    headers: &HeaderMap,
    context: &(impl Fn() -> Context + Sync),
    now: Timestamp,
    earlier: Bearer,
) -> Result<Bearer, Error> {
    let presented = presented(headers, &STORAGE_HEADER)?;
    let Caller { project, id, .. } = earlier.caller;
    let token = app.store.token(project, id).await?.ok_or(Error::InvalidToken)?;
    let item = StoredVerifyItem { item: Arc::new(token.verify_item()), ..earlier.item };
    let caller = item.authenticate(presented, now)?;
    if caller.ends_older_copies {
        return storage(app, headers, context, now, None).await;
    }
    Ok(Bearer { caller, item, session: None, record: OwnRecord::of(token) })
}

/// Removes the personal data of a former member from a token, if the removal has missed it. Called once a day. Returns the stored
/// item.
async fn without_former_member(
    app: &App,
    item: &StoredVerifyItem,
    now: Timestamp,
) -> Result<Option<StoredVerifyItem>, Error> {
    let Some(card) = item.identity.member.as_ref().filter(|_| !item.identity.is_own_of_member()) else {
        return Ok(None);
    };
    if app.store.found_member(item.project, card.id).await?.is_some() {
        return Ok(None);
    }
    let Some(token) = app.store.token(item.project, item.id).await? else { return Ok(None) };
    let Some(change) = token.member_left(card.id, &app.event_context(now, Actor::Jeton)) else {
        return Ok(None);
    };
    let commit = Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] };
    app.commit(&commit).await?;
    Ok(app.store.verify_item(item.project, item.id).await?)
}

/// Tries once to end the copies that were kept until this one is used. The item that is read afterwards shows the result,
/// also of a concurrent call.
async fn end_older_copies(
    app: &App,
    bearer: &Bearer,
    attempts: &Attempts,
    context: Context,
    now: Timestamp,
) -> Result<(), Error> {
    let Caller { project, id, copy: Some(copy), .. } = bearer.caller else { return Ok(()) };
    let Some(token) = app.store.token(project, id).await? else { return Ok(()) };
    let event_context = EventContext { context, ..app.event_context(now, bearer.actor()) };
    let Some(change) = token.first_use(copy, &event_context) else { return Ok(()) };
    let mut commit = Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] };
    bearer.sign(&mut commit)?;
    app.commit_by(attempts, &commit).await.map(drop)
}

/// Authenticates a manage token. The first call on a UTC day also stores that day. Errors: as [`storage`].
pub async fn manage(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Manager, Error> {
    let presented = presented(headers, &MANAGE_HEADER)?;
    let id = secret::manage_token_id(presented).ok_or(Error::InvalidToken)?;
    let mut token = app.store.manage_token(id).await?.ok_or(Error::InvalidToken)?;
    let secret = SecretHash::of(Label::ManageToken, &[presented]);
    let presented = token.authenticate(presented, now)?;
    let today = now.day();
    if token.last_used.is_none_or(|day| day < today) {
        if app.use_marks.begin(Used::Manage(id), now)
            && let Err(error) = app.store.mark_manage_token_used(id, today).await
        {
            // A call after a pause stores the day.
            tracing::warn!(%error, "failed to store the day of last use of a manage token");
        }
        token.last_used = Some(today);
    }
    Ok(Manager { token, presented, secret })
}

/// The secret in the headers of a request, in its own header or as Bearer.
///
/// Two different secrets are rejected, because a proxy may have checked the other one. An empty header counts as absent.
/// Errors: [`Error::MissingToken`], [`Error::InvalidToken`].
pub fn presented<'a>(headers: &'a HeaderMap, own: &HeaderName) -> Result<&'a str, Error> {
    let own = headers.get_all(own).iter().map(|value| ascii(value).map(trimmed));
    let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| match ascii(value) {
        Some(text) => bearer_value(text).map(Some),
        None => Some(None),
    });
    let mut found: Option<&str> = None;
    for value in own.chain(bearer) {
        let value = value.ok_or(Error::InvalidToken)?;
        match found {
            _ if value.is_empty() => {}
            Some(earlier) if earlier != value => return Err(Error::InvalidToken),
            _ => found = Some(value),
        }
    }
    found.ok_or(Error::MissingToken)
}

/// The text of a header that has no byte beyond ASCII, many of which are looked at at a time.
fn ascii(value: &HeaderValue) -> Option<&str> {
    let bytes = value.as_bytes();
    str::from_utf8(bytes).ok().filter(|_| bytes.is_ascii())
}

/// An ASCII text without space around it.
fn trimmed(text: &str) -> &str {
    str::from_utf8(text.as_bytes().trim_ascii()).unwrap_or_default()
}

fn bearer_value(text: &str) -> Option<&str> {
    let (scheme, value) = text.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(headers: &[(&'static str, &'static str)]) -> Result<String, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        presented(&map, &STORAGE_HEADER).map(str::to_owned)
    }

    #[test]
    fn one_secret_is_taken_from_either_header_and_two_that_differ_are_rejected() {
        assert_eq!(present(&[("X-StorageApi-Token".to_lowercase().leak(), "a")]).unwrap(), "a");
        assert_eq!(present(&[("authorization", "bearer  a")]).unwrap(), "a");
        assert_eq!(present(&[("x-storageapi-token", "a"), ("authorization", "Bearer a")]).unwrap(), "a");
        assert_eq!(present(&[("x-storageapi-token", ""), ("authorization", "Bearer a")]).unwrap(), "a");
        for differing in [
            [("x-storageapi-token", "a"), ("authorization", "Bearer b")],
            [("x-storageapi-token", "a"), ("x-storageapi-token", "b")],
        ] {
            assert!(matches!(present(&differing), Err(Error::InvalidToken)));
        }
        for missing in [&[] as &[_], &[("x-storageapi-token", "")], &[("authorization", "Basic a")]] {
            assert!(matches!(present(missing), Err(Error::MissingToken)));
        }
    }
}
