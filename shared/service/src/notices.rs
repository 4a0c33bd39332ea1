//! Notices by mail, grouped.
//!
//! The first notices of a kind to a person are mailed at once. Further ones within ten minutes are held and mailed together: by
//! the sweep of `jeton serve`, by the next notice of a function, and at shutdown. A killed process loses the held mails, never the
//! events.

use jeton_core::{Error, budget, email::Email, time::Timestamp};

use crate::{
    app::App,
    mail::{Held, Notice},
};

/// Mails notices of one kind to a person, or holds them. A failure is only logged, because the events exist.
pub async fn notify(app: &App, to: &Email, notices: Vec<Notice>, now: Timestamp) {
    tell_held(app, false).await;
    let Some(kind) = notices.first().map(Notice::kind) else { return };
    let mut held = app.outgoing.held.take(&(kind, to.key())).unwrap_or_else(|| Held::new(to.clone(), now));
    held.add(notices, 0);
    send(app, held, kind, now).await;
}

/// Mails the held notices that are due; with `all`, every one, for shutdown.
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

/// Sends all mail before a process ends: first the running ones, which may be held then, and then the held ones.
pub async fn end(app: &App) {
    app.outgoing.finish().await;
    tell_held(app, true).await;
}

/// Mails held notices, within the quota.
async fn send(app: &App, mut held: Held, kind: &'static str, now: Timestamp) {
    let budget = budget::notice_mail(kind, &held.to, now);
    match app.budgets().spend(&budget, now, Error::TooManyMails).await {
        Ok(()) => leave(app, &held, kind).await,
        Err(error) => {
            held.until = budget.first().map_or(now, |budget| budget.ends);
            if !matches!(error, Error::TooManyMails(_)) {
                tracing::warn!(%error, kind, "failed to check the quota of a notice; it is held");
            }
            app.outgoing.held.hold(held);
        }
    }
}

async fn leave(app: &App, held: &Held, kind: &'static str) {
    let Some(mail) = held.mail(&app.letterhead()) else { return };
    if let Err(error) = app.mail(&mail).await {
        tracing::warn!(%error, kind, "failed to mail a notice");
    }
}
