//! The end of a sign-in that nobody can use any more, and the events of sign-ins.

use jeton_core::{
    Error,
    email::Email,
    event::{
        Event,
        names::{self, EventKind},
    },
    event_context::{Actor, EventContext},
    id::ProjectId,
    share::{Share, State},
    store::{Commit, Write},
};
use serde_json::{Map, json};

use crate::http::ApiRequest;

/// Locks a sign-in of which no attempt is left.
pub async fn lock(request: &ApiRequest, share: &Share) -> Result<(), Error> {
    let event = event(request, share, names::SIGN_IN_LOCKED, "locked after too many wrong codes");
    end(request, share, State::Locked(request.now), event).await
}

async fn end(request: &ApiRequest, share: &Share, state: State, event: Event) -> Result<(), Error> {
    let writes = vec![Write::EndShare(share.ended(state))];
    // When it has come to its end in another way there is nothing left to end.
    request.app.commit(&Commit { writes, events: vec![event] }).await?;
    Ok(())
}

/// What tells of a sign-in that its link is for.
pub fn event(request: &ApiRequest, share: &Share, kind: EventKind, what: &str) -> Event {
    sign_in_event(&request.event_context(Actor::Jeton), share.project, &share.recipient, kind, what)
}

/// What tells of a sign-in of somebody, in the history of a project.
pub fn sign_in_event(
    event_context: &EventContext,
    project: ProjectId,
    of: &Email,
    kind: EventKind,
    what: &str,
) -> Event {
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(of))]);
    event_context.event_in(project, kind, format!("Sign-in of {of}: {what}"), params)
}
