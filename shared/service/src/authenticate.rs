//! Who is calling.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jeton_core::{
    Error,
    event::Event,
    event_context::{Actor, Context, EventContext},
    manage::{ManageToken, Presented},
    permission::Caller,
    secret::{self, Label, SecretHash},
    session::SessionId,
    store::{Commit, Write},
    time::Timestamp,
    token::{StoredVerifyItem, Token},
};

use crate::{
    app::App,
    http::header::{MANAGE_HEADER, STORAGE_HEADER},
    retry::{Attempts, RetryPolicy},
};

/// The token behind a call on the storage API.
#[derive(Debug)]
pub struct Bearer {
    /// What it may do, and by which copy it came.
    pub caller: Caller,
    /// Who it is.
    pub item: StoredVerifyItem,
    /// The session by which a member came, if they did.
    pub session: Option<SessionId>,
    /// Its record, where it was authenticated by that.
    pub record: OwnRecord,
}

/// The record of a caller, which its first change of itself is made from.
///
/// A caller that is read by its verify item is read once more to be changed, and both have to be of one version. Where many
/// write the token that is rare, so from the second round on it is authenticated by the record that is changed.
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

impl OwnRecord {
    fn of(token: Token) -> Self {
        Self(Mutex::new(Held::Record(Box::new(token))))
    }

    /// Takes the record; none where the caller was authenticated by its verify item.
    ///
    /// Errors: [`Error::CallerChanged`] when it was taken before, which came to nothing.
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
    /// Finds out whether the token may still cause events, before a change that it makes. What takes rights away
    /// does not ask.
    ///
    /// Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
    pub async fn may_cause_events(&self, app: &App, now: Timestamp) -> Result<(), Error> {
        app.event_quota().check(self.caller.project, self.caller.id, now).await
    }

    /// The token as the author of events.
    pub fn actor(&self) -> Actor {
        Actor::Token {
            id: self.caller.id,
            name: self.item.identity.description.clone(),
            copy: self.caller.copy,
        }
    }
}

/// The manage token behind a call on the manage API.
#[derive(Debug)]
pub struct Manager {
    /// The manage token.
    pub token: ManageToken,
    /// Which of its secrets was presented.
    pub presented: Presented,
    /// The hash of that secret.
    pub secret: SecretHash,
}

impl Manager {
    /// What must still hold of the caller when a change is stored: that it is what it was when it was read. One that
    /// was deleted, disabled, refreshed or reported as leaked meanwhile does nothing any more.
    pub fn unchanged(&self) -> Write {
        Write::RequireManageToken(self.token.id, self.token.version)
    }

    /// Makes a commit one of this caller: under the condition that it is unchanged, and with the first event in its
    /// history, too.
    pub fn sign(&self, app: &App, now: Timestamp, commit: &mut Commit) {
        commit.writes.push(self.unchanged());
        let event = commit.events.first().filter(|event| event.project.is_some());
        let copy = event.map(|event| self.history(app, now, event));
        commit.events.extend(copy);
    }

    /// When the secret that was presented ends, with its manage token or before: nothing that is sent by it lasts
    /// longer, and no other manage token that it makes or refreshes. Projects, members and tokens of projects do: who has
    /// a manage token sets up what is to stay.
    pub fn ends(&self) -> Option<Timestamp> {
        self.token.end_of_secret(&self.secret)
    }

    /// Finds out whether the manage token may still cause events, before a change that it makes. What takes rights away
    /// does not ask.
    ///
    /// Errors: [`Error::TooManyEvents`], [`Error::Unavailable`].
    pub async fn may_cause_events(&self, app: &App, now: Timestamp) -> Result<(), Error> {
        app.event_quota().check_manage_token(self.token.id, now).await
    }

    /// An event of a project as it stands in the history of this manage token.
    pub fn history(&self, app: &App, now: Timestamp, event: &Event) -> Event {
        let uuid = app.sequence.next(now, &mut crate::clock::entropy());
        event.for_history_of(self.token.id, uuid)
    }

    /// The manage token as the author of events.
    pub fn actor(&self) -> Actor {
        Actor::Manage { id: self.token.id, description: self.token.description.clone() }
    }
}

/// Authenticates a storage token: one consistent read of one item, addressed by the string itself.
///
/// The first call of a token on a UTC day also notes that day. The first call with a copy whose forerunners were
/// kept until then ends those, durably, before anything else is done for it.
/// Errors: [`Error::MissingToken`], [`Error::InvalidToken`], [`Error::TokenExpired`],
/// [`Error::TokenDisabled`], [`Error::Unavailable`].
pub async fn storage(
    app: &App,
    headers: &HeaderMap,
    context: &(impl Fn() -> Context + Sync),
    now: Timestamp,
) -> Result<Bearer, Error> {
    let presented = presented(headers, &STORAGE_HEADER)?;
    // A mistyped or invented string is refused before the store is asked.
    let address = secret::token_address(presented).ok_or(Error::InvalidToken)?;
    let store = &app.store;
    let mut attempts = None;
    let (item, caller) = loop {
        let item = store.verify_item(address.project, address.token).await?.ok_or(Error::InvalidToken)?;
        let caller = item.authenticate(presented, now)?;
        if !caller.ends_older_copies {
            break (item, caller);
        }
        let bearer = Bearer { caller, item, session: None, record: OwnRecord::default() };
        let attempts = &*attempts.get_or_insert_with(|| Attempts::new(RetryPolicy::Immediate));
        match Box::pin(end_older_copies(app, &bearer, attempts, context(), now)).await {
            Ok(()) | Err(Error::CallerChanged) => Box::pin(attempts.after_conflict()).await?,
            Err(error) => return Err(error),
        }
    };
    let bearer = Bearer { caller, item, session: None, record: OwnRecord::default() };
    let today = now.day();
    if bearer.item.last_used.is_none_or(|day| day < today) {
        return Box::pin(first_of_day(app, bearer, presented, now)).await;
    }
    Ok(bearer)
}

/// Notes the day of a token that is used for the first time today.
async fn first_of_day(app: &App, bearer: Bearer, presented: &str, now: Timestamp) -> Result<Bearer, Error> {
    let Caller { project, id, .. } = bearer.caller;
    if let Err(error) = app.store.mark_used(project, id, now.day()).await {
        // The day is a courtesy and the next call notes it; it is no reason to turn a caller away.
        tracing::warn!(%error, "the day of last use was not stored");
    }
    match without_former_member(app, &bearer.item, now).await {
        Ok(None) => Ok(bearer),
        Ok(Some(item)) => Ok(Bearer { caller: item.authenticate(presented, now)?, item, ..bearer }),
        // As with the day: the call of another day does it.
        Err(error) => {
            tracing::warn!(%error, "a token keeps the name of a member who has left");
            Ok(bearer)
        }
    }
}

/// Authenticates a caller once more who is not what it was, by the record that it changes.
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
        return storage(app, headers, context, now).await;
    }
    Ok(Bearer { caller, item, session: None, record: OwnRecord::of(token) })
}

/// Forgets the member behind a token who has left the project, if they have: once a day is often enough for what the
/// removal did not come to. Gives what is stored then.
async fn without_former_member(
    app: &App,
    item: &StoredVerifyItem,
    now: Timestamp,
) -> Result<Option<StoredVerifyItem>, Error> {
    let Some(card) = item.identity.member.as_ref().filter(|_| !item.identity.is_master()) else {
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

/// Makes one attempt at ending the copies that were kept until the one of this bearer is used. Whether it won, or
/// another call with the same copy did, shows in the item that is read afterwards.
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

/// Authenticates a manage token. The first call on a UTC day also notes that day. Errors: as [`storage`].
pub async fn manage(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Manager, Error> {
    let presented = presented(headers, &MANAGE_HEADER)?;
    let id = secret::manage_token_id(presented).ok_or(Error::InvalidToken)?;
    let mut token = app.store.manage_token(id).await?.ok_or(Error::InvalidToken)?;
    let secret = SecretHash::of(Label::ManageToken, &[presented]);
    let presented = token.authenticate(presented, now)?;
    let today = now.day();
    if token.last_used.is_none_or(|day| day < today) {
        if let Err(error) = app.store.mark_manage_token_used(id, today).await {
            // As for storage tokens: the next call notes it.
            tracing::warn!(%error, "the day of last use of a manage token was not stored");
        }
        token.last_used = Some(today);
    }
    Ok(Manager { token, presented, secret })
}

/// The one secret that a request presents, in its own header or as Bearer.
///
/// Two that differ are refused: what stands in front of us might have judged the other one. An empty
/// header counts as none.
/// Errors: [`Error::MissingToken`], [`Error::InvalidToken`].
pub fn presented<'a>(headers: &'a HeaderMap, own: &HeaderName) -> Result<&'a str, Error> {
    let own = headers.get_all(own).iter().map(|value| ascii(value).map(str::trim));
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
    fn one_secret_is_taken_from_either_header_and_two_that_differ_are_refused() {
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
