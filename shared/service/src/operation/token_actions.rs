//! Actions on all tokens that a filter finds, or on those of some ids.

use std::collections::BTreeSet;

use jeton_api::token_action::{ActOnTokens, ActedBody, ActedToken, Action, MAX_TOKENS, Which};
use jeton_core::{
    Error,
    action_plan::{ActionEnd, ActionPlan},
    id::TokenId,
    permission::Call,
    token::{Filter, Place, Sort, Token},
};
use tokio::time::Instant;

pub use super::token_action_steps::{Acted, ActedOn, Outcome};
use super::{
    planned_action::{self, Plan},
    sharers::Sharers,
    token_action_steps::{Step, each, would_change},
    token_search::{self, Count, TokenSearch},
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, problem},
};

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
    (action, dry_run): (Action, bool),
) -> Result<Acted, Error> {
    may_act(bearer, action)?;
    let began = Instant::now();
    // As many calls run at a time as lists.
    let _room = Room::reserved(request).await?;
    if let Some(plan) = made_before(request, dry_run).await? {
        return repeat(request, bearer, plan, action, began).await;
    }
    let search = TokenSearch { filter, sort: Sort::OLDEST_FIRST, after, limit: MAX_TOKENS, count: Count::No };
    let found = token_search::find(request, bearer, &search).await?;
    first(request, bearer, (found.tokens, found.next), (action, dry_run), began).await
}

/// Acts on these tokens, or says what an action would do to them. Those that are not there any more are left out.
///
/// The caller checks that these are [`MAX_TOKENS`] at most.
pub async fn act_on(
    request: &ApiRequest,
    bearer: &Bearer,
    tokens: &BTreeSet<TokenId>,
    (action, dry_run): (Action, bool),
) -> Result<Acted, Error> {
    may_act(bearer, action)?;
    let began = Instant::now();
    let _room = Room::reserved(request).await?;
    if let Some(plan) = made_before(request, dry_run).await? {
        return repeat(request, bearer, plan, action, began).await;
    }
    let (mut found, mut sharers) = (Vec::new(), Sharers::default());
    for id in tokens {
        if let Some(mut token) = request.app.store.token(bearer.caller.project, *id).await? {
            sharers.drop_orphans(request, &mut token).await?;
            found.push(token);
        }
    }
    first(request, bearer, (found, None), (action, dry_run), began).await
}

/// Checks that the caller may act on other tokens at all.
pub(super) fn may_act(bearer: &Bearer, action: Action) -> Result<(), Error> {
    bearer.caller.may_address(Call::Update, None)?;
    if action == Action::Delete { bearer.caller.may_address(Call::Delete, None) } else { Ok(()) }
}

/// The plan of a call with a key that was made before. A dry run has none.
async fn made_before(request: &ApiRequest, dry_run: bool) -> Result<Option<Plan<'_>>, Error> {
    if dry_run { Ok(None) } else { planned_action::made_before(request).await }
}

/// Acts on tokens in turn, without master tokens and the caller. With a key, stores the plan first.
async fn first(
    request: &ApiRequest,
    bearer: &Bearer,
    (mut tokens, next): (Vec<Token>, Option<String>),
    (action, dry_run): (Action, bool),
    began: Instant,
) -> Result<Acted, Error> {
    tokens.retain(|token| !token.identity.is_own_of_member() && token.id != bearer.caller.id);
    let plan = if dry_run || request.keyed.is_none() {
        None
    } else {
        let would = |token: &Token| would_change(request, bearer, token, action);
        let is_unchanged = |token: &&Token| matches!(would(token), Ok(false));
        // A plan that changes nothing has no event, so its record counts against the rate limit.
        if !tokens.iter().any(|token| matches!(would(token), Ok(true))) {
            bearer.admit(request)?;
        }
        let planned = ActionPlan {
            project: bearer.caller.project,
            tokens: tokens.iter().map(|token| token.id).collect(),
            unchanged: tokens.iter().filter(is_unchanged).map(|token| token.id).collect(),
            next: next.clone(),
            revokes: action != Action::Enable,
        };
        let plan = planned_action::make(request, bearer, planned.clone()).await?;
        match plan {
            // The same call was sent at the same time, and found other tokens.
            Some(plan) if plan.action != planned => {
                return repeat(request, bearer, plan, action, began).await;
            }
            plan => plan,
        }
    };
    let tokens = tokens.into_iter().map(|token| Step::Read(Box::new(token))).collect();
    let acted = each(request, bearer, (tokens, next), (action, dry_run), began, plan.as_ref()).await?;
    match plan {
        Some(plan) => ended(request, bearer, plan, (action, acted), began).await,
        None => Ok(acted),
    }
}

/// Acts on the tokens of a plan: those that it has not changed yet, up to where it was answered.
async fn repeat(
    request: &ApiRequest,
    bearer: &Bearer,
    mut plan: Plan<'_>,
    action: Action,
    began: Instant,
) -> Result<Acted, Error> {
    let is_ended = plan.end_as_before(request).await?;
    let acted = planned(request, bearer, &plan, action, began).await?;
    if is_ended { Ok(acted) } else { ended(request, bearer, plan, (action, acted), began).await }
}

/// Acts on the tokens of a plan.
async fn planned(
    request: &ApiRequest,
    bearer: &Bearer,
    plan: &Plan<'_>,
    action: Action,
    began: Instant,
) -> Result<Acted, Error> {
    let tokens = plan.action.tokens.iter().copied().map(Step::Planned).collect();
    let rest = (tokens, plan.action.next.clone());
    let acted = each(request, bearer, rest, (action, false), began, Some(plan)).await?;
    Ok(Acted { is_repeated: true, ..acted })
}

/// Stores where a call ended, unless its plan says so, before that is answered.
async fn ended(
    request: &ApiRequest,
    bearer: &Bearer,
    mut plan: Plan<'_>,
    (action, acted): (Action, Acted),
    began: Instant,
) -> Result<Acted, Error> {
    let is_unchanged = |on: &&ActedOn| matches!(on.outcome, Ok(false)) && on.token.is_some();
    let unchanged: BTreeSet<_> = acted.outcomes.iter().filter(is_unchanged).map(|on| on.id).collect();
    if acted.next == plan.action.next && unchanged.is_subset(&plan.action.unchanged) {
        return Ok(acted);
    }
    let (answered, next) = (acted.outcomes.len(), acted.next.clone());
    let end = ActionEnd { unchanged, answered, next, revokes: plan.action.revokes };
    if !plan.store_end(request, bearer, end).await? {
        // The same call was sent at the same time, and ended elsewhere.
        plan.end_as_before(request).await?;
        return planned(request, bearer, &plan, action, began).await;
    }
    Ok(acted)
}

/// The answer.
fn body(action: &str, dry_run: bool, acted: Acted) -> ActedBody {
    let tokens: Vec<_> = acted.outcomes.into_iter().map(entry).collect();
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
fn entry(ActedOn { id, description, outcome, .. }: ActedOn) -> ActedToken {
    let token = |outcome: &str| ActedToken::of(id, description, outcome);
    match outcome {
        Ok(true) => token("changed"),
        Ok(false) => token("unchanged"),
        Err(error) => {
            let problem = problem(&error);
            let (code, error) = (Some(problem.code.to_owned()), Some(problem.message));
            ActedToken { code, error, ..token("failed") }
        }
    }
}
