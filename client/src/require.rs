//! A layer that guards the routes of a service by asking Jeton.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use jeton_core::secret::PlainSecret;
use serde_json::json;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Client, Credential, Error, Question};

/// Lets a request through when the token that it carries may do what the question says.
///
/// `question` makes it from the head of the request; none refuses it as one that nothing is known of. The
/// token is the one in `X-StorageApi-Token`, or else in `Authorization: Bearer`. Every answered question is
/// in the token's history.
///
/// A request that is let through carries the [`Token`](crate::Token) in its extensions. One that is not gets
/// the status and the words that Jeton's own API would give; when Jeton cannot be asked it gets 503, since
/// what could not be asked is not allowed.
pub fn require<Q>(jeton: Client, question: Q) -> Require<Q>
where
    Q: Fn(&Parts) -> Option<Question>,
{
    Require { jeton, question: Arc::new(question) }
}

/// The layer that [`require`] makes.
pub struct Require<Q> {
    jeton: Client,
    question: Arc<Q>,
}

/// A service behind that layer.
pub struct Guarded<S, Q> {
    inner: S,
    jeton: Client,
    question: Arc<Q>,
}

impl<S, Q> Layer<S> for Require<Q> {
    type Service = Guarded<S, Q>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded { inner, jeton: self.jeton.clone(), question: Arc::clone(&self.question) }
    }
}

impl<Q> Clone for Require<Q> {
    fn clone(&self) -> Self {
        Self { jeton: self.jeton.clone(), question: Arc::clone(&self.question) }
    }
}

impl<S: Clone, Q> Clone for Guarded<S, Q> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), jeton: self.jeton.clone(), question: Arc::clone(&self.question) }
    }
}

impl<S, Q, B, R> Service<Request<B>> for Guarded<S, Q>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    Q: Fn(&Parts) -> Option<Question> + Send + Sync + 'static,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready is the one to be called; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (jeton, question) = (self.jeton.clone(), Arc::clone(&self.question));
        let (mut head, body) = request.into_parts();
        let (asked, token) = (question(&head), presented(&head.headers));
        Box::pin(async move {
            let Some(asked) = asked else {
                return Ok(refusal(StatusCode::FORBIDDEN, "accessDenied", "Nothing is known of this route."));
            };
            let Some(token) = token else {
                return Ok(refusal(StatusCode::UNAUTHORIZED, "", "Access token must be set"));
            };
            match jeton.with(Credential::Storage(token)).ask(&asked).await {
                Ok(answer) if answer.allowed => {
                    head.extensions.insert(answer.value.token);
                    inner.call(Request::from_parts(head, body)).await
                }
                Ok(answer) => Ok(refusal(StatusCode::FORBIDDEN, "accessDenied", &answer.reason)),
                Err(Error::Refused { status: 401, code, message, .. }) => {
                    Ok(refusal(StatusCode::UNAUTHORIZED, &code, &message))
                }
                Err(_) => {
                    let words = "The service that checks tokens cannot be reached; please try again";
                    let mut refusal = refusal(StatusCode::SERVICE_UNAVAILABLE, "serviceUnavailable", words);
                    refusal.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                    Ok(refusal)
                }
            }
        })
    }
}

/// The token that a request carries.
fn presented(headers: &HeaderMap) -> Option<PlainSecret> {
    let own = headers.get("x-storageapi-token").and_then(|value| value.to_str().ok());
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|text| text.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, value)| value);
    let token = own.filter(|own| !own.is_empty()).or(bearer)?;
    Some(PlainSecret::new(token.trim().to_owned()))
}

fn refusal<R: From<String>>(status: StatusCode, code: &str, message: &str) -> Response<R> {
    let body = json!({"error": message, "code": code, "status": "error"}).to_string();
    let mut response = Response::new(R::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
