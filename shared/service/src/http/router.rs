//! Routes: the rows of the endpoint table, and what is said about every other path.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, extract::Request, routing};

use super::dispatch;
use crate::{app::App, endpoint::Endpoint};

/// A router over some rows of the endpoint table: all of them in `jeton serve`, those of one function
/// on Lambda.
pub fn router(app: &Arc<App>, endpoints: impl Iterator<Item = &'static Endpoint>) -> Router {
    let mut paths: BTreeMap<String, Vec<&'static Endpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        for path in endpoint.paths() {
            paths.entry(path).or_default().push(endpoint);
        }
    }
    let mut router = Router::new();
    for (path, rows) in paths {
        let (app, rows): (_, Arc<[_]>) = (Arc::clone(app), rows.into());
        let handler =
            move |request: Request| dispatch::dispatch(Arc::clone(&app), Arc::clone(&rows), request);
        router = router.route(&path, routing::any(handler));
    }
    let app = Arc::clone(app);
    router.fallback(move |request: Request| {
        let answer = dispatch::unmatched(&app, &request);
        async { answer }
    })
}
