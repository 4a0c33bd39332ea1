//! Actions on all tokens that a filter finds, or on those of some ids. Each token is changed by the operation for one token, with its rights, its event and its
//! priority.

use std::{collections::BTreeSet, time::Duration};

use jeton_api::{
    settings::TokenSettings,
    token_action::{ActOnTokens, ActedBody, ActedToken, Action, MAX_TOKENS, Which},
};
use jeton_core::{
    Error,
    id::TokenId,
    permission::Call,
    token::{Filter, Place, Sort, Token, Update},
};
use tokio::time::Instant;

use super::{
    delete,
    sharers::Sharers,
    token_search::{self, Count, TokenSearch},
    update,
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, problem},
};

/// After this time a call begins with no further token, and answers where to go on. The gateway times out after 29 seconds.
const LONGEST: Duration = Duration::from_secs(15);

/// What an action did, or would do.
#[derive(Debug, Default)]
pub struct Acted {
    /// The tokens as they were before, and what became of them.
    pub outcomes: Vec<(Token, Outcome)>,
    /// How many it changed, or would.
    pub changed: usize,
    /// How many it could not change.
    pub failed: usize,
    /// The cursor to go on after, if there may be more tokens, or there was no time for all.
    pub next: Option<String>,
}

/// `POST /v2/storage/tokens/actions`
pub async fn act(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Update, None)?;
    let asked: ActOnTokens = request.body()?;
    let (action, which) = asked.parsed()?;
    let dry_run = asked.dry_run.unwrap_or_default();
    let after = asked.after.as_deref().filter(|text| !text.is_empty());
    let after = after.map(|text| Sort::OLDEST_FIRST.parse_cursor(text)).map_or(Ok(None), |place| {
        place.map(Some).ok_or_else(|| Error::bad_field("after", "after must be the next of an answer"))
    })?;
    let acted = match which {
        Which::Found(filter) => act_on_all(request, bearer, *filter, after, (action, dry_run)).await?,
        Which::Named(mut tokens) => {
            tokens.retain(|id| after.as_ref().is_none_or(|after| *id > after.id));
            act_on(request, bearer, &tokens, (action, dry_run)).await?
        }
    };
    Ok(Reply::ok(&body(&asked.action.unwrap_or_default(), dry_run, acted)))
}

/// Acts on a part of all tokens that a filter finds, or says what an action would do to them.
pub async fn act_on_all(
    request: &ApiRequest,
    bearer: &Bearer,
    filter: Filter,
    after: Option<Place>,
    action: (Action, bool),
) -> Result<Acted, Error> {
    may_act(bearer, action.0)?;
    let began = Instant::now();
    // As many calls run at a time as lists.
    let _room = Room::reserved(request).await?;
    let sort = Sort::OLDEST_FIRST;
    let from = after.as_ref().map(|place| sort.cursor(place));
    let search = TokenSearch { filter, sort, after, limit: MAX_TOKENS, count: Count::No };
    let found = token_search::find(request, bearer, &search).await?;
    let mut acted = each(request, bearer, found.tokens, action, (began, from)).await?;
    acted.next = acted.next.or(found.next);
    Ok(acted)
}

/// Acts on these tokens, or says what an action would do to them. Those that are not there any more are left out.
///
/// The caller checks that these are [`MAX_TOKENS`] at most.
pub async fn act_on(
    request: &ApiRequest,
    bearer: &Bearer,
    tokens: &BTreeSet<TokenId>,
    action: (Action, bool),
) -> Result<Acted, Error> {
    may_act(bearer, action.0)?;
    let began = Instant::now();
    let _room = Room::reserved(request).await?;
    let (mut found, mut sharers) = (Vec::new(), Sharers::default());
    for id in tokens {
        if let Some(mut token) = request.app.store.token(bearer.caller.project, *id).await? {
            sharers.drop_orphans(request, &mut token).await?;
            found.push(token);
        }
    }
    each(request, bearer, found, action, (began, None)).await
}

/// Checks that the caller may act on other tokens at all.
fn may_act(bearer: &Bearer, action: Action) -> Result<(), Error> {
    bearer.caller.may_address(Call::Update, None)?;
    if action == Action::Delete { bearer.caller.may_address(Call::Delete, None) } else { Ok(()) }
}

/// Acts on tokens in turn, without master tokens and the caller.
async fn each(
    request: &ApiRequest,
    bearer: &Bearer,
    tokens: Vec<Token>,
    (action, dry_run): (Action, bool),
    (began, from): (Instant, Option<String>),
) -> Result<Acted, Error> {
    let (mut acted, mut next) = (Acted::default(), from);
    let is_meant = |token: &Token| !token.identity.is_own_of_member() && token.id != bearer.caller.id;
    for token in tokens.into_iter().filter(is_meant) {
        let outcome = if began.elapsed() >= LONGEST {
            Err(Error::Overloaded)
        } else {
            one(request, bearer, &token, action, dry_run).await
        };
        match outcome {
            Ok(outcome) => {
                next = Some(Sort::OLDEST_FIRST.cursor(&Place::created(token.id)));
                acted.changed += usize::from(matches!(outcome, Ok(true)));
                acted.failed += usize::from(outcome.is_err());
                acted.outcomes.push((token, outcome));
            }
            // What is done is answered; the rest is for a further call.
            Err(_) if !acted.outcomes.is_empty() => {
                acted.next = next;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(acted)
}

impl Acted {
    /// The tokens that were changed, or would be.
    pub fn changed(&self) -> impl Iterator<Item = &Token> {
        self.outcomes.iter().filter(|(_, outcome)| matches!(outcome, Ok(true))).map(|(token, _)| token)
    }
}

/// What became of a token: whether it was changed, or why it could not be.
pub type Outcome = Result<bool, Error>;

/// Acts on one token. Errors: those that are not of this token alone.
async fn one(
    request: &ApiRequest,
    bearer: &Bearer,
    token: &Token,
    action: Action,
    dry_run: bool,
) -> Result<Outcome, Error> {
    let would = would_change(request, bearer, token, action);
    if dry_run || !matches!(would, Ok(true)) {
        return Ok(would);
    }
    let request = request.about(token.id);
    let outcome = match action {
        Action::Delete => delete::remove(&request, bearer).await.map(|()| true),
        Action::Disable | Action::Enable => {
            let disabled = Some(action == Action::Disable);
            let settings = || TokenSettings { is_disabled: disabled, ..TokenSettings::default() };
            update::change(&request, bearer, |_| Ok(settings())).await.map(|updated| updated.is_changed)
        }
    };
    match outcome {
        // Another call may have come first.
        Ok(is_changed) => Ok(Ok(is_changed)),
        Err(Error::TokenNotFound) => Ok(Ok(false)),
        Err(error) if token.is_placeholder || is_of_token(&error) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// Whether the action would change a token, by the same rules as the change. Reads nothing.
fn would_change(request: &ApiRequest, bearer: &Bearer, token: &Token, action: Action) -> Outcome {
    let event_context = request.event_context(bearer.actor());
    if action == Action::Delete {
        bearer.caller.may(Call::Delete, token.target())?;
        return token.delete(&event_context).map(|_| true);
    }
    let update = Update { disabled: Some(action == Action::Disable), ..Update::default() };
    update::may_apply(bearer, token, &update, Call::Update)?;
    Ok(token.update(&update, bearer.caller.rank, &event_context)?.is_some())
}

/// Whether another token may well be changed.
fn is_of_token(error: &Error) -> bool {
    matches!(
        error,
        Error::Forbidden(_)
            | Error::Conflict(_)
            | Error::BelongsToConfiguration { .. }
            | Error::CopySuperseded { .. }
            | Error::CopyEndsWithMaker
            | Error::ProjectClosed
    )
}

/// The answer.
fn body(action: &str, dry_run: bool, acted: Acted) -> ActedBody {
    let tokens: Vec<_> = acted.outcomes.iter().map(|(token, outcome)| entry(token, outcome)).collect();
    ActedBody {
        action: action.to_owned(),
        dry_run,
        changed: acted.changed,
        unchanged: tokens.len() - acted.changed - acted.failed,
        failed: acted.failed,
        tokens,
        next: acted.next,
    }
}

/// A token with its outcome.
fn entry(token: &Token, outcome: &Outcome) -> ActedToken {
    match outcome {
        Ok(true) => ActedToken::of(token, "changed"),
        Ok(false) => ActedToken::of(token, "unchanged"),
        Err(error) => {
            let problem = problem(error);
            let (code, error) = (Some(problem.code.to_owned()), Some(problem.message));
            ActedToken { code, error, ..ActedToken::of(token, "failed") }
        }
    }
}
