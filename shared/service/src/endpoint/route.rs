//! The routes of an API gateway for the functions.

use http::Method;

use super::{row::Endpoint, table::endpoints};
use crate::function::Function;

/// A route of a gateway to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path, with parameters in braces.
    pub path: String,
    /// The method; `None` for all methods.
    pub method: Option<Method>,
    /// The function.
    pub function: Function,
}

/// The routes of a gateway, in the order of the table. A path of one function is routed with all methods, so that the
/// function answers 405; if several functions share a path, each method is a route.
pub fn routes() -> Vec<Route> {
    let mut paths: Vec<(String, Vec<&Endpoint>)> = Vec::new();
    for endpoint in endpoints() {
        for path in endpoint.paths() {
            match paths.iter_mut().find(|(known, _)| *known == path) {
                Some((_, rows)) => rows.push(endpoint),
                None => paths.push((path, vec![endpoint])),
            }
        }
    }
    let mut routes = Vec::new();
    for (path, rows) in paths {
        let function = rows[0].function;
        if rows.iter().all(|row| row.function == function) {
            routes.push(Route { path, method: None, function });
            continue;
        }
        for row in rows {
            let route = |method| Route { path: path.clone(), method: Some(method), function: row.function };
            routes.extend(row.methods().map(route));
        }
    }
    routes
}
