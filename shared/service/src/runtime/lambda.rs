//! The Lambda runtime of functions.

use std::{pin::Pin, sync::Arc};

use axum::{Router, response::Response};
use http_body_util::BodyExt as _;
use jeton_core::{json::Literal, time::Timestamp};
use lambda_http::{
    Body, Context, Error,
    lambda_runtime::{LambdaEvent, run as run_events, service_fn},
};
use serde_json::Value;

use super::SWEEP_LIMIT;
use crate::{
    app::App,
    authorizer::{Rules, authorize},
    endpoint::Endpoint,
    http::{Cors, Routes},
    operation::{
        bounced::{Bounced, bounced},
        expiry_sweep::{Swept, sweep},
        seal::{Sealing, seal_until},
    },
};

/// Answers events until the platform ends the process.
///
/// The futures are boxed, because their nested type would exceed the recursion limit of the compiler.
pub async fn run(rows: &'static [Endpoint], app: Arc<App>, cors: Cors) -> Result<(), Error> {
    let routes = Router::from(Routes::new(&app, rows.iter()).shared_with(cors));
    #[cfg(feature = "otlp")]
    let routes = routes.layer(axum::middleware::map_response(move |response: Response| {
        let app = Arc::clone(&app);
        async move {
            app.telemetry.flush().await;
            response
        }
    }));
    Box::pin(lambda_http::run(tower::ServiceExt::<lambda_http::Request>::map_response(routes, Answer))).await
}

/// The answer of a function: as text if it is UTF-8, otherwise in base64. Without this, `lambda_http` would decode text by its
/// `charset`, and its tables of all character sets are an eighth of a megabyte.
struct Answer(Response);

impl lambda_http::IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send>> {
        Box::pin(async move {
            let (head, body) = self.0.into_parts();
            let body = body.collect().await.expect("a body in memory can be read").to_bytes();
            let body = String::from_utf8(body.into())
                .map_or_else(|other| Body::Binary(other.into_bytes()), Body::Text);
            http::Response::from_parts(head, body)
        })
    }
}

/// Runs a sweep at every event.
pub async fn run_sweep(app: Arc<App>) -> Result<(), Error> {
    let handler = service_fn(move |_: LambdaEvent<Literal>| sweeping(Arc::clone(&app)));
    Box::pin(run_events(handler)).await
}

/// Seals history at every event.
pub async fn run_seal(app: Arc<App>) -> Result<(), Error> {
    let handler = service_fn(move |event: LambdaEvent<Literal>| sealing(Arc::clone(&app), &event.context));
    Box::pin(run_events(handler)).await
}

/// Ends the offers whose mails came back, at every event of SNS.
pub async fn run_bounces(app: Arc<App>) -> Result<(), Error> {
    let handler = service_fn(move |event: LambdaEvent<Literal>| bouncing(Arc::clone(&app), event));
    Box::pin(run_events(handler)).await
}

/// Answers the authorizer events of a gateway.
pub async fn run_authorizer(app: Arc<App>, rules: Rules) -> Result<(), Error> {
    let rules = Arc::new(rules);
    let handler = service_fn(move |event: LambdaEvent<Literal>| {
        authorizing(Arc::clone(&app), Arc::clone(&rules), event)
    });
    Box::pin(run_events(handler)).await
}

/// The boxed future of an answer.
type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// How long before its deadline sealing stops, in seconds: it says then how far it is, and Lambda would not.
const BEFORE_DEADLINE: u64 = 15;

fn sweeping(app: Arc<App>) -> Outcome<Swept> {
    Box::pin(async move {
        let swept = sweep(&app, SWEEP_LIMIT).await?;
        app.telemetry.swept(&swept, &app.clock);
        app.telemetry.flush().await;
        Ok(swept)
    })
}

fn sealing(app: Arc<App>, context: &Context) -> Outcome<Sealing> {
    let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX);
    let until = Timestamp::from_millis(deadline).minus_seconds(BEFORE_DEADLINE);
    // A stand-in of Lambda may name a time that is over.
    let until = Some(until).filter(|until| *until > app.clock.now());
    Box::pin(async move {
        let sealing = seal_until(&app, until).await?;
        app.telemetry.sealing(&sealing, &app.clock);
        app.telemetry.flush().await;
        Ok(sealing)
    })
}

fn bouncing(app: Arc<App>, event: LambdaEvent<Literal>) -> Outcome<Bounced> {
    Box::pin(async move {
        let outcome = bounced(&app, &event.payload.0).await;
        let request = event.context.request_id;
        match &outcome {
            Ok(Bounced { ended, others }) => tracing::info!(request, ended, others, "bounces"),
            Err(error) => tracing::error!(request, %error, "bounces"),
        }
        app.telemetry.flush().await;
        Ok(outcome?)
    })
}

fn authorizing(app: Arc<App>, rules: Arc<Rules>, event: LambdaEvent<Literal>) -> Outcome<Value> {
    Box::pin(async move {
        // The gateway gets the message of a failure, so the error contains nothing else.
        let answer = authorize(&app, &rules, &event.payload.0, &event.context.request_id).await;
        app.telemetry.flush().await;
        Ok(answer.map_err(|failure| failure.to_string())?)
    })
}

#[cfg(test)]
mod tests {
    use lambda_http::IntoResponse as _;

    use super::*;

    async fn sent(body: impl Into<axum::body::Body>) -> Body {
        Answer(Response::new(body.into())).into_response().await.into_body()
    }

    #[tokio::test]
    async fn text_is_sent_as_it_is_and_other_bytes_are_marked() {
        assert_eq!(
            sent("{\"description\": \"ďábel\"}").await,
            Body::Text("{\"description\": \"ďábel\"}".into())
        );
        assert_eq!(sent("").await, Body::Text(String::new()));
        assert_eq!(sent(vec![0x1f, 0x8b, 8]).await, Body::Binary(vec![0x1f, 0x8b, 8]));
    }
}
