//! Actions on all tokens that a filter finds. Each token is changed by the operation for one token, with its rights, its event and its
//! priority.

use std::time::Duration;

use jeton_api::{
    settings::TokenSettings,
    token_action::{ActOnTokens, ActedBody, ActedToken, Action},
};
use jeton_core::{
    Error,
    permission::Call,
    token::{Sort, Token, Update},
};
use tokio::time::Instant;

use super::{
    delete,
    token_search::{self, TokenSearch},
    update,
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, problem},
};

/// The most tokens of one call.
pub const MAX_TOKENS: usize = 100;

/// After this time a call begins with no further token, and answers where to go on. The gateway times out after 29 seconds.
const LONGEST: Duration = Duration::from_secs(15);

/// `POST /v2/storage/tokens/actions`
pub async fn act(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Update, None)?;
    let began = Instant::now();
    let asked: ActOnTokens = request.body()?;
    let (action, filter) = asked.parsed()?;
    if action == Action::Delete {
        bearer.caller.may_address(Call::Delete, None)?;
    }
    let (sort, dry_run) = (Sort::OLDEST_FIRST, asked.dry_run.unwrap_or_default());
    let after = asked.after.as_deref().filter(|text| !text.is_empty());
    let after = after.map(|text| sort.parse_cursor(text)).map_or(Ok(None), |place| {
        place.map(Some).ok_or_else(|| Error::bad_field("after", "after must be the next of an answer"))
    })?;
    // As many calls run at a time as lists.
    let _room = Room::reserved(request).await?;
    let mut next = after.as_ref().map(|place| sort.cursor(place));
    let search = TokenSearch { filter, all: false, sort, after, limit: MAX_TOKENS, count: false };
    let found = token_search::find(request, bearer, search).await?;
    let mut done = ActedBody {
        action: asked.action.unwrap_or_default(),
        dry_run,
        changed: 0,
        unchanged: 0,
        failed: 0,
        tokens: Vec::new(),
        next: found.next,
    };
    let is_meant = |token: &&Token| !token.identity.is_master() && token.id != bearer.caller.id;
    for token in found.tokens.iter().filter(is_meant) {
        let outcome = if began.elapsed() >= LONGEST {
            Err(Error::Overloaded)
        } else {
            one(request, bearer, token, action, dry_run).await
        };
        match outcome {
            Ok(outcome) => add(&mut done, token, outcome),
            // What is done is answered; the rest is for a further call.
            Err(_) if !done.tokens.is_empty() => {
                done.next = next;
                break;
            }
            Err(error) => return Err(error),
        }
        next = Some(sort.cursor(&sort.place(token)));
    }
    Ok(Reply::ok(&done))
}

/// What became of a token: whether it was changed, or why it could not be.
type Outcome = Result<bool, Error>;

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
        Action::Delete => delete::remove(&request, bearer).await,
        Action::Disable | Action::Enable => {
            let disabled = Some(action == Action::Disable);
            let settings = || TokenSettings { is_disabled: disabled, ..TokenSettings::default() };
            update::change(&request, bearer, |_| Ok(settings())).await.map(drop)
        }
    };
    match outcome {
        Ok(()) => Ok(Ok(true)),
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

/// Adds a token with its outcome to an answer.
fn add(done: &mut ActedBody, token: &Token, outcome: Outcome) {
    let acted = match outcome {
        Ok(true) => ActedToken::of(token, "changed"),
        Ok(false) => ActedToken::of(token, "unchanged"),
        Err(error) => {
            let problem = problem(&error);
            let (code, error) = (Some(problem.code.to_owned()), Some(problem.message));
            ActedToken { code, error, ..ActedToken::of(token, "failed") }
        }
    };
    match acted.outcome.as_str() {
        "changed" => done.changed += 1,
        "unchanged" => done.unchanged += 1,
        _ => done.failed += 1,
    }
    done.tokens.push(acted);
}
