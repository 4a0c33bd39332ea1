//! The worst input of each kind for a call.

use http::{HeaderValue, Method, Request, header};
use jeton_service::endpoint::{Endpoint, endpoints};

use crate::world::World;

/// The approximate size of the larger call of a case, in bytes.
const SIZE: usize = 8 << 10;

/// The part of a call that is as bad as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The body, of this type.
    Body(&'static str),
    /// The query.
    Query,
    /// A header.
    Header(&'static str),
}

const JSON: Place = Place::Body("application/json");
const FORM: Place = Place::Body("application/x-www-form-urlencoded");

/// A kind: the repeated part, and the parts before and after.
#[derive(Debug)]
pub struct Kind {
    name: &'static str,
    place: Place,
    before: &'static str,
    repeated: &'static str,
    after: &'static str,
}

const fn kind(
    name: &'static str,
    place: Place,
    before: &'static str,
    repeated: &'static str,
    after: &'static str,
) -> Kind {
    Kind { name, place, before, repeated, after }
}

/// Bodies. `plain` is one long text.
const BODIES: &[Kind] = &[
    kind("the largest message", JSON, r#"{"component":"it","message":""#, "a ", "\"}"),
    kind("the longest description", JSON, r#"{"description":""#, "a", "\"}"),
    kind("escapes", JSON, r#"{"message":""#, "\\u0061", "\"}"),
    kind("what looks like tokens", JSON, r#"{"component":"it","message":""#, "11111111-1-jt", "\"}"),
    kind(
        "what looks like broken tokens",
        JSON,
        r#"{"component":"it","message":""#,
        "11111111-1-jt\\n> ",
        "\"}",
    ),
    kind("the deepest nesting", JSON, r#"{"component":"it","message":"m","params":"#, "[", ""),
    kind("the longest list", JSON, r#"{"component":"it","message":"m","params":{"a":["#, "0,", "0]}}"),
    kind("lists in a list", JSON, r#"{"component":"it","message":"m","params":{"a":["#, "[],", "0]}}"),
    kind(
        "objects in a list",
        JSON,
        r#"{"component":"it","message":"m","params":{"a":["#,
        r#"{"":0},"#,
        "0]}}",
    ),
    kind("the most leaked tokens", JSON, r#"{"tokens":["#, r#""1-1-jt0","#, "\"\"]}"),
    kind("the most questions", JSON, r#"{"questions":["#, r#"{"operation":"o","component":"a"},"#, "{}]}"),
    kind("the most components", JSON, r#"{"componentAccess":["#, r#""a.b","#, "\"a\"]}"),
    kind("one field many times", JSON, "{", r#""description":"a","#, r#""description":"a"}"#),
    kind("lists of a form", FORM, "", "a[]=&", ""),
    kind("fields of a form", FORM, "", "a=&", ""),
    kind("nested keys of a form", FORM, "", "a[b][c]=&", ""),
    kind("numbered keys of a form", FORM, "", "a[1]=b&a[0]=&", ""),
    kind("escapes of a form", FORM, "message=", "%61", ""),
    kind("nothing but separators", FORM, "", "&", ""),
];

const QUERIES: &[Kind] = &[
    kind("the most terms", Place::Query, "limit=10000&q=", "a+", ""),
    kind("the longest phrase", Place::Query, "limit=10000&q=%22", "a+", "%22"),
    kind("the longest search", Place::Query, "search=", "%C5%99", ""),
    kind("the longest cursor", Place::Query, "sort=description&after=", "5b", ""),
    kind("one field many times", Place::Query, "", "limit=1&", ""),
    kind("lists", Place::Query, "", "a[]=&", ""),
    kind("nested keys", Place::Query, "", "a[b][c]=&", ""),
    kind("escapes", Place::Query, "q=", "%61", ""),
];

const HEADERS: &[Kind] = &[
    kind("the longest cookie", Place::Header("cookie"), "", "a=b; ", "a=b"),
    kind("the longest agent", Place::Header("user-agent"), "", "11111111-1-jt", ""),
    kind("the longest run", Place::Header("x-kbc-runid"), "", "1-1-jt", ""),
    kind("the most hops", Place::Header("x-forwarded-for"), "", "1.1.1.1,", "1.1.1.1"),
    kind("the longest token", Place::Header("authorization"), "Bearer ", "1-1-jt", ""),
    kind("the most kinds of answers", Place::Header("accept"), "", "text/html,", "a/b"),
    kind("the longest trace", Place::Header("traceparent"), "", "00-", ""),
];

/// An endpoint with a kind of input.
pub struct Case {
    endpoint: &'static Endpoint,
    kind: &'static Kind,
}

/// The part before every operation is the same for all of them, by who may call it.
const WITH_HEADERS: [&str; 4] = [
    "GET /v2/storage/tokens/verify",
    "POST /v2/storage/tokens/verify",
    "GET /manage/tokens/verify",
    "GET /console/projects",
];

/// Every endpoint with every kind of input that it may parse.
pub fn all() -> Vec<Case> {
    let kinds = |endpoint: &'static Endpoint| {
        let takes_body = endpoint.method == Method::POST || endpoint.method == Method::PUT;
        let reads_query = endpoint.shape.query.is_some() || endpoint.path.starts_with("/console/projects");
        let has_headers = WITH_HEADERS.contains(&name(endpoint).as_str());
        let bodies = if takes_body { BODIES } else { &[] };
        // Where no query is parsed, one of them shows that.
        let queries = if reads_query { QUERIES } else { &QUERIES[..1] };
        let headers = if has_headers { HEADERS } else { &[] };
        bodies.iter().chain(queries).chain(headers).map(move |kind| Case { endpoint, kind })
    };
    endpoints().flat_map(kinds).collect()
}

fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
}

impl Case {
    pub fn endpoint(&self) -> String {
        name(self.endpoint)
    }

    /// Where the worst is: there, one plain call suffices for all kinds.
    pub fn place(&self) -> String {
        format!("{:?}", self.kind.place)
    }

    pub const fn kind(&self) -> &'static str {
        self.kind.name
    }

    /// The call: `plain`, with one long text there; `half` of the full size; or `whole`.
    pub fn call(&self, world: &World, size: &str) -> Call {
        // A head is smaller than a body, and so is a search text.
        let most = match self.kind.place {
            Place::Body(_) => SIZE.min(self.endpoint.max_body),
            Place::Query | Place::Header(_) => SIZE / 2,
        };
        let length = if size == "half" { most / 2 } else { most };
        let Kind { before, repeated, after, .. } = self.kind;
        let room = length.saturating_sub(before.len() + after.len());
        let text = match size {
            "plain" => self.plain(length),
            _ => format!("{before}{}{after}", repeated.repeat(room / repeated.len())),
        };
        let (mut path, mut body, mut headers) = (world.path(self.endpoint), String::new(), Vec::new());
        match self.kind.place {
            Place::Body(content_type) => {
                body = text;
                headers.push(("content-type", content_type.to_owned()));
            }
            Place::Query => path = format!("{path}?{text}"),
            Place::Header(name) => headers.push((name, text)),
        }
        Call { method: self.endpoint.method.clone(), path, body, headers, names_token: self.names_token() }
    }

    fn plain(&self, length: usize) -> String {
        match self.kind.place {
            JSON => format!(r#"{{"description":"{}"}}"#, "x".repeat(length - 20)),
            Place::Header(_) => "x".repeat(length),
            _ => format!("a={}", "x".repeat(length - 2)),
        }
    }

    fn names_token(&self) -> bool {
        self.kind.place == Place::Header("authorization")
    }
}

/// A call that is ready to send.
pub struct Call {
    method: Method,
    path: String,
    body: String,
    headers: Vec<(&'static str, String)>,
    names_token: bool,
}

impl Call {
    /// How many of its bytes are the input of the case.
    pub fn size(&self) -> usize {
        self.path.len() + self.body.len() + self.headers.iter().map(|(_, value)| value.len()).sum::<usize>()
    }

    /// Sends the call, and returns the status of the answer.
    pub async fn send(self, world: &World) -> u16 {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        let headers = request.headers_mut().unwrap();
        for (name, value) in world.credentials(&self.path).into_iter().filter(|_| !self.names_token) {
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        headers.insert(header::ORIGIN, HeaderValue::from_str(&world.url).unwrap());
        for (name, value) in self.headers {
            // Besides the cookie of the session, which comes last.
            let own = headers.get(name).filter(|_| name == "cookie").cloned();
            let value = match own.as_ref().and_then(|own| own.to_str().ok()) {
                Some(own) => format!("{value}; {own}"),
                None => value,
            };
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        world.answer(request.body(self.body.into()).unwrap()).await
    }
}
