//! Leak reports: ending copies whose secrets were found in public.

use std::{collections::BTreeMap, sync::Arc};

use jeton_api::leak::{GitHubMatch, LeakReport};
use jeton_core::{
    Error,
    email::Email,
    event_context::Actor,
    id::ManageTokenId,
    json, secret,
    store::{Commit, Revocable, Write},
    time::Timestamp,
    token::{Copy, Leaked, Token},
};

use crate::{
    app::App,
    github,
    http::{ApiRequest, Reply, bounded},
    mail::{LeakMail, Notice, WhoRefreshes},
    notices,
    operation::members::{self, Behind},
    retry::{Attempts, RetryPolicy},
    wire::form,
};

/// How many strings one report may hold.
pub const MAX_STRINGS: usize = 100;

/// `POST /v2/storage/tokens/leaked`
///
/// Anyone who has the string of a copy could use it, so they may end it. The answer does not reveal whether
/// there was something to end. GitHub's reports name the place where the string was found. It goes into
/// an event and a mail, so it is accepted only with GitHub's signature.
pub async fn leaked(request: &ApiRequest) -> Result<Reply, Error> {
    let mut to_tell = Vec::new();
    let mut outcome = Ok(());
    for found in findings(request)? {
        outcome = match secret::manage_token_id(&found.string) {
            Some(id) => end_manage_token(request, id, &found).await,
            None => end(request, &found, &mut to_tell).await,
        };
        if outcome.is_err() {
            break;
        }
    }
    // Mails are sent even after an error, and beside the answer: their duration would reveal a valid string.
    let (app, now) = (Arc::clone(&request.app), request.now);
    let mails = (!to_tell.is_empty()).then_some(async move { tell(&app, to_tell, now).await });
    request.app.outgoing.tell_unseen(mails).await;
    outcome.map(|()| Reply::no_content())
}

/// A string that was found, and where.
struct Finding {
    string: String,
    place: Option<String>,
}

fn findings(request: &ApiRequest) -> Result<Vec<Finding>, Error> {
    if github::claims(&request.headers) {
        return from_github(request);
    }
    let LeakReport { tokens } = form::read_body_with_tokens(&request.headers, &request.body)?;
    // Without this error, a report with a misspelt field would look like an empty one, and its tokens would stay valid.
    let tokens = tokens.ok_or_else(|| Error::bad_field("tokens", "tokens must be set: a list of strings"))?;
    if tokens.len() > MAX_STRINGS {
        return Err(Error::bad_field("tokens", format!("tokens must be at most {MAX_STRINGS} strings")));
    }
    Ok(tokens.into_iter().map(|string| Finding { string: string.trim().to_owned(), place: None }).collect())
}

/// The matches of a GitHub report, as many as fit into a body: GitHub does not resend the rest.
fn from_github(request: &ApiRequest) -> Result<Vec<Finding>, Error> {
    if !request.app.github.signed(&request.headers, &request.body) {
        return Err(Error::Forbidden("a report in GitHub's form that GitHub did not sign"));
    }
    form::not_encoded(&request.headers)?;
    let matches: Vec<GitHubMatch> = json::from_slice(&request.body)
        .map_err(|error| Error::Malformed(format!("The body is not a list of matches: {error}")))?;
    let finding = |GitHubMatch { token, url, source }| {
        let place = [source, url].into_iter().flatten().filter(|text| !text.is_empty());
        let place = place.collect::<Vec<_>>().join(" ");
        Finding { string: token, place: bounded(&place) }
    };
    Ok(matches.into_iter().map(finding).collect())
}

/// Ends the copy with this secret, if there is one.
async fn end(request: &ApiRequest, found: &Finding, to_tell: &mut Vec<Ended>) -> Result<(), Error> {
    let Some(address) = secret::token_address(&found.string) else { return Ok(()) };
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(token) = request.app.store.token(address.project, address.token).await? else {
            return Ok(());
        };
        let event_context = request.event_context(Actor::Jeton);
        let leaked = token.leaked(&found.string, found.place.as_deref(), &event_context);
        let Some(Leaked { change, copy }) = leaked else { return Ok(()) };
        attempts.prioritize(&request.app.throttle.changes, Revocable::Token(token.project, token.id));
        let commit = Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] };
        if request.app.try_commit(&attempts, &commit).await? {
            to_tell.push(Ended { token, copy, place: found.place.clone() });
            return Ok(());
        }
    }
}

/// Ends this secret of a manage token, if it is valid. There is no member to mail; the event is in the feed of the
/// manage token.
async fn end_manage_token(request: &ApiRequest, id: ManageTokenId, found: &Finding) -> Result<(), Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(token) = request.app.store.manage_token(id).await? else { return Ok(()) };
        let event_context = request.event_context(Actor::Jeton);
        let Some(change) = token.leaked(&found.string, found.place.as_deref(), &event_context) else {
            return Ok(());
        };
        attempts.prioritize(&request.app.throttle.changes, Revocable::ManageToken(id));
        let writes = vec![Write::ReplaceManageToken(change.token)];
        if request.app.try_commit(&attempts, &Commit { writes, events: vec![change.event] }).await? {
            tracing::warn!(manage_token = %id, "a secret of a manage token was reported as leaked and ended");
            return Ok(());
        }
    }
}

/// A copy that was ended.
struct Ended {
    token: Token,
    copy: Copy,
    place: Option<String>,
}

/// Mails the members behind the tokens, as the projects know them now: one mail to each, about all their tokens. A
/// failed mail changes nothing: the copies have ended, and their events say so.
async fn tell(app: &App, to_tell: Vec<Ended>, now: Timestamp) {
    let mut notices: BTreeMap<String, (Email, Vec<Notice>)> = BTreeMap::new();
    for ended in to_tell {
        let (project, token) = (ended.token.project, ended.token.id);
        match members::behind(app, &ended.token).await {
            Ok(Behind { emails, readers }) => {
                for to in emails {
                    // A member refreshes their own token, whatever their role is.
                    let may = ended.token.identity.is_own_of_member() || !readers.contains(&to);
                    let who = if may { WhoRefreshes::Recipient } else { WhoRefreshes::Admin };
                    let (_, theirs) = notices.entry(to.key()).or_insert_with(|| (to, Vec::new()));
                    theirs.push(Notice::Leak(written(&ended, who, now)));
                }
            }
            Err(error) => tracing::warn!(%error, %project, %token, "failed to notify of a leaked copy"),
        }
    }
    for (to, notices) in notices.into_values() {
        notices::notify(app, &to, notices, now).await;
    }
}

fn written(ended: &Ended, refreshes: WhoRefreshes, now: Timestamp) -> LeakMail {
    let Ended { token, copy, place } = ended;
    let others = token.copies.iter().filter(|other| other.id != copy.id && other.is_live(now)).count();
    LeakMail {
        project: token.identity.owner.name.clone(),
        token: token.id.to_string(),
        description: token.identity.description.clone(),
        copy: copy.id.to_string(),
        made: copy.created.for_people(),
        recipient: copy.recipient.as_ref().map(ToString::to_string),
        place: place.clone(),
        ended: now.for_people(),
        others,
        refreshes,
    }
}
