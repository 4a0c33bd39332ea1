//! A `tower` layer that authorizes the requests of a service by asking Jeton.

mod answer;
mod presented;
mod tokens;

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use self::answer::{denied, rejection_of};
use http::{HeaderMap, HeaderValue, Method, Request, Response, request::Parts};
use presented::presented;
pub use tokens::Tokens;
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    Answer, Client, Credential, Error, Question, Rejection, Token,
    answer::REQUEST_ID,
    call::Call,
    question::{self, Answered},
    token::body,
};

/// The default timeout of a question, see [`Require::within`].
const TIMEOUT: Duration = Duration::from_secs(2);

/// A layer that forwards a request only if its token belongs to a project of the service and the question is answered yes.
///
/// `tokens` selects the projects. `question` makes the question from the head of the request; if it returns `None`, the
/// request is denied. The token is taken from `X-StorageApi-Token` or `Authorization: Bearer`, by the rules of Jeton: two
/// different values are 401. Every answered question is an event of the token, so put the layer on a method of a route
/// (`post(import).route_layer(require(…))`): around a whole router, calls that end with 404 or 405 ask, too.
///
/// A question that is made from a path should use the segment as it is, without decoding it. Jeton rejects an id that is
/// percent-encoded or otherwise invalid with 400, so that nobody asks about one bucket and reaches another.
///
/// A forwarded request has the [`Token`] in its extensions. With [`Tokens::OfAnyProject`] the service must compare its
/// [`Owner::id`](crate::Owner::id) with the project that the data belongs to.
///
/// All other requests are answered here, in the format of Jeton's errors. An error of Jeton is passed on with its status,
/// code, ids, `Retry-After` and `WWW-Authenticate`. If Jeton cannot be reached or does not answer within two seconds, the
/// answer is 503; if its answer is invalid, 502. So the guard fails closed.
pub fn require<Q>(jeton: Client, tokens: Tokens, question: Q) -> Require<Q>
where
    Q: Fn(&Parts) -> Option<Question>,
{
    let jeton = jeton.within(TIMEOUT);
    Require {
        guard: Guard { jeton, tokens: Arc::new(tokens), on_failure: Arc::new(log) },
        question: Arc::new(question),
    }
}

/// The layer that [`require`] makes.
pub struct Require<Q> {
    guard: Guard,
    question: Arc<Q>,
}

/// The service that [`Require`] makes.
pub struct Guarded<S, Q> {
    inner: S,
    guard: Guard,
    question: Arc<Q>,
}

/// A callback for failed questions: the error, and the `exceptionId` of the answer.
type OnFailure = dyn Fn(&Error, &str) + Send + Sync;

#[derive(Clone)]
struct Guard {
    jeton: Client,
    tokens: Arc<Tokens>,
    on_failure: Arc<OnFailure>,
}

impl<Q> Require<Q> {
    /// Sets the timeout of a question, instead of two seconds.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.guard.jeton = self.guard.jeton.within(timeout);
        self
    }

    /// Sets a callback for failed questions, with the `exceptionId` of the answer, instead of logging them with `tracing`.
    /// Errors of the caller (400, 401, 403, 413 and 429) are not failures.
    #[must_use]
    pub fn on_failure(mut self, hook: impl Fn(&Error, &str) + Send + Sync + 'static) -> Self {
        self.guard.on_failure = Arc::new(hook);
        self
    }
}

fn log(error: &Error, exception: &str) {
    tracing::warn!(%error, exception, "a question to Jeton failed");
}

impl Guard {
    /// The token of a request, if it is allowed.
    async fn admit(&self, headers: &HeaderMap, asked: Option<Question>) -> Result<Token, Box<Rejection>> {
        let request_id = headers.get(REQUEST_ID).filter(|id| is_plain(id)).cloned();
        let answered = self.ask(headers, asked, request_id.as_ref()).await;
        answered.map_err(|mut rejection| {
            if rejection.request_id.is_none() {
                rejection.request_id = request_id.and_then(|id| Some(id.to_str().ok()?.to_owned()));
            }
            rejection
        })
    }

    async fn ask(
        &self,
        headers: &HeaderMap,
        asked: Option<Question>,
        request_id: Option<&HeaderValue>,
    ) -> Result<Token, Box<Rejection>> {
        let token = presented(headers)?;
        let Some(asked) = asked else {
            return Err(denied("This route has no question."));
        };
        let foreign = !self.tokens.may_hold(&token);
        let jeton = self.jeton.with(Credential::Storage(token));
        if foreign {
            // Checked before the question: an event of an allowed operation that never happened would be wrong.
            let call =
                Call { request_id: request_id.cloned(), ..Call::new(Method::GET, question::PATH).brief() };
            let _known: Answer<Token> = jeton.call(call).await.map_err(|error| self.rejection(&error))?;
            return Err(denied(tokens::FOREIGN));
        }
        let (asked, request_id) = (body(&asked), request_id.cloned());
        let call = Call {
            body: Some(&asked),
            change: None,
            request_id,
            ..Call::new(Method::POST, question::PATH).brief()
        };
        let answer: Answer<Answered> = jeton.call(call).await.map_err(|error| self.rejection(&error))?;
        if !answer.allowed {
            return Err(Box::new(Rejection {
                request_id: answer.request_id,
                ..*denied(&answer.value.reason)
            }));
        }
        if !self.tokens.include(answer.token.owner.id.into()) {
            return Err(denied(tokens::FOREIGN));
        }
        Ok(answer.value.token)
    }

    /// The answer for an error. Reports it, unless it is an error of the caller.
    fn rejection(&self, error: &Error) -> Box<Rejection> {
        let rejection = rejection_of(error);
        if !matches!(rejection.status, 400 | 401 | 403 | 413 | 429) {
            (self.on_failure)(error, &rejection.exception_id);
        }
        rejection
    }
}

/// Whether Jeton accepts a request id. Otherwise it makes one of its own.
fn is_plain(id: &HeaderValue) -> bool {
    (1..=40).contains(&id.len())
        && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

impl<S, Q> Layer<S> for Require<Q> {
    type Service = Guarded<S, Q>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded { inner, guard: self.guard.clone(), question: Arc::clone(&self.question) }
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
        // Call the service that was polled for readiness, and keep its clone.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (guard, question) = (self.guard.clone(), Arc::clone(&self.question));
        let (mut head, body) = request.into_parts();
        let asked = question(&head);
        Box::pin(async move {
            match guard.admit(&head.headers, asked).await {
                Ok(token) => {
                    head.extensions.insert(token);
                    inner.call(Request::from_parts(head, body)).await
                }
                Err(rejection) => Ok(answer::response(&rejection)),
            }
        })
    }
}

impl<Q> Clone for Require<Q> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), question: Arc::clone(&self.question) }
    }
}

impl<S: Clone, Q> Clone for Guarded<S, Q> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), guard: self.guard.clone(), question: Arc::clone(&self.question) }
    }
}

impl<Q> fmt::Debug for Require<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Require")
            .field("jeton", &self.guard.jeton)
            .field("tokens", &self.guard.tokens)
            .finish_non_exhaustive()
    }
}
