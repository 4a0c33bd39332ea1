//! The removal of all passkeys of an address by the operator, for somebody who has lost theirs.
//!
//! It needs access to the store. No member can do it for another one, because that would be a way around a passkey.

use jeton_core::{
    Error,
    email::Email,
    event::{Event, names},
    event_context::Actor,
    id::ProjectId,
    store::{Commit, Write},
};
use serde_json::{Map, json};

use crate::{
    app::App,
    mail::{Notice, PasskeyChange, PasskeyMail},
    notices,
    retry::{Attempts, RetryPolicy},
};

/// The most events in the commit, because a transaction is limited, and the credential ids of ten passkeys are in it, too. The
/// others follow.
const EVENTS_AT_ONCE: usize = 30;

/// Removes all passkeys of an address, with an event in each of its projects, and mails the address. Returns how many there were.
///
/// Errors: [`Error::Unavailable`], also if their record cannot be read.
pub async fn remove_all(app: &App, email: &Email) -> Result<usize, Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(before) = app.store.passkeys(email).await? else { return Ok(0) };
        let count = before.passkeys.len();
        let projects = app.store.projects_of(email).await?;
        let mut events = told(app, &before.email, &projects, count);
        let rest = events.split_off(EVENTS_AT_ONCE.min(events.len()));
        let (to, after) = (before.email.clone(), before.without_any());
        let writes = vec![Write::ChangePasskeys { before: Some(before), after }];
        if !app.try_commit(&attempts, &Commit { writes, events }).await? {
            continue;
        }
        for event in rest {
            app.store.append(&event, 1).await?;
        }
        let now = app.clock.now();
        let notice = Notice::Passkey(PasskeyMail {
            change: PasskeyChange::Removed { left: 0 },
            name: None,
            when: now.for_people(),
            address: None,
        });
        notices::notify(app, &to, vec![notice], now).await;
        return Ok(count);
    }
}

/// The events, one for each project.
fn told(app: &App, email: &Email, projects: &[ProjectId], count: usize) -> Vec<Event> {
    let now = app.clock.now();
    let event = |project: &ProjectId| {
        let params = Map::from_iter([
            ("email".to_owned(), json!(email)),
            ("passkeys".to_owned(), json!(count)),
            ("left".to_owned(), json!(0)),
        ]);
        let message = format!("the operator removed all passkeys of {email}");
        let context = app.event_context(now, Actor::Jeton);
        context.event_in(*project, names::PASSKEY_REMOVED, message, params)
    };
    projects.iter().map(event).collect()
}
