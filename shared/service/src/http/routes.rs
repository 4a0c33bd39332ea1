//! Routes: the rows of the endpoint table, and the answers for all other paths.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, connect_info::IntoMakeServiceWithConnectInfo},
    response::Response,
};
use foldhash::fast::RandomState;
use percent_encoding::percent_decode_str;
use tower::{Service, ServiceExt as _};

use super::{
    Content, Cors, Peer,
    dispatch::{self, PathParameters, Route},
};
use crate::{app::App, endpoint::Endpoint};

/// The router of a process: rows of the endpoint table, additional routes, and CORS.
///
/// It matches rows itself, because a router of `axum` boxes and copies each request three times.
#[derive(Clone)]
pub struct Routes(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    table: Option<Table>,
    /// The router of all other paths.
    others: Router,
    cors: Cors,
}

/// The rows by their paths.
#[derive(Clone)]
struct Table {
    app: Arc<App>,
    /// Paths without parameters, the most common.
    plain: HashMap<String, Arc<Route>, RandomState>,
    /// Paths with parameters.
    patterns: matchit::Router<Arc<Route>>,
}

impl Routes {
    /// A router of some rows of the endpoint table: all in `jeton serve`, those of one function on Lambda.
    pub fn new(app: &Arc<App>, endpoints: impl Iterator<Item = &'static Endpoint>) -> Self {
        let mut paths: BTreeMap<String, Vec<&'static Endpoint>> = BTreeMap::new();
        for endpoint in endpoints {
            for path in endpoint.paths() {
                paths.entry(path).or_default().push(endpoint);
            }
        }
        let (mut plain, mut patterns) = (HashMap::default(), matchit::Router::new());
        for (path, rows) in paths {
            if path.contains('{') {
                let added = patterns.insert(path, Arc::new(Route::new(rows)));
                assert!(added.is_ok(), "two rows of the endpoint table have paths that exclude each other");
            } else {
                plain.insert(path, Arc::new(Route::new(rows)));
            }
        }
        let fallback = Arc::clone(app);
        let others = Router::new().fallback(move |request: Request| {
            let answer = dispatch::unmatched(&fallback, &request);
            async { answer }
        });
        let table = Some(Table { app: Arc::clone(app), plain, patterns });
        Self(Arc::new(Parts { table, others, cors: Cors::default() }))
    }

    /// Adds routes that are not in the table.
    #[must_use]
    pub fn merge(self, others: Router) -> Self {
        let parts = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Parts { others: parts.others.merge(others), ..parts }))
    }

    /// Allows pages of these origins, too.
    #[must_use]
    pub fn shared_with(self, cors: Cors) -> Self {
        Self(Arc::new(Parts { cors, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        self.respond(request, None).await.map(Content::boxed)
    }

    /// Answers a request of this connection.
    pub async fn respond(&self, mut request: Request, peer: Option<&Peer>) -> http::Response<Content> {
        let asked = self.0.cors.asked(&request);
        if let Some(preflight) = asked.as_ref().and_then(|asked| asked.preflight(&request)) {
            return preflight;
        }
        // Common requests need no boxed future. Rare ones are boxed, because the future is as large as its largest
        // branch.
        let found = self.0.table.as_ref().and_then(|table| table.find(request.uri().path()));
        let mut response = match found {
            Some((app, route, path)) if dispatch::is_detached(route, &request) => {
                Box::pin(dispatch::detached(app, route, path, request, peer)).await
            }
            Some((app, route, path)) => dispatch::answer(app, route, path, &mut request, peer).await,
            None => {
                if let Some(peer) = peer {
                    request.extensions_mut().insert(ConnectInfo(peer.address()));
                }
                let answer = Box::pin(self.0.others.clone().oneshot(request)).await;
                answer.unwrap_or_else(|never| match never {}).map(Content::Stream)
            }
        };
        if let Some(asked) = asked {
            asked.answered(&mut response);
        }
        response
    }

    /// A service for `axum::serve` that adds the peer address to each request.
    pub fn into_make_service_with_connect_info<C>(self) -> IntoMakeServiceWithConnectInfo<Router, C> {
        Router::from(self).into_make_service_with_connect_info()
    }
}

impl Table {
    fn find(&self, path: &str) -> Option<(&Arc<App>, &Arc<Route>, PathParameters)> {
        if let Some(rows) = self.plain.get(path) {
            return Some((&self.app, rows, Some(Vec::new())));
        }
        let found = self.patterns.at(path).ok()?;
        let decoded = found.params.iter().map(|(name, value)| {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            Some((name.to_owned(), value.into_owned()))
        });
        Some((&self.app, found.value, decoded.collect()))
    }
}

impl From<Router> for Routes {
    /// Routes without a row of the endpoint table.
    fn from(others: Router) -> Self {
        Self(Arc::new(Parts { table: None, others, cors: Cors::default() }))
    }
}

impl From<Routes> for Router {
    fn from(routes: Routes) -> Self {
        Self::new().fallback_service(routes)
    }
}

impl Service<Request<Body>> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let routes = self.clone();
        Box::pin(async move { Ok(routes.answer(request).await) })
    }
}
