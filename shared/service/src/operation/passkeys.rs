//! The removal of all passkeys of an address by the operator, for somebody who has lost theirs, or whose record cannot be read.
//!
//! It needs access to the store. No member can do it for another one, because that would be a way around a passkey.

use jeton_core::{
    Error,
    email::Email,
    event::{Event, names},
    event_context::Actor,
    id::ProjectId,
    passkey::Passkeys,
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

/// What people read whose passkeys cannot be read, and what helps them.
pub const UNREADABLE: &str = "The passkeys of this address cannot be read, so neither they nor a link sign it in. Ask the operator of \
                              the service to remove them. Then a link signs it in again.";

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// The address had no passkeys.
    Nothing,
    /// So many passkeys.
    Passkeys(usize),
    /// A record that could not be read.
    Unreadable,
}

/// The passkeys of an address. Errors: [`Error::BadField`] if their record cannot be read.
pub async fn readable(app: &App, email: &Email) -> Result<Option<Passkeys>, Error> {
    let found = app.store.found_passkeys(email).await?;
    found.transpose().map_err(|_| Error::bad_field("passkey", UNREADABLE))
}

/// Removes all passkeys of an address, with an event in each of its projects, and mails the address. A record that cannot be read is
/// removed, too.
///
/// Errors: [`Error::Unavailable`].
pub async fn remove_all(app: &App, email: &Email) -> Result<Removed, Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let (removed, to, write) = match app.store.found_passkeys(email).await? {
            None => return Ok(Removed::Nothing),
            Some(Ok(before)) => {
                let (to, after) = (before.email.clone(), before.without_any());
                let removed = Removed::Passkeys(before.passkeys.len());
                (removed, to, Write::ChangePasskeys { before: Some(before), after })
            }
            Some(Err(found)) => {
                (Removed::Unreadable, found.email.clone(), Write::RemoveUnreadablePasskeys(found))
            }
        };
        let projects = app.store.projects_of(email).await?;
        let mut events = told(app, &to, &projects, removed);
        let rest = events.split_off(EVENTS_AT_ONCE.min(events.len()));
        let writes = vec![write];
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
        return Ok(removed);
    }
}

/// The events, one for each project.
fn told(app: &App, email: &Email, projects: &[ProjectId], removed: Removed) -> Vec<Event> {
    let now = app.clock.now();
    let (count, which) = match removed {
        Removed::Passkeys(count) => (Some(count), ""),
        Removed::Nothing | Removed::Unreadable => (None, ", which could not be read"),
    };
    let event = |project: &ProjectId| {
        let mut params = Map::from_iter([("email".to_owned(), json!(email)), ("left".to_owned(), json!(0))]);
        params.extend(count.map(|count| ("passkeys".to_owned(), json!(count))));
        let message = format!("the operator removed all passkeys of {email}{which}");
        let context = app.event_context(now, Actor::Jeton);
        context.event_in(*project, names::PASSKEY_REMOVED, message, params)
    };
    projects.iter().map(event).collect()
}
