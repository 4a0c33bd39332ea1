//! Rows of the endpoint table, and their builder.
//!
//! A row starts with its method, path and summary. Then comes its handler, by credential. Each further call sets what
//! differs from the default:
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
    effect::Effect,
    handler::{
        Handler, ManageOperation, MemberOperation, OpenOperation, Replay, SessionOperation, StorageOperation,
    },
    shape::{Content, SchemaOf, Shape},
};
use crate::function::Function;

/// The default limit of a body, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// A row of the endpoint table.
#[derive(Debug)]
#[must_use]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The function of its group.
    pub function: Function,
    /// The handler, by credential.
    pub handler: Handler,
    /// Who answers a call with the `Idempotency-Key` of an earlier one.
    pub repeated: Repeated,
    /// A short description.
    pub summary: &'static str,
    /// The bodies, query and answers.
    pub shape: Shape,
    /// The limit of the body, in bytes.
    pub max_body: usize,
    /// The kind: API, page or console.
    pub site: Site,
    /// Whether it completes if the client disconnects. A stored share, for example, must still be mailed.
    pub detached: bool,
    /// Whether the concurrency limit applies. Health checks are exempt.
    pub limited: bool,
    /// What it does to the project of its caller, which decides whether a read-only member may call it.
    pub effect: Effect,
    /// Whether `/v2/storage/branch/{branch}/` is also a prefix.
    pub has_branch: bool,
    too_large: fn() -> Error,
}

/// Who answers a call with the `Idempotency-Key` of an earlier one.
#[derive(Debug, Clone, Copy)]
pub enum Repeated {
    /// Nobody: it takes no key.
    Unsupported,
    /// Its handler.
    Handled,
    /// This replay.
    Replayed(&'static dyn Replay),
}

/// The start of a row. It becomes an [`Endpoint`] by its handler, so none is without one.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Row {
    verb: Verb,
    path: &'static str,
    summary: &'static str,
}

/// The method of a row: a `Method` cannot be moved out of a [`Row`] at compile time.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// The kind of a row. It decides its headers, its errors, and whether it is in the API description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The API: bodies and errors are JSON.
    Api,
    /// A page of the API: its address is not sent as a referrer.
    Page,
    /// The console: errors are pages, forms are kept over a sign-in, and it is not in the API description.
    Console,
}

/// A GET row, which also answers HEAD.
pub const fn get(path: &'static str, summary: &'static str) -> Row {
    Row { verb: Verb::Get, path, summary }
}

/// A POST row.
pub const fn post(path: &'static str, summary: &'static str) -> Row {
    Row { verb: Verb::Post, path, summary }
}

/// A PUT row.
pub const fn put(path: &'static str, summary: &'static str) -> Row {
    Row { verb: Verb::Put, path, summary }
}

/// A DELETE row.
pub const fn delete(path: &'static str, summary: &'static str) -> Row {
    Row { verb: Verb::Delete, path, summary }
}

/// The rows of a function.
pub const fn group<const N: usize>(function: Function, mut rows: [Endpoint; N]) -> [Endpoint; N] {
    let mut at = 0;
    while at < N {
        rows[at].function = function;
        at += 1;
    }
    rows
}

/// The same rows without what only the API description reads, so that a program with them alone has no code of schemas.
pub const fn undescribed<const N: usize>(mut rows: [Endpoint; N]) -> [Endpoint; N] {
    let mut at = 0;
    while at < N {
        rows[at].shape = Shape::NONE;
        at += 1;
    }
    rows
}

/// The rows of the console.
pub const fn console<const N: usize>(mut rows: [Endpoint; N]) -> [Endpoint; N] {
    let mut at = 0;
    while at < N {
        rows[at].site = Site::Console;
        rows[at].shape.answers[0] = Some((200, Content::Other("text/html")));
        at += 1;
    }
    group(Function::Console, rows)
}

/// The function of a group of rows.
pub fn owner(rows: &[Endpoint]) -> Function {
    rows.first().map_or(Function::Index, |row| row.function)
}

impl Row {
    /// Needs no credential.
    pub const fn open(self, operation: &'static dyn OpenOperation) -> Endpoint {
        self.handled_by(Handler::Open(operation))
    }

    /// Needs a storage token.
    pub const fn storage(self, operation: &'static dyn StorageOperation) -> Endpoint {
        self.handled_by(Handler::Storage(operation))
    }

    /// Needs a manage token.
    pub const fn manage(self, operation: &'static dyn ManageOperation) -> Endpoint {
        self.handled_by(Handler::Manage(operation))
    }

    /// Needs a console session.
    pub const fn session(self, operation: &'static dyn SessionOperation) -> Endpoint {
        self.handled_by(Handler::Session(operation))
    }

    /// Needs a console session of a member of the project in the path.
    pub const fn member(self, operation: &'static dyn MemberOperation) -> Endpoint {
        self.handled_by(Handler::Member(operation))
    }

    const fn handled_by(self, handler: Handler) -> Endpoint {
        let method = match self.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Delete => Method::DELETE,
        };
        Endpoint {
            method,
            path: self.path,
            function: Function::Index,
            handler,
            repeated: Repeated::Unsupported,
            summary: self.summary,
            shape: Shape::NONE,
            max_body: MAX_BODY,
            site: Site::Api,
            detached: !matches!(self.verb, Verb::Get),
            limited: true,
            effect: Effect::Changes,
            has_branch: starts_with(self.path, "/v2/storage/"),
            too_large: || Error::BodyTooLarge,
        }
    }
}

impl Endpoint {
    /// Whether it takes an `Idempotency-Key`.
    pub const fn is_keyed(&self) -> bool {
        !matches!(self.repeated, Repeated::Unsupported)
    }

    /// Supports `Idempotency-Key`: the handler answers a repeated call itself.
    pub const fn keyed(mut self) -> Self {
        self.repeated = Repeated::Handled;
        self
    }

    /// Supports `Idempotency-Key`: a repeated call is answered by this replay.
    pub const fn replays(mut self, replay: &'static dyn Replay) -> Self {
        self.repeated = Repeated::Replayed(replay);
        self
    }

    /// Takes a body, as JSON or as a form.
    pub const fn takes<T: ToSchema>(mut self) -> Self {
        self.shape.takes = Some(SchemaOf::of::<T>());
        self
    }

    /// Takes another type as a form.
    pub const fn form<T: ToSchema>(mut self) -> Self {
        self.shape.form = Some(SchemaOf::of::<T>());
        self
    }

    /// Takes a query.
    pub const fn query<T: ToSchema>(mut self) -> Self {
        self.shape.query = Some(SchemaOf::of::<T>());
        self
    }

    /// Takes the fields of a filter in its query, too.
    pub const fn filter<T: ToSchema>(mut self) -> Self {
        self.shape.filter = Some(SchemaOf::of::<T>());
        self
    }

    /// Answers 200 with a JSON value.
    pub const fn ok<T: ToSchema>(self) -> Self {
        self.answers(200, Content::Json(SchemaOf::of::<T>()))
    }

    /// Answers 201 with a JSON value.
    pub const fn created<T: ToSchema>(self) -> Self {
        self.answers(201, Content::Json(SchemaOf::of::<T>()))
    }

    /// Answers 200 with a JSON array.
    pub const fn list<T: ToSchema>(self) -> Self {
        self.answers(200, Content::JsonArray(SchemaOf::of::<T>()))
    }

    /// Answers 200 with a JSON object without a fixed schema.
    pub const fn object(self) -> Self {
        self.answers(200, Content::JsonObject)
    }

    /// Answers 204.
    pub const fn no_content(self) -> Self {
        self.answers(204, Content::Empty)
    }

    /// Answers a file of this media type.
    pub const fn file(mut self, media_type: &'static str) -> Self {
        self.site = Site::Page;
        self.answers(200, Content::Other(media_type))
    }

    /// Answers a file of one of these media types.
    pub const fn either_file(self, media_types: &'static [&'static str]) -> Self {
        self.answers(200, Content::Either(media_types))
    }

    const fn answers(mut self, status: u16, content: Content) -> Self {
        let place = if self.shape.answers[0].is_none() { 0 } else { 1 };
        assert!(self.shape.answers[place].is_none(), "a row has two answers at most");
        self.shape.answers[place] = Some((status, content));
        self
    }

    /// The additional error statuses, besides those of its credential, body and query.
    pub const fn errors(mut self, errors: &'static [u16]) -> Self {
        self.shape.errors = errors;
        self
    }

    /// Sets the limit of the body, and the error of a larger one.
    pub const fn at_most(mut self, bytes: usize, too_large: fn() -> Error) -> Self {
        self.max_body = bytes;
        self.too_large = too_large;
        self
    }

    /// Marks it as a page.
    pub const fn page(mut self) -> Self {
        self.site = Site::Page;
        self
    }

    /// It changes nothing, so read-only members may call it.
    pub const fn reads(mut self) -> Self {
        self.effect = Effect::Reads;
        self
    }

    /// It removes the member in the path, so read-only members may call it for themselves.
    pub const fn leaves(mut self) -> Self {
        self.effect = Effect::Leaves;
        self
    }

    /// It renews the token in the path, or ends copies of it, so read-only members may call it for their own.
    pub const fn renews_or_ends(mut self) -> Self {
        self.effect = Effect::RenewsOrEnds;
        self
    }

    /// It is cancelled if the client disconnects.
    pub const fn attached(mut self) -> Self {
        self.detached = false;
        self
    }

    /// It is exempt from the concurrency limit.
    pub const fn unlimited(mut self) -> Self {
        self.limited = false;
        self
    }

    /// Its path has no branch prefix.
    pub const fn without_branch(mut self) -> Self {
        self.has_branch = false;
        self
    }

    /// Its paths: the own one, for storage paths also with a branch, and each with a trailing slash, too.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = vec![self.path.to_owned()];
        if self.has_branch {
            paths.push(self.path.replacen("/v2/storage/", "/v2/storage/branch/{branch}/", 1));
        }
        let with_slash: Vec<_> = paths.iter().map(|path| format!("{path}/")).collect();
        paths.extend(with_slash);
        paths
    }

    /// Its methods: the own one, and HEAD for GET.
    pub fn methods(&self) -> impl Iterator<Item = Method> + use<> {
        let head = (self.method == Method::GET).then_some(Method::HEAD);
        std::iter::once(self.method.clone()).chain(head)
    }

    /// Whether it has this method.
    pub fn has_method(&self, method: &Method) -> bool {
        self.method == *method || (*method == Method::HEAD && self.method == Method::GET)
    }

    /// The error of a body that is too large.
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
