//! Refusals that repeat: told once a minute, with how many they were.
//!
//! A client that is refused and tries again, and again, would fill the history of its token. So the first refusal of
//! a kind is stored before it is answered, and those of the same kind that follow within the minute are counted. Their
//! number is told by one more event after the minute: by the sweep of `jeton serve`, in a function with its next refusal,
//! and when a server ends. A process that is killed loses the number, never the first.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jeton_core::{
    Error,
    event::{Author, Event},
    id::{CopyId, ProjectId, TokenId},
    time::Timestamp,
};
use serde_json::json;

use crate::app::App;

/// How many kinds are counted at a time. Beyond that each refusal is told by itself, so that nobody fills the memory.
const KINDS: usize = 10_000;

const MINUTE: i64 = 60_000;

/// The refusals that are counted.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<Kind, Counted>>);

/// What makes refusals alike: by which copy, in which project, about which token, and what was refused.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Kind {
    project: ProjectId,
    token: Option<TokenId>,
    copy: Option<CopyId>,
    about: Option<TokenId>,
    params: String,
    message: String,
}

#[derive(Debug)]
struct Counted {
    minute: i64,
    /// How many followed the one that was told.
    more: u64,
    /// The last of them.
    last: Event,
    shards: u32,
}

/// Stores the event of a refusal, or counts it.
///
/// Errors: [`Error::Unavailable`], since a refusal that cannot be remembered must not go unnoticed.
pub async fn remember(app: &App, event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.refusals.of_earlier_minutes(now), now).await?;
    if app.refusals.is_counted(&event, shards) {
        return Ok(());
    }
    // It is there to count on only once it is stored.
    app.store.append(&event, shards).await?;
    app.refusals.begin(&event, shards, now);
    Ok(())
}

/// Tells how many there were in the minutes that are over; with `all`, in this one as well. What cannot be told now is
/// told later, if there is a later.
pub async fn tell_counts(app: &App, all: bool) {
    let now = app.clock.now();
    let counted = if all { app.refusals.all() } else { app.refusals.of_earlier_minutes(now) };
    if let Err(error) = tell(app, counted, now).await {
        tracing::error!(%error, "how often a token was refused something could not be told");
    }
}

async fn tell(app: &App, counted: Vec<Counted>, now: Timestamp) -> Result<(), Error> {
    let mut told = Ok(());
    for counted in counted.into_iter().filter(|counted| counted.more > 0) {
        let outcome = app.store.append(&summary(app, &counted, now), counted.shards).await;
        if let Err(error) = outcome {
            app.refusals.put_back(counted);
            told = Err(error.into());
        }
    }
    told
}

/// An event of its own, of now: the days before may be sealed.
fn summary(app: &App, counted: &Counted, now: Timestamp) -> Event {
    let mut event = counted.last.clone();
    event.params.insert("count".to_owned(), json!(counted.more));
    event.params.insert("until".to_owned(), json!(event.created.to_string()));
    let times =
        if counted.more == 1 { "1 more time".to_owned() } else { format!("{} more times", counted.more) };
    event.message = format!("{} ({times})", event.message);
    event.uuid = app.sequence.next(now, &mut crate::clock::entropy());
    event.created = now;
    event
}

impl Refusals {
    /// Counts a refusal if one of its kind has been told.
    fn is_counted(&self, event: &Event, shards: u32) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counted) = kinds.get_mut(&kind(event)) else { return false };
        counted.more += 1;
        counted.last = event.clone();
        counted.shards = shards;
        true
    }

    fn begin(&self, event: &Event, shards: u32, now: Timestamp) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS {
            let counted = Counted { minute: minute(now), more: 0, last: event.clone(), shards };
            kinds.entry(kind(event)).or_insert(counted);
        }
    }

    fn of_earlier_minutes(&self, now: Timestamp) -> Vec<Counted> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = minute(now);
        kinds.extract_if(|_, counted| counted.minute != minute).map(|(_, counted)| counted).collect()
    }

    fn all(&self) -> Vec<Counted> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.drain().map(|(_, counted)| counted).collect()
    }

    fn put_back(&self, counted: Counted) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let more = counted.more;
        let kept = kinds.entry(kind(&counted.last)).or_insert(Counted { more: 0, ..counted });
        kept.more += more;
    }
}

fn minute(now: Timestamp) -> i64 {
    now.millis().div_euclid(MINUTE)
}

fn kind(event: &Event) -> Kind {
    let Author { token, copy, .. } = event.by;
    Kind {
        project: event.project,
        token,
        copy,
        about: event.about,
        params: serde_json::Value::Object(event.params.clone()).to_string(),
        message: event.message.clone(),
    }
}
