//! Coalesced events of denied calls and questions.
//!
//! A client that keeps retrying a denied call would fill the history of its token. So the first denied call of a kind
//! is stored before it is answered, and further ones within a minute are counted. Their number is stored as one event
//! after the minute: by the sweep of `jeton serve`, by the next denied call of a function, and at shutdown. A killed
//! process loses the number, never the first event. When a token has used up its event quota, denied calls are only
//! counted.

use jeton_core::{
    Error,
    event::{Event, Origin, names},
    time::Timestamp,
};
use serde_json::{Map, json};

use super::denied_counts::{Counted, Turn};
use crate::app::App;

/// Stores or counts the event of a denied call.
///
/// Errors: [`Error::Unavailable`], because a denied call must be recorded.
pub async fn remember(app: &App, event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.denied.of_earlier_minutes(now), now).await?;
    let first = match app.denied.turn(&event, shards).await {
        Turn::Counted => return Ok(()),
        Turn::Failed => {
            return Err(Error::Unavailable("failed to store the event of a denied call".to_owned()));
        }
        Turn::First(first) => first,
    };
    if !app.event_quota().count(&event, now).await {
        app.denied.begin(&event, 1, shards, now);
        first.stored();
        return Ok(());
    }
    // Further ones are counted only once it is stored.
    app.store.append(&event, shards).await?;
    app.denied.begin(&event, 0, shards, now);
    first.stored();
    Ok(())
}

/// Stores the event of questions with a denied one: always in the feed of the token, and in the feed of the project if
/// it is the first within a minute. Further ones are counted there.
///
/// Errors: [`Error::Unavailable`].
pub async fn remember_denied(app: &App, mut event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.denied.of_earlier_minutes(now), now).await?;
    let turn = app.denied.turn(&event, shards).await;
    event.in_project_feed = !matches!(turn, Turn::Counted);
    app.store.append(&event, shards).await?;
    if event.in_project_feed {
        app.denied.begin(&event, 0, shards, now);
    }
    if let Turn::First(first) = turn {
        first.stored();
    }
    Ok(())
}

/// Stores the numbers of the past minutes; with `all`, of the current one, too. Failed ones are tried again later.
pub async fn tell_counts(app: &App, all: bool) {
    let now = app.clock.now();
    let counted = if all { app.denied.all() } else { app.denied.of_earlier_minutes(now) };
    if let Err(error) = tell(app, counted, now).await {
        tracing::error!(%error, "failed to store the number of denied calls of a token");
    }
}

async fn tell(app: &App, counted: Vec<Counted>, now: Timestamp) -> Result<(), Error> {
    let mut told = Ok(());
    for counted in counted.into_iter().filter(|counted| counted.more > 0) {
        let summary = summary(app, &counted, now);
        app.event_quota().count(&summary, now).await;
        if let Err(error) = app.store.append(&summary, counted.shards).await {
            app.denied.put_back(counted);
            told = Err(error.into());
        }
    }
    told
}

/// A new event of the current time, because earlier days may be sealed.
fn summary(app: &App, counted: &Counted, now: Timestamp) -> Event {
    let Counted { last, more, alike, .. } = counted;
    let mut event = last.clone();
    event.message = message(counted);
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
    event.uuid = app.sequence.next(now, &mut crate::clock::noise());
    event.created = now;
    event
}

/// A reason is named only if it is that of all of them.
fn message(counted: &Counted) -> String {
    let Counted { last, more, one_message, follows, .. } = counted;
    let plural = if *more == 1 { "" } else { "s" };
    if last.origin != Origin::Question {
        let again = if *follows { "more " } else { "" };
        return format!("{} ({more} {again}time{plural})", last.message);
    }
    let were = if *more == 1 { "was" } else { "were" };
    let further = format!("{more} further question{plural} {were} denied");
    if *one_message {
        format!("{further}: {}", last.message)
    } else {
        format!("{further}, for different reasons")
    }
}
