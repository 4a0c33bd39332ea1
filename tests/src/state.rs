//! The whole state of a Jeton, for tests of calls that change nothing.

use std::collections::BTreeMap;

use jeton_core::{
    email::Email,
    event::{EventRange, Feed, Order},
    id::ProjectId,
    share::ShareId,
};
use jeton_service::mail::Outbox;
use serde_json::{Value, json};

use crate::jeton::Jeton;

/// More events than any feed of a test holds.
const ALL_EVENTS: usize = 1000;

/// The state of a Jeton at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Projects, tokens with their versions, members, shares and mails, by a name for each.
    kept: BTreeMap<String, Value>,
    /// The names of all events, by feed and uuid.
    events: BTreeMap<String, String>,
}

/// Reads the whole state of a Jeton.
///
/// Without the day of last use: that is not a change, since every accepted call may set it.
pub async fn state_of(jeton: &Jeton) -> State {
    let mut state = State { kept: BTreeMap::new(), events: BTreeMap::new() };
    for project in jeton.app.store.projects(ALL_EVENTS).await.unwrap() {
        add_project(jeton, project, &mut state).await;
    }
    add_mail(jeton, &mut state).await;
    state
}

async fn add_project(jeton: &Jeton, id: ProjectId, state: &mut State) {
    let store = &jeton.app.store;
    let project = store.project(id).await.unwrap();
    state.kept.insert(format!("project {id}"), serde_json::to_value(project).unwrap());
    for member in store.members(id).await.unwrap() {
        state.kept.insert(format!("member {id}/{}", member.id), serde_json::to_value(member).unwrap());
    }
    add_events(jeton, format!("project {id}"), &Feed::Project(id), state).await;
    for mut token in store.tokens(id, None, Order::Ascending, usize::MAX, usize::MAX).await.unwrap().tokens {
        add_events(jeton, format!("token {}", token.id), &Feed::Token(id, token.id), state).await;
        token.last_used = None;
        state.kept.insert(format!("token {id}-{}", token.id), serde_json::to_value(token).unwrap());
    }
}

async fn add_events(jeton: &Jeton, name: String, feed: &Feed, state: &mut State) {
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Descending, ALL_EVENTS) };
    let events = jeton.app.store.events(feed, range).await.unwrap().events;
    assert!(events.len() < ALL_EVENTS, "a test with more events than are compared");
    state.events.extend(events.into_iter().map(|event| (format!("{name} {}", event.uuid), event.event)));
}

/// Finds shares and invitations by their mails.
async fn add_mail(jeton: &Jeton, state: &mut State) {
    let (outbox, store) = (Outbox::new(&jeton.outbox), &jeton.app.store);
    for entry in outbox.list().await.unwrap() {
        let raw = outbox.read(&entry.name).await.unwrap().unwrap_or_default();
        if let Some(id) = share_in(&raw) {
            let share = store.share(&id).await.unwrap();
            let attempts = share.as_ref().map(|share| share.attempts);
            state.kept.insert(format!("share {id}"), json!({"share": share, "attempts": attempts}));
        }
        let email = Email::parse(&entry.to).unwrap();
        let membership = store.membership(jeton.project, &email).await.unwrap();
        state.kept.insert(format!("address {email}"), json!(format!("{membership:?}")));
        state.kept.insert(format!("mail {}", entry.name), json!(entry.subject));
    }
}

fn share_in(raw: &str) -> Option<ShareId> {
    let (_, after) = raw.split_once("/pickup/")?;
    ShareId::parse(after.get(..16)?)
}

impl State {
    /// The differences from an earlier state, without events; empty if there are none.
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.kept.keys().chain(before.kept.keys()).collect();
        names.sort();
        names.dedup();
        let differs = |name: &&String| self.kept.get(*name) != before.kept.get(*name);
        let shown = |map: &BTreeMap<String, Value>, name| map.get(name).map(ToString::to_string);
        names
            .into_iter()
            .filter(differs)
            .map(|name| {
                format!("{name}: {:?} became {:?}", shown(&before.kept, name), shown(&self.kept, name))
            })
            .collect()
    }

    /// The names of the events since an earlier state, by their feed: those of the projects first, then those
    /// of the tokens. An event in the feeds of two tokens, of its author and its object, counts once.
    pub fn events_since(&self, before: &Self) -> (Vec<String>, Vec<String>) {
        let new = self.events.iter().filter(|(uuid, _)| !before.events.contains_key(*uuid));
        let (project, token): (Vec<_>, Vec<_>) = new.partition(|(key, _)| key.starts_with("project"));
        let names = |events: Vec<(&String, &String)>| {
            let by_uuid: BTreeMap<_, _> =
                events.into_iter().map(|(key, name)| (key.rsplit(' ').next(), name.clone())).collect();
            by_uuid.into_values().collect()
        };
        (names(project), names(token))
    }
}
