//! A Lambda authorizer: with it, the gateway of a platform checks tokens before it lets a request in.
//!
//! The gateway sends what it knows of a request ([`event`]). The token is authenticated as on every call
//! of Jeton's own, the [`rules`] tell what the route asks of it, and the [`answer`] is of the kind that
//! the gateway reads. Whatever is in doubt is refused.

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
    operation::{refusal, verify},
    telemetry::micros,
};

/// Answers an event of a gateway, and remembers the question or refusal before it does. The id is that of
/// the invocation, for the log.
///
/// Errors: [`Failure`], which the runtime reports to the gateway with its text.
pub async fn authorize(app: &App, rules: &Rules, event: &Value, id: &str) -> Result<Value, Failure> {
    let started = Instant::now();
    let request = GatewayRequest::read(event)
        .inspect_err(|error| tracing::error!(request = id, %error, "authorize"))?;
    let (method, route) = (&request.method, &request.route);
    let decided = decide(app, rules, &request).await;
    let micros = micros(started.elapsed());
    match decided {
        Ok((bearer, answer)) => {
            let token = format!("{}-{}", bearer.caller.project, bearer.caller.id);
            tracing::info!(request = id, method, route, micros, token, answer.allowed, "authorize");
            Ok(answer::decided(&request.kind, &bearer, &answer))
        }
        Err(
            error @ (Error::MissingToken
            | Error::InvalidToken
            | Error::TokenExpired
            | Error::TokenDisabled
            | Error::CopySuperseded { .. }),
        ) => {
            tracing::info!(request = id, method, route, micros, %error, "authorize");
            answer::unauthenticated(&request.kind)
        }
        Err(error) => {
            tracing::error!(request = id, method, route, micros, %error, "authorize");
            Err(Failure::Unavailable)
        }
    }
}

async fn decide(app: &App, rules: &Rules, request: &GatewayRequest) -> Result<(Bearer, Answer), Error> {
    let now = app.clock.now();
    let bearer = authenticate::storage(app, &request.headers, &|| request.context.clone(), now).await?;
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
            // What is not remembered is not allowed.
            Err(Error::TooManyEvents(_)) => {
                let reason = "This token has asked too much within this hour.".to_owned();
                return Ok((bearer, Answer { allowed: false, reason }));
            }
            outcome => outcome?,
        },
        None => {}
    }
    Ok((bearer, answer))
}

/// What the rules say to a token, and what is remembered of it.
fn judge(
    rules: &Rules,
    request: &GatewayRequest,
    bearer: &Bearer,
    event_context: &EventContext,
) -> (Answer, Option<Event>) {
    let refused = |route: &str, reason: &str| {
        let event =
            refusal::event(event_context, bearer, Function::Authorizer, &request.method, route, reason);
        (Answer { allowed: false, reason: reason.to_owned() }, Some(event))
    };
    if request.kind.arn_holds_wildcards() {
        return refused(&request.route, "The ARN of this request stands for more than this request.");
    }
    let Some((template, demand)) = rules.demand(&request.method, &request.path) else {
        return refused(&request.route, "No rule is for this route.");
    };
    let call = if matches!(demand, Demand::Token) { Call::Verify } else { Call::Ask };
    if bearer.caller.may_address(call, None).is_err() {
        return refused(template, "This copy of the token does not open this route.");
    }
    let body = match demand {
        Demand::Token => {
            let reason = "This token is genuine, and the route asks for no more.".to_owned();
            return (Answer { allowed: true, reason }, None);
        }
        Demand::Answer(body) => body,
    };
    // What the path names may be no name of a bucket or component at all, and so nothing that a token
    // could have a right to.
    let Ok(question) = body.question() else {
        return refused(template, "The path names no bucket or component.");
    };
    let answer = question.answer(&bearer.item.identity.permissions);
    let answers = [answer];
    let event = verify::event(event_context, bearer, &[body], &[question], &answers, false);
    let [answer] = answers;
    (answer, Some(event))
}
