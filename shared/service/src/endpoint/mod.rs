//! The endpoint table: every route, the function it belongs to, who may call it, and its handler.
//!
//! Everything that lists routes comes from here: the router of each function and of `jeton serve`,
//! the API description, and the matrices of the tests.

pub mod openapi;
pub mod table;

use std::pin::Pin;

use http::Method;
use jeton_core::Error;
pub use table::{SERVED, endpoints};

use crate::{
    authenticate::{Bearer, Manager},
    function::Function,
    http::{ApiRequest, Reply},
    idempotency::Earlier,
    visitor::{Visit, Visitor},
};

/// What an operation comes to, some time.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + 'a>>;

/// One row of the table.
#[derive(Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The function it belongs to.
    pub function: Function,
    /// Who may call it, and what answers.
    pub handler: Handler,
    /// What gives the answer of an earlier call with the same `Idempotency-Key`, where such keys are known.
    pub again: Option<Again>,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes and answers.
    pub shape: Shape,
    /// The most bytes its body may have.
    pub max_body: usize,
}

/// Where a gateway in front of the functions sends requests of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path, with parameters in braces.
    pub path: String,
    /// The method; none for all of them.
    pub method: Option<Method>,
    /// The function.
    pub function: Function,
}

/// The routes of a gateway, in the order of the table. A path that belongs to one function goes there with every method, so
/// that the function itself says which ones it has; where several functions share a path, each method is a route.
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

/// A function with the rows that belong to it.
///
/// A binary holds what its own rows lead to and nothing of the other functions, which keeps it small.
#[derive(Debug)]
pub struct Served {
    /// The function.
    pub function: Function,
    /// Its rows.
    pub rows: &'static [Endpoint],
}

/// Who may call an endpoint, and what answers. The credential is in the type of the operation, so
/// that no operation runs without the one it needs.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Anyone.
    Open(for<'a> fn(&'a ApiRequest) -> Answer<'a>),
    /// The bearer of a storage token.
    Storage(for<'a> fn(&'a ApiRequest, &'a Bearer) -> Answer<'a>),
    /// The bearer of a manage token.
    Manage(for<'a> fn(&'a ApiRequest, &'a Manager) -> Answer<'a>),
    /// Somebody who is signed in at a browser.
    Session(for<'a> fn(&'a ApiRequest, &'a Visit) -> Answer<'a>),
    /// Somebody who is signed in, and a member of the project in the path.
    Member(for<'a> fn(&'a ApiRequest, &'a Visitor) -> Answer<'a>),
}

/// Gives the answer of an earlier call once more.
pub type Again = for<'a> fn(&'a ApiRequest, Earlier) -> Answer<'a>;

/// What an endpoint takes and answers, for the API description.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The body it takes.
    pub takes: Option<openapi::SchemaOf>,
    /// The query it takes.
    pub query: Option<openapi::SchemaOf>,
    /// The statuses of success, each with what is answered.
    pub answers: &'static [(u16, Content)],
    /// The errors that are particular to it, beside those of its credential.
    pub errors: &'static [u16],
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A JSON value of this schema.
    Json(openapi::SchemaOf),
    /// A JSON array of values of this schema.
    JsonArray(openapi::SchemaOf),
    /// A JSON object of no fixed schema.
    JsonObject,
    /// Something that is no JSON.
    Other(&'static str),
}

impl Endpoint {
    /// The paths it is reached by: its own; for storage paths the same with a branch in front; and each of these with a
    /// slash at the end, as some write it.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = vec![self.path.to_owned()];
        if self.has_branch() {
            paths.push(self.path.replacen("/v2/storage/", "/v2/storage/branch/{branch}/", 1));
        }
        let with_slash: Vec<_> = paths.iter().map(|path| format!("{path}/")).collect();
        paths.extend(with_slash);
        paths
    }

    /// The methods it answers: its own, and HEAD where that is GET.
    pub fn methods(&self) -> impl Iterator<Item = Method> + use<> {
        let head = (self.method == Method::GET).then_some(Method::HEAD);
        std::iter::once(self.method.clone()).chain(head)
    }

    /// Whether it answers this method.
    pub fn answers(&self, method: &Method) -> bool {
        self.method == *method || (*method == Method::HEAD && self.method == Method::GET)
    }

    /// Whether a branch may stand in front of its path.
    pub fn has_branch(&self) -> bool {
        self.path.starts_with("/v2/storage/") && self.path != "/v2/storage/tickets"
    }

    /// The error for a body that is too large here.
    pub fn too_large(&self) -> Error {
        if self.path == "/v2/storage/events" && self.method == Method::POST {
            Error::EventTooLarge
        } else {
            Error::BodyTooLarge
        }
    }
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::Storage(_) => "Storage",
            Self::Manage(_) => "Manage",
            Self::Session(_) => "Session",
            Self::Member(_) => "Member",
        })
    }
}
