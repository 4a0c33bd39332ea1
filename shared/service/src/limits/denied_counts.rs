//! Counts of denied events that follow the stored first one (see `denied_events`).

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, PoisonError},
};

use jeton_core::{
    event::{Author, Event, Origin},
    id::{CopyId, ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};
use tokio::sync::watch;

/// The most kinds that are counted. Beyond that, each event is stored while its token has quota left, to bound the
/// memory.
const KINDS: usize = 10_000;

const MINUTE: i64 = 60_000;

/// The counts, and the kinds whose first event is being stored.
#[derive(Debug, Default)]
pub struct DeniedCounts {
    counted: Mutex<HashMap<Kind, Counted>>,
    begun: Mutex<HashMap<Kind, watch::Receiver<Stored>>>,
}

/// The state of the first event of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    NotYet,
    Yes,
    No,
}

/// What to do with an event.
pub(super) enum Turn<'a> {
    /// The first one is stored: this one is counted.
    Counted,
    /// A concurrent first one could not be stored.
    Failed,
    /// It is the first of its kind.
    First(First<'a>),
}

/// The first of its kind. Concurrent ones wait for it.
pub(super) struct First<'a> {
    counts: &'a DeniedCounts,
    kind: Kind,
    outcome: watch::Sender<Stored>,
}

impl First<'_> {
    /// Marks it as stored, so that waiting ones are counted.
    pub(super) fn stored(self) {
        self.outcome.send_replace(Stored::Yes);
    }
}

impl Drop for First<'_> {
    /// Without the mark, waiting ones fail.
    fn drop(&mut self) {
        self.counts.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.kind);
        self.outcome.send_if_modified(|stored| {
            let is_lost = *stored == Stored::NotYet;
            if is_lost {
                *stored = Stored::No;
            }
            is_lost
        });
    }
}

/// The kind of a denied event: copy, project and route. It contains nothing that a caller can choose, which would
/// bypass the coalescing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    project: Option<ProjectId>,
    token: Option<TokenId>,
    copy: Option<CopyId>,
    manage: Option<ManageTokenId>,
    /// The route and the reason; `None` for questions.
    what: Option<[String; 3]>,
}

#[derive(Debug)]
pub(super) struct Counted {
    minute: i64,
    /// The number of further ones.
    pub(super) more: u64,
    /// The last one.
    pub(super) last: Event,
    /// Whether all are about the same token.
    pub(super) alike: bool,
    /// Whether all have the same message.
    pub(super) one_message: bool,
    /// Whether the first one has an event of its own.
    pub(super) follows: bool,
    pub(super) shards: u32,
}

impl DeniedCounts {
    /// Counts a denied event if the first one is stored, and waits for a first one that is being stored.
    pub(super) async fn turn(&self, event: &Event, shards: u32) -> Turn<'_> {
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
                    return Turn::First(First { counts: self, kind, outcome: stored });
                }
            }
        };
        let stored = waits.wait_for(|stored| *stored != Stored::NotYet).await.map(|stored| *stored);
        // Beyond the limit of kinds, it was stored, but further ones are not counted.
        if stored.is_ok_and(|stored| stored == Stored::Yes) {
            self.is_counted(event, shards);
            return Turn::Counted;
        }
        Turn::Failed
    }

    /// Counts a denied event if the first one is stored.
    fn is_counted(&self, event: &Event, shards: u32) -> bool {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counted) = kinds.get_mut(&kind(event)) else { return false };
        let is_first = counted.more == 0;
        counted.alike &= is_first || is_about_the_same(&counted.last, event);
        counted.one_message &= is_first || counted.last.message == event.message;
        counted.more += 1;
        counted.last = event.clone();
        counted.shards = shards;
        true
    }

    pub(super) fn begin(&self, event: &Event, more: u64, shards: u32, now: Timestamp) {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS {
            let last = event.clone();
            let counted = Counted {
                minute: minute(now),
                more,
                last,
                alike: true,
                one_message: true,
                follows: more == 0,
                shards,
            };
            kinds.entry(kind(event)).or_insert(counted);
        }
    }

    pub(super) fn of_earlier_minutes(&self, now: Timestamp) -> Vec<Counted> {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = minute(now);
        kinds.extract_if(|_, counted| counted.minute != minute).map(|(_, counted)| counted).collect()
    }

    pub(super) fn all(&self) -> Vec<Counted> {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.drain().map(|(_, counted)| counted).collect()
    }

    /// Counts what could not be stored with what was counted since.
    pub(super) fn put_back(&self, counted: Counted) {
        let mut kinds = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match kinds.entry(kind(&counted.last)) {
            Entry::Vacant(none) => {
                none.insert(counted);
            }
            Entry::Occupied(mut since) => since.get_mut().add_earlier(counted),
        }
    }
}

impl Counted {
    fn add_earlier(&mut self, earlier: Counted) {
        if self.more == 0 {
            let minute = self.minute;
            *self = Self { minute, ..earlier };
            return;
        }
        self.alike &= earlier.alike && is_about_the_same(&earlier.last, &self.last);
        self.one_message &= earlier.one_message && earlier.last.message == self.last.message;
        self.follows &= earlier.follows;
        self.more += earlier.more;
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

#[cfg(test)]
mod tests {
    use jeton_core::{
        event::{Context, first_uuid_at, names},
        event_context::{Actor, EventContext},
    };
    use serde_json::Map;

    use super::*;

    fn denied(second: i64, message: &str) -> Event {
        let now = Timestamp::from_millis(1_768_478_400_000 + second * 1000);
        let (actor, context) = (Actor::Jeton, Context::default());
        let of = EventContext { now, uuid: first_uuid_at(now), actor, context, run_id: None };
        let project = ProjectId::new(5).unwrap();
        let event = of.event_in(project, names::QUESTIONS_DENIED, message.to_owned(), Map::new());
        Event { origin: Origin::Question, ..event }
    }

    /// Counts of a minute: the first event is stored, the others are counted.
    fn count(counts: &DeniedCounts, events: &[Event]) {
        let [first, others @ ..] = events else { panic!("no events") };
        counts.begin(first, 0, 1, first.created);
        assert!(others.iter().all(|event| counts.is_counted(event, 1)));
    }

    #[test]
    fn a_number_that_could_not_be_stored_is_a_part_of_the_next_one_with_what_both_have_in_common() {
        for (later, more, last, one_message) in [
            (&[denied(60, "a")][..], 2, "b", true),
            (&[denied(60, "a"), denied(61, "b")], 3, "b", true),
            (&[denied(60, "b"), denied(61, "c")], 3, "c", false),
        ] {
            let counts = DeniedCounts::default();
            count(&counts, &[denied(0, "a"), denied(1, "b"), denied(2, "b")]);
            let failed = counts.all().pop().unwrap();
            count(&counts, later);
            counts.put_back(failed);
            let told = counts.all().pop().unwrap();
            assert_eq!((told.more, told.last.message.as_str()), (more, last));
            assert_eq!((told.one_message, told.minute), (one_message, minute(later[0].created)));
        }
    }
}
