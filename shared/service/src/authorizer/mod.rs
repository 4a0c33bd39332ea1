//! The Lambda authorizer, which checks tokens for the API gateway of a platform.
//!
//! The gateway sends an [`event`] for each request. The token is authenticated as on every call of Jeton, the [`rules`] have
//! the question of the route, and the [`answer`] has the format of the gateway. In doubt, a request is denied.

pub mod answer;
pub mod blank;
pub mod event;
mod failure;
pub mod rules;
pub mod template;

use std::time::Instant;

use jeton_core::{
    Error,
    event::{Event, names},
    event_context::EventContext,
    permission::{Answer, Call},
};
use serde_json::Value;

pub use self::{event::BadEvent, failure::Failure, rules::Rules};
use self::{event::GatewayRequest, rules::Demand};
use crate::{
    app::App,
    authenticate::{self, Bearer},
    function::Function,
    limits::denied_events,
    operation::{denied_call, verify},
    telemetry::{Authorized, Outcome},
};

/// Answers an event of a gateway. The event of the question is stored before. The id is that of the invocation, for the log.
///
/// Errors: [`Failure`], which the runtime reports to the gateway with its text.
pub async fn authorize(app: &App, rules: &Rules, event: &Value, id: &str) -> Result<Value, Failure> {
    let started = Instant::now();
    let request = GatewayRequest::read(event)
        .inspect_err(|error| tracing::error!(request = id, %error, "authorize"))?;
    let (method, route) = (&request.method, &request.route);
    let decided = decide(app, rules, &request).await;
    let elapsed = started.elapsed();
    let tell = |outcome| {
        app.telemetry.authorized(&Authorized { id, method, route, elapsed, outcome }, &app.clock);
    };
    match decided {
        Ok((bearer, answer)) => {
            let token = format!("{}-{}", bearer.caller.project, bearer.caller.id);
            tell(Outcome::Decided { token: &token, allowed: answer.allowed });
            Ok(answer::decided(&request.kind, &bearer, &answer))
        }
        Err(
            error @ (Error::MissingToken
            | Error::InvalidToken
            | Error::TokenExpired
            | Error::TokenDisabled
            | Error::CopySuperseded { .. }),
        ) => {
            tell(Outcome::Unauthenticated(&error));
            answer::unauthenticated(&request.kind)
        }
        Err(error) => {
            tell(Outcome::Failed(&error));
            Err(Failure::Unavailable)
        }
    }
}

async fn decide(app: &App, rules: &Rules, request: &GatewayRequest) -> Result<(Bearer, Answer), Error> {
    let early = authenticate::beside_check(app, &request.headers).await?;
    let now = app.clock.now();
    let bearer =
        authenticate::storage(app, &request.headers, &|| request.context.clone(), now, early).await?;
    let event_context = EventContext {
        context: request.context.clone(),
        run_id: crate::http::run_id(&request.headers),
        ..app.event_context(now, bearer.actor())
    };
    let (answer, event) = judge(rules, request, &bearer, &event_context);
    match event {
        Some(event) if event.event == names::ACCESS_DENIED => {
            denied_events::remember(app, event, bearer.item.shards, now).await?;
        }
        Some(event) => match verify::remember(app, event, &bearer, now).await {
            // A question that cannot be recorded is denied.
            Err(Error::TooManyEvents(_)) => {
                let reason = "This token has used up its quota of questions for this hour.".to_owned();
                return Ok((bearer, Answer { allowed: false, reason }));
            }
            outcome => outcome?,
        },
        None => {}
    }
    Ok((bearer, answer))
}

/// The decision of the rules for a token, with its event.
fn judge(
    rules: &Rules,
    request: &GatewayRequest,
    bearer: &Bearer,
    event_context: &EventContext,
) -> (Answer, Option<Event>) {
    let denied = |route: &str, reason: &str| {
        let event =
            denied_call::event(event_context, bearer, Function::Authorizer, &request.method, route, reason);
        (Answer { allowed: false, reason: reason.to_owned() }, Some(event))
    };
    if request.kind.arn_holds_wildcards() {
        return denied(&request.route, "The ARN of this request also matches other requests.");
    }
    let Some((template, demand)) = rules.demand(&request.method, &request.path) else {
        return denied(&request.route, "There is no rule for this route.");
    };
    let call = if matches!(demand, Demand::Token) { Call::Verify } else { Call::Ask };
    if bearer.caller.may_address(call, None).is_err() {
        return denied(template, "This copy of the token may not use this route.");
    }
    let body = match demand {
        Demand::Token => {
            let reason = "This token is valid, and the route needs no right.".to_owned();
            return (Answer { allowed: true, reason }, None);
        }
        Demand::Answer(body) => body,
    };
    // The path may not contain a valid bucket or component id, so no token has a right to it.
    let Ok(question) = body.question() else {
        return denied(template, "The path has no valid bucket or component id.");
    };
    let answer = question.answer(&bearer.item.identity.permissions);
    let answers = [answer];
    let event = verify::event(event_context, bearer, &[body], &[question], &answers, false);
    let [answer] = answers;
    (answer, Some(event))
}
