//! One row of the endpoint table: a route with everything that is particular to it, and how it is written.
//!
//! A row starts with its method, path and summary; each method after that adds what differs from the default:
//!
//! ```text
//! post("/v2/storage/tokens/{token}/refresh", "Refresh a token")
//!     .storage(&refresh::refresh)
//!     .replays(&refresh::replay)
//!     .takes::<RefreshToken>()
//!     .ok::<TokenBody>()
//!     .errors(&[403, 404, 409])
//! ```

use http::Method;
use jeton_core::Error;
use utoipa::ToSchema;

use super::{
    handler::{
        Handler, ManageOperation, MemberOperation, OpenOperation, Replay, SessionOperation, StorageOperation,
    },
    shape::{Content, SchemaOf, Shape},
};
use crate::function::Function;

/// The most bytes a body may have where its row says nothing else.
const MAX_BODY: usize = 256 * 1024;

/// One row of the table.
#[derive(Debug)]
#[must_use]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The function it belongs to: that of its group.
    pub function: Function,
    /// Who may call it, and what answers.
    pub handler: Handler,
    /// Gives the answer of an earlier call with the same `Idempotency-Key`, where such keys are known.
    pub replay: Option<&'static dyn Replay>,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes and answers.
    pub shape: Shape,
    /// The most bytes its body may have.
    pub max_body: usize,
    /// Whether its paths are a part of the API, or pages for people.
    pub site: Site,
    /// Whether it runs to its end when its caller hangs up: a share that was stored must still be mailed.
    pub detached: bool,
    /// Whether it waits for a place among the requests that are worked on at once. Whoever watches the service is told
    /// how it is, however busy it may be.
    pub limited: bool,
    /// Whether `branch/{branch}/` may stand behind `/v2/storage/`.
    pub has_branch: bool,
    too_large: fn() -> Error,
}

/// Where a row stands: decides its headers, its errors, and whether the API description has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The API: bodies and errors are JSON.
    Api,
    /// A page of the API, which a browser may be led to: no other site learns its address.
    Page,
    /// The console: errors are pages, a form that was filled in is kept over a sign-in, and no description has it.
    Console,
}

/// A row for reading. HEAD is answered likewise.
pub const fn get(path: &'static str, summary: &'static str) -> Endpoint {
    row(Method::GET, path, summary)
}

/// A row for doing something.
pub const fn post(path: &'static str, summary: &'static str) -> Endpoint {
    row(Method::POST, path, summary)
}

/// A row for setting something.
pub const fn put(path: &'static str, summary: &'static str) -> Endpoint {
    row(Method::PUT, path, summary)
}

/// A row for removing something.
pub const fn delete(path: &'static str, summary: &'static str) -> Endpoint {
    row(Method::DELETE, path, summary)
}

/// The rows of one function.
pub const fn group<const N: usize>(function: Function, mut rows: [Endpoint; N]) -> [Endpoint; N] {
    let mut at = 0;
    while at < N {
        rows[at].function = function;
        at += 1;
    }
    rows
}

/// The rows of the console: pages, all of them.
pub const fn console<const N: usize>(mut rows: [Endpoint; N]) -> [Endpoint; N] {
    let mut at = 0;
    while at < N {
        rows[at].site = Site::Console;
        rows[at].shape.answers[0] = Some((200, Content::Other("text/html")));
        at += 1;
    }
    group(Function::Console, rows)
}

/// The function that the rows of a group belong to.
pub fn owner(rows: &[Endpoint]) -> Function {
    rows.first().map_or(Function::Index, |row| row.function)
}

const fn row(method: Method, path: &'static str, summary: &'static str) -> Endpoint {
    let detached = !matches!(method, Method::GET);
    Endpoint {
        method,
        path,
        function: Function::Index,
        handler: Handler::NONE,
        replay: None,
        summary,
        shape: Shape::NONE,
        max_body: MAX_BODY,
        site: Site::Api,
        detached,
        limited: true,
        has_branch: starts_with(path, "/v2/storage/"),
        too_large: || Error::BodyTooLarge,
    }
}

impl Endpoint {
    /// Anyone may call it.
    pub const fn open(mut self, operation: &'static dyn OpenOperation) -> Self {
        self.handler = Handler::Open(operation);
        self
    }

    /// The bearer of a storage token may call it.
    pub const fn storage(mut self, operation: &'static dyn StorageOperation) -> Self {
        self.handler = Handler::Storage(operation);
        self
    }

    /// The bearer of a manage token may call it.
    pub const fn manage(mut self, operation: &'static dyn ManageOperation) -> Self {
        self.handler = Handler::Manage(operation);
        self
    }

    /// Anyone who is signed in at a browser may call it.
    pub const fn session(mut self, operation: &'static dyn SessionOperation) -> Self {
        self.handler = Handler::Session(operation);
        self
    }

    /// Who is signed in, and a member of the project in the path, may call it.
    pub const fn member(mut self, operation: &'static dyn MemberOperation) -> Self {
        self.handler = Handler::Member(operation);
        self
    }

    /// It knows `Idempotency-Key`: a call that failed over what the same call made before is answered by this.
    pub const fn replays(mut self, replay: &'static dyn Replay) -> Self {
        self.replay = Some(replay);
        self
    }

    /// It takes a body, as JSON or as a form.
    pub const fn takes<T: ToSchema>(mut self) -> Self {
        self.shape.takes = Some(SchemaOf::of::<T>());
        self
    }

    /// As a form its body is another one: of what a form cannot say.
    pub const fn form<T: ToSchema>(mut self) -> Self {
        self.shape.form = Some(SchemaOf::of::<T>());
        self
    }

    /// It takes a query.
    pub const fn query<T: ToSchema>(mut self) -> Self {
        self.shape.query = Some(SchemaOf::of::<T>());
        self
    }

    /// It answers 200 with a JSON value.
    pub const fn ok<T: ToSchema>(self) -> Self {
        self.answers(200, Content::Json(SchemaOf::of::<T>()))
    }

    /// It answers 201 with a JSON value.
    pub const fn created<T: ToSchema>(self) -> Self {
        self.answers(201, Content::Json(SchemaOf::of::<T>()))
    }

    /// It answers 200 with a JSON array.
    pub const fn list<T: ToSchema>(self) -> Self {
        self.answers(200, Content::JsonArray(SchemaOf::of::<T>()))
    }

    /// It answers 200 with a JSON object of no fixed schema.
    pub const fn object(self) -> Self {
        self.answers(200, Content::JsonObject)
    }

    /// It answers 204.
    pub const fn no_content(self) -> Self {
        self.answers(204, Content::Empty)
    }

    /// It answers a file of this media type to a browser.
    pub const fn file(mut self, media_type: &'static str) -> Self {
        self.site = Site::Page;
        self.answers(200, Content::Other(media_type))
    }

    const fn answers(mut self, status: u16, content: Content) -> Self {
        let place = if self.shape.answers[0].is_none() { 0 } else { 1 };
        assert!(self.shape.answers[place].is_none(), "a row has two answers at most");
        self.shape.answers[place] = Some((status, content));
        self
    }

    /// The errors that are particular to it, beside those of its credential, its body and its query.
    pub const fn errors(mut self, errors: &'static [u16]) -> Self {
        self.shape.errors = errors;
        self
    }

    /// Its body has at most so many bytes, and this is the error of a larger one.
    pub const fn at_most(mut self, bytes: usize, too_large: fn() -> Error) -> Self {
        self.max_body = bytes;
        self.too_large = too_large;
        self
    }

    /// It is a page that people are led to, and no file alone.
    pub const fn page(mut self) -> Self {
        self.site = Site::Page;
        self
    }

    /// It ends when its caller hangs up: nothing of it is left to do by then.
    pub const fn attached(mut self) -> Self {
        self.detached = false;
        self
    }

    /// It is answered beside the requests that are worked on at once.
    pub const fn unlimited(mut self) -> Self {
        self.limited = false;
        self
    }

    /// No branch may stand in its path.
    pub const fn without_branch(mut self) -> Self {
        self.has_branch = false;
        self
    }

    /// The paths it is reached by: its own; for storage paths the same with a branch in front; and each of these with a
    /// slash at the end, as some write it.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = vec![self.path.to_owned()];
        if self.has_branch {
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
    pub fn has_method(&self, method: &Method) -> bool {
        self.method == *method || (*method == Method::HEAD && self.method == Method::GET)
    }

    /// The error for a body that is too large here.
    pub fn too_large(&self) -> Error {
        (self.too_large)()
    }
}

const fn starts_with(text: &str, beginning: &str) -> bool {
    match text.as_bytes().split_at_checked(beginning.len()) {
        Some((start, _)) => {
            let mut at = 0;
            while at < start.len() {
                if start[at] != beginning.as_bytes()[at] {
                    return false;
                }
                at += 1;
            }
            true
        }
        None => false,
    }
}
