//! Events that repeat, coalesced: told once a minute, with how many they were. Refusals, and questions answered no.
//!
//! A client that is refused and tries again, and again, would fill the history of its token. So the first refusal of
//! a kind is stored before it is answered, and those of the same kind that follow within the minute are counted. Their
//! number is told by one more event after the minute: by the sweep of `jeton serve`, in a function with its next refusal,
//! and when a server ends. A process that is killed loses the number, never the first. Once a token has used up its
//! bytes of the hour, its refusals are only counted.

use jeton_core::{
    Error,
    event::{Event, Origin, names},
    time::Timestamp,
};
use serde_json::{Map, json};

use super::denied_counts::{Counted, Turn};
use crate::app::App;

/// Stores the event of a refusal, or counts it.
///
/// Errors: [`Error::Unavailable`], since a refusal that cannot be remembered must not go unnoticed.
pub async fn remember(app: &App, event: Event, shards: u32, now: Timestamp) -> Result<(), Error> {
    tell(app, app.denied.of_earlier_minutes(now), now).await?;
    let first = match app.denied.turn(&event, shards).await {
        Turn::Counted => return Ok(()),
        Turn::Failed => return Err(Error::Unavailable("a refusal could not be stored".to_owned())),
        Turn::First(first) => first,
    };
    if !app.event_quota().count(&event, now).await {
        app.denied.begin(&event, 1, shards, now);
        first.stored();
        return Ok(());
    }
    // It is there to count on only once it is stored.
    app.store.append(&event, shards).await?;
    app.denied.begin(&event, 0, shards, now);
    first.stored();
    Ok(())
}

/// Stores the event of questions of which some were answered no: with its token in any case, and in the feed of the
/// project when it is the first within the minute. Those that follow are counted there.
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

/// Tells how many there were in the minutes that are over; with `all`, in this one as well. What cannot be told now is
/// told later, if there is a later.
pub async fn tell_counts(app: &App, all: bool) {
    let now = app.clock.now();
    let counted = if all { app.denied.all() } else { app.denied.of_earlier_minutes(now) };
    if let Err(error) = tell(app, counted, now).await {
        tracing::error!(%error, "how often a token was refused something could not be told");
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
