//! The steps of an action on many tokens: each token is changed by the operation for one token, with its rights, its event and its priority.

use std::time::Duration;

use jeton_api::{settings::TokenSettings, token_action::Action};
use jeton_core::{
    Error,
    id::TokenId,
    permission::Call,
    token::{Place, Sort, Token, Update},
};
use tokio::time::Instant;

use super::{delete, planned_action::Plan, update};
use crate::{authenticate::Bearer, http::ApiRequest};

/// After this time a call begins with no further token, and answers where to go on. The gateway times out after 29 seconds.
const LONGEST: Duration = Duration::from_secs(15);

/// What an action did, or would do.
#[derive(Debug, Default)]
pub struct Acted {
    /// The tokens, and what became of them.
    pub outcomes: Vec<ActedOn>,
    /// How many it changed, or would.
    pub changed: usize,
    /// How many it could not change.
    pub failed: usize,
    /// The cursor to go on after, if there may be more tokens, or there was no time for all.
    pub next: Option<String>,
    /// Whether the call was sent before, so that calls after it may have done more.
    pub is_repeated: bool,
}

/// A token of an action.
#[derive(Debug)]
pub struct ActedOn {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub description: String,
    /// The token as it was before, or when the call was repeated; `None` if it was gone then.
    pub token: Option<Token>,
    /// Whether it was deleted or has expired since it was found.
    pub is_gone: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// A token to act on.
pub enum Step {
    /// It was read.
    Read(Box<Token>),
    /// It was read when the call was sent before.
    Planned(TokenId),
}

/// Acts on tokens in turn, until there is no time.
pub async fn each(
    request: &ApiRequest,
    bearer: &Bearer,
    (steps, next): (Vec<Step>, Option<String>),
    action: (Action, bool),
    began: Instant,
    plan: Option<&Plan<'_>>,
) -> Result<Acted, Error> {
    let (mut acted, mut last) = (Acted { next, ..Acted::default() }, None);
    for step in steps {
        let outcome = if began.elapsed() >= LONGEST {
            Err(Error::Overloaded)
        } else {
            step_of(request, bearer, step, action, plan).await
        };
        match outcome {
            Ok(on) => {
                last = Some(Sort::OLDEST_FIRST.cursor(&Place::created(on.id)));
                acted.changed += usize::from(matches!(on.outcome, Ok(true)));
                acted.failed += usize::from(on.outcome.is_err());
                acted.outcomes.push(on);
            }
            // What is done is answered; the rest is for a further call.
            Err(_) if !acted.outcomes.is_empty() => {
                acted.next = last;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(acted)
}

impl Acted {
    /// The ids of the tokens that were changed, or would be.
    pub fn changed(&self) -> impl Iterator<Item = TokenId> {
        self.outcomes.iter().filter(|on| matches!(on.outcome, Ok(true))).map(|on| on.id)
    }
}

/// What became of a token: whether it was changed, or why it could not be.
pub type Outcome = Result<bool, Error>;

/// Acts on one token. Errors: those that are not of this token alone.
async fn step_of(
    request: &ApiRequest,
    bearer: &Bearer,
    step: Step,
    (action, dry_run): (Action, bool),
    plan: Option<&Plan<'_>>,
) -> Result<ActedOn, Error> {
    let (project, store) = (bearer.caller.project, &request.app.store);
    let (id, token, is_repeated) = match step {
        Step::Read(token) => (token.id, Some(*token), false),
        Step::Planned(id) => (id, store.token(project, id).await?, true),
    };
    let stays = plan.is_some_and(|plan| plan.action.unchanged.contains(&id));
    let has_changed = async || match plan {
        Some(plan) if !stays => plan.has_changed(request, id).await,
        _ => Ok(false),
    };
    // What is done already costs a repeated call nothing, so it ends where the first one did.
    let outcome = match &token {
        _ if is_repeated && has_changed().await? => Some(Ok(true)),
        Some(token) if !stays => one(request, bearer, token, (action, dry_run), plan).await?,
        _ => Some(Ok(false)),
    };
    let is_gone = token.is_none() || outcome.is_none();
    let outcome = outcome.unwrap_or(Ok(false));
    let outcome = if !matches!(outcome, Ok(true)) && has_changed().await? { Ok(true) } else { outcome };
    let description = match &token {
        Some(token) => token.identity.description.clone(),
        None => store.tombstone(project, id).await?.map(|gone| gone.description).unwrap_or_default(),
    };
    Ok(ActedOn { id, description, token, is_gone, outcome })
}

/// Acts on one token that was read; `None` if it is gone by now.
async fn one(
    request: &ApiRequest,
    bearer: &Bearer,
    token: &Token,
    (action, dry_run): (Action, bool),
    plan: Option<&Plan<'_>>,
) -> Result<Option<Outcome>, Error> {
    let would = would_change(request, bearer, token, action);
    if dry_run || !matches!(would, Ok(true)) {
        return Ok(Some(would));
    }
    let request = request.about(token.id, plan.map(|plan| plan.part(token.id)));
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
        Ok(is_changed) => Ok(Some(Ok(is_changed))),
        Err(Error::TokenNotFound) => Ok(None),
        Err(error) if token.is_placeholder || is_of_token(&error) => Ok(Some(Err(error))),
        Err(error) => Err(error),
    }
}

/// Whether the action would change a token, by the same rules as the change. Reads nothing.
pub fn would_change(request: &ApiRequest, bearer: &Bearer, token: &Token, action: Action) -> Outcome {
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
