//! Telling people what has happened: notices, grouped.
//!
//! A notice tells somebody what has happened. The first ones of a kind to a person leave at once; when there are more
//! within ten minutes, they are held and leave together once the ten minutes are over: by the sweep of `jeton serve`, in
//! a function with its next notice, and when a server ends. What they tell of has its event in any case. A process that
//! is killed loses the mails that it held, never the events.

use jeton_core::{Error, budget, email::Email, time::Timestamp};

use crate::{
    app::App,
    mail::{Held, Notice},
};

/// Tells somebody what has happened, in one mail for all that is of one kind, or has it told later. What does not leave
/// changes nothing: it has happened, and its event says so.
pub async fn notify(app: &App, to: &Email, notices: Vec<Notice>, now: Timestamp) {
    tell_held(app, false).await;
    let Some(kind) = notices.first().map(Notice::kind) else { return };
    let mut held = app.outgoing.held.take(&(kind, to.key())).unwrap_or_else(|| Held::new(to.clone(), now));
    held.add(notices, 0);
    send(app, held, kind, now).await;
}

/// Tells what was held for long enough; with `all`, all that was held, as when a server ends.
pub async fn tell_held(app: &App, all: bool) {
    let now = app.clock.now();
    for held in app.outgoing.held.take_due(now, all) {
        let Some(kind) = held.notices.first().map(Notice::kind) else { continue };
        if all {
            leave(app, &held, kind).await;
        } else {
            send(app, held, kind, now).await;
        }
    }
}

/// Has all mail leave before a process ends: first what is on its way, which may be held then, and then what is held.
pub async fn end(app: &App) {
    app.outgoing.finish().await;
    tell_held(app, true).await;
}

/// Mails what is held, if there is still a mail of this kind for this person.
async fn send(app: &App, mut held: Held, kind: &'static str, now: Timestamp) {
    let budget = budget::notice_mail(kind, &held.to, now);
    match app.budgets().spend(&budget, now, Error::TooManyMails).await {
        Ok(()) => leave(app, &held, kind).await,
        Err(error) => {
            held.until = budget.first().map_or(now, |budget| budget.ends);
            if !matches!(error, Error::TooManyMails(_)) {
                tracing::warn!(%error, kind, "a notice is held: its budget is not known");
            }
            app.outgoing.held.hold(held);
        }
    }
}

async fn leave(app: &App, held: &Held, kind: &'static str) {
    let Some(mail) = held.mail() else { return };
    if let Err(error) = app.mail(&mail).await {
        tracing::warn!(%error, kind, "a notice was not mailed");
    }
}
