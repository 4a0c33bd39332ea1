//! Events that repeat, coalesced: told once a minute, with how many they were. Refusals, and questions answered no.
//!
//! A client that is refused and tries again, and again, would fill the history of its token. So the first refusal of
//! a kind is stored before it is answered, and those of the same kind that follow within the minute are counted. Their
//! number is told by one more event after the minute: by the sweep of `jeton serve`, in a function with its next refusal,
//! and when a server ends. A process that is killed loses the number, never the first. Once a token has used up its
//! bytes of the hour, its refusals are only counted.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, PoisonError},
};

use jeton_core::{
    Error,
    event::{Author, Event, Origin, names},
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};
use serde_json::{Map, json};
use tokio::sync::watch;

use crate::{allowance, app::App};

/// How many kinds are counted at a time. Beyond that each event is told by itself, for as long as its token has bytes
/// left, so that nobody fills the memory.
const KINDS: usize = 10_000;

const MINUTE: i64 = 60_000;

/// What is counted, and of which kinds the first is being stored.
#[derive(Debug, Default)]
pub struct Refusals {
    counted: Mutex<HashMap<Kind, Counted>>,
    begun: Mutex<HashMap<Kind, watch::Receiver<Stored>>>,
}

/// What became of the first of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    NotYet,
    Yes,
    No,
}

/// Whose turn it is.
enum Turn<'a> {
    /// One of its kind has been told: it is counted.
    Counted,
    /// Another one of its kind was being stored at the same time, and could not be.
    Failed,
    /// It is the first of its kind.
    First(First<'a>),
}

/// The first of its kind, which those that come at the same time wait for.
struct First<'a> {
    refusals: &'a Refusals,
    kind: Kind,
    outcome: watch::Sender<Stored>,
}

impl First<'_> {
    /// Lets those that wait be counted.
    fn stored(self) {
        self.outcome.send_replace(Stored::Yes);
    }
}

impl Drop for First<'_> {
    /// What was not stored is for those that wait to know.
    fn drop(&mut self) {
        self.refusals.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.kind);
        self.outcome.send_if_modified(|stored| {
            let is_lost = *stored == Stored::NotYet;
            if is_lost {
                *stored = Stored::No;
            }
            is_lost
        });
    }
}

/// What makes refusals alike: by which copy, in which project, and what was refused. Nothing of it is what a caller
/// may choose, or each choice would be an event of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    project: Option<ProjectId>,
    token: Option<TokenId>,
    copy: Option<CopyId>,
    manage: Option<ManageTokenId>,
    /// The route and why it was refused; none for questions.
    what: Option<[String; 3]>,
}

#[derive(Debug)]
struct Counted {
    minute: i64,
    /// How many followed the one that was told.
    more: u64,
    /// The last of them.
    last: Event,
    /// Whether all of them were about the same token.
    alike: bool,
    shards: u32,
}

/// Stores the event of a refusal, or counts it.
///
/// Errors: [`Error::Unavailable`], since a refusal that cannot be remembered must not go unnoticed.
pub async fn remember(app: &App, event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.refusals.of_earlier_minutes(now), now).await?;
    let first = match app.refusals.turn(&event, shards).await {
        Turn::Counted => return Ok(()),
        Turn::Failed => return Err(Error::Unavailable("a refusal could not be stored".to_owned())),
        Turn::First(first) => first,
    };
    if !allowance::count(app, &event, now).await {
        app.refusals.begin(&event, 1, shards, now);
        first.stored();
        return Ok(());
    }
    // It is there to count on only once it is stored.
    app.store.append(&event, shards).await?;
    app.refusals.begin(&event, 0, shards, now);
    first.stored();
    Ok(())
}

/// Stores the event of questions of which some were answered no: with its token in any case, and in the feed of the
/// project when it is the first within the minute. Those that follow are counted there.
///
/// Errors: [`Error::Unavailable`].
pub async fn remember_denied(app: &App, mut event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.refusals.of_earlier_minutes(now), now).await?;
    let turn = app.refusals.turn(&event, shards).await;
    event.in_project_feed = !matches!(turn, Turn::Counted);
    app.store.append(&event, shards).await?;
    if event.in_project_feed {
        app.refusals.begin(&event, 0, shards, now);
    }
    if let Turn::First(first) = turn {
        first.stored();
    }
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
        let summary = summary(app, &counted, now);
        allowance::count(app, &summary, now).await;
        if let Err(error) = app.store.append(&summary, counted.shards).await {
            app.refusals.put_back(counted);
            told = Err(error.into());
        }
    }
    told
}

/// An event of its own, of now: the days before may be sealed.
fn summary(app: &App, counted: &Counted, now: Timestamp) -> Event {
    let Counted { last, more, alike, .. } = counted;
    let mut event = last.clone();
    if last.origin == Origin::Question {
        names::QUESTIONS_DENIED.name.clone_into(&mut event.event);
        event.origin = Origin::System;
        event.in_project_feed = false;
        (event.params, event.results, event.object) = (Map::new(), Map::new(), None);
    } else if !alike {
        event.params.remove("token");
        (event.about, event.about_manage) = (None, None);
    }
    event.params.insert("count".to_owned(), json!(more));
    event.params.insert("until".to_owned(), json!(last.created.to_string()));
    let times = if *more == 1 { "1 more time".to_owned() } else { format!("{more} more times") };
    event.message = format!("{} ({times})", last.message);
    event.uuid = app.sequence.next(now, &mut crate::clock::entropy());
    event.created = now;
    event
}

impl Refusals {
    /// Counts a refusal if one of its kind has been told, and finds out about one that is being stored at the moment.
    async fn turn(&self, event: &Event, shards: u32) -> Turn<'_> {
        let kind = kind(event);
        let mut waits = {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_counted(event, shards) {
                return Turn::Counted;
            }
            match begun.entry(kind.clone()) {
                Entry::Occupied(first) => first.get().clone(),
                Entry::Vacant(none) => {
                    let (stored, waits) = watch::channel(Stored::NotYet);
                    none.insert(waits);
                    return Turn::First(First { refusals: self, kind, outcome: stored });
                }
            }
        };
        let stored = waits.wait_for(|stored| *stored != Stored::NotYet).await.map(|stored| *stored);
        // Beyond as many kinds as are counted, it was stored and is not counted on.
        if stored.is_ok_and(|stored| stored == Stored::Yes) {
            self.is_counted(event, shards);
            return Turn::Counted;
        }
        Turn::Failed
    }

    /// Counts a refusal if one of its kind has been told.
    fn is_counted(&self, event: &Event, shards: u32) -> bool {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counted) = kinds.get_mut(&kind(event)) else { return false };
        counted.alike &= counted.more == 0 || is_about_the_same(&counted.last, event);
        counted.more += 1;
        counted.last = event.clone();
        counted.shards = shards;
        true
    }

    fn begin(&self, event: &Event, more: u64, shards: u32, now: Timestamp) {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS {
            let last = event.clone();
            let counted = Counted { minute: minute(now), more, last, alike: true, shards };
            kinds.entry(kind(event)).or_insert(counted);
        }
    }

    fn of_earlier_minutes(&self, now: Timestamp) -> Vec<Counted> {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = minute(now);
        kinds.extract_if(|_, counted| counted.minute != minute).map(|(_, counted)| counted).collect()
    }

    fn all(&self) -> Vec<Counted> {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.drain().map(|(_, counted)| counted).collect()
    }

    fn put_back(&self, counted: Counted) {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let more = counted.more;
        let kept = kinds.entry(kind(&counted.last)).or_insert(Counted { more: 0, ..counted });
        kept.more += more;
    }
}

fn is_about_the_same(one: &Event, other: &Event) -> bool {
    one.about == other.about
        && one.about_manage == other.about_manage
        && one.params.get("token") == other.params.get("token")
}

fn minute(now: Timestamp) -> i64 {
    now.millis().div_euclid(MINUTE)
}

fn kind(event: &Event) -> Kind {
    let Author { token, copy, manage, .. } = event.by;
    let text = |name| event.params.get(name).map(ToString::to_string).unwrap_or_default();
    let what = match event.origin {
        Origin::Question => None,
        Origin::System | Origin::Posted => Some([text("method"), text("route"), event.message.clone()]),
    };
    Kind { project: event.project, token, copy, manage, what }
}
