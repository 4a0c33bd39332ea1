//! Queries that cannot be parsed, and invalid parameters in them.

use std::sync::LazyLock;

use jeton_service::endpoint::{Endpoint, endpoints, openapi};
use jeton_tests::rows::name;
use serde_json::Value;

use super::{
    bench::{Bench, MALFORMED, Rejection, bad_field, rejection},
    rows::ROWS,
    world::World,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(endpoints(), "http://localhost"));

const NOT_PARSED: Rejection<'_> = rejection(400, "storage.events.invalidQuery", "Failed to parse query");

/// Malformed queries.
const BROKEN: &[&str] =
    &["a=%ff", "%ff=1", "limit=%ff", "a[b=1", "[a]=1", "a[b]c=1", "a[b][c][d]=1", "a=%c3%28"];

/// Invalid whole numbers, besides those out of range.
const NO_NUMBERS: &[&str] = &[
    "x",
    "1.5",
    "1e400",
    "99999999999999999999",
    "-99999999999999999999",
    "0x10",
    "%D9%A5",
    "1%00",
    "+1",
    "true",
];

/// Invalid values of `q`.
const NO_Q: &[&str] = &[
    "AND",
    "OR",
    "a+AND",
    "OR+a",
    "a+AND+OR+b",
    ":",
    "token.id:",
    ":5",
    "*",
    "*a",
    "message:*a",
    "/a/",
    "%22open",
    "nosuchfield:5",
    "a(b",
    "(a",
    "a)",
    "()",
    "NOT",
    "NOT+NOT+a",
    "-",
    "a+-+b",
    "a:b:c",
    "%5B1+TO+5%5D",
    "event:%00",
];

/// Invalid days.
const NO_DAYS: &[&str] =
    &["x", "2026", "2026-02-30", "2026-13-01", "2026-1-1", "2026-01-01T00:00:00%2B0000", "+2026-01-1", "0"];

/// Invalid values of a parameter that is true or false.
const NO_CHOICES: &[&str] = &["x", "2", "TRUE", "on", "-1"];

/// Invalid values of a text parameter, and the expected errors. None for one that allows anything.
fn bad_texts(row: &str, name: &str) -> Vec<(String, Rejection<'static>)> {
    let of = |texts: &[&str], rejection| texts.iter().map(|text| ((*text).to_owned(), rejection)).collect();
    match name {
        "sinceId" => {
            of(&["x", "5", "01890a5d", "%00", "00000000-0000-0000-0000-00000000000g"], bad_field("sinceId"))
        }
        "maxId" => {
            of(&["x", "5", "01890a5d", "%00", "00000000-0000-0000-0000-00000000000g"], bad_field("maxId"))
        }
        "from" | "to" => {
            let wrong = ["x", "2026", "2026-1-5", "2026-02-30", "2026-01-15T12:00Z", "1768478400", "%00"];
            of(&wrong, bad_field(if name == "from" { "from" } else { "to" }))
        }
        "resolution" => of(&["x", "Hour", "week", "hour,day", "1", "%00"], bad_field("resolution")),
        "format" => of(&["x", "CSV", "json", "csv,ndjson"], bad_field("format")),
        "sortOrder" => of(&["up", "DESC", "asc,desc", "1"], bad_field("sortOrder")),
        "afterId" => {
            of(&["x", "05", "-5", "+5", "%2B5", "0", "99999999999999999999", "5%00"], bad_field("afterId"))
        }
        "q" => {
            let mut texts: Vec<(String, Rejection<'static>)> = of(NO_Q, NOT_PARSED);
            texts.push(("a".repeat(1001), NOT_PARSED));
            texts
        }
        "endTokens" => of(&["x", "2", "TRUE", "on", "-1"], bad_field("endTokens")),
        "sort" => of(
            &["id", "CREATED", "--created", "created,expires", "+created", "-", "Rights", "owner"],
            bad_field("sort"),
        ),
        "after" => of(&["x", "5", "00", "%00", "5b5d"], bad_field("after")),
        "search" => vec![("a".repeat(256), bad_field("search"))],
        "creator" => {
            of(&["x", "05", "-5", "a@", "@b", "a%20b@c", "99999999999999999999"], bad_field("creator"))
        }
        "bucket" => of(&["c-main", "in.", "IN.c-main", "in.c%20main", "in.c-%00"], bad_field("bucket")),
        "component" if row == "GET /v2/storage/tokens" => {
            of(&["a%20b", ".a", "%00", "a/b"], bad_field("component"))
        }
        "unusedSince" => of(NO_DAYS, bad_field("unusedSince")),
        "expiresBefore" => of(NO_DAYS, bad_field("expiresBefore")),
        "count" => of(NO_CHOICES, bad_field("count")),
        "neverExpires" => of(NO_CHOICES, bad_field("neverExpires")),
        "isDisabled" => of(NO_CHOICES, bad_field("isDisabled")),
        "creatorGone" => of(NO_CHOICES, bad_field("creatorGone")),
        "component" | "configurationId" | "runId" => Vec::new(),
        _ => panic!("add to bad_texts in bad_input/queries.rs what {name} cannot be"),
    }
}

/// The parameters of an endpoint's query.
pub fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let method = endpoint.method.as_str().to_lowercase();
    let parameters = DOCUMENT["paths"][endpoint.path][method]["parameters"].as_array().unwrap();
    parameters.iter().filter(|parameter| parameter["in"] == "query").cloned().collect()
}

/// Invalid values of a parameter: as `name=value`, with the expected errors.
fn bad_pairs(row: &str, parameter: &Value) -> Vec<(String, Rejection<'static>)> {
    let name: &'static str = parameter["name"].as_str().unwrap().to_owned().leak();
    let schema = &parameter["schema"];
    let is_number = schema["type"].to_string().contains("integer");
    let values = if is_number {
        let beyond = [("minimum", -1), ("maximum", 1)];
        let beyond = beyond.map(|(bound, step)| (schema[bound].as_i64().unwrap() + step).to_string());
        let numbers = NO_NUMBERS.iter().map(|text| (*text).to_owned());
        numbers.chain(beyond).chain(["-1".to_owned()]).map(|text| (text, bad_field(name))).collect()
    } else {
        bad_texts(row, name)
    };
    let mut pairs: Vec<_> =
        values.into_iter().map(|(value, rejection)| (format!("{name}={value}"), rejection)).collect();
    pairs.push((format!("{name}[]=1"), bad_field(name)));
    pairs.push((format!("{name}[a]=1"), bad_field(name)));
    pairs
}

#[tokio::test]
async fn a_query_that_cannot_be_is_rejected_and_the_parameter_named() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for endpoint in endpoints().filter(|row| row.shape.query.is_some()) {
        let mut queries: Vec<(String, Rejection<'_>)> =
            BROKEN.iter().map(|query| ((*query).to_owned(), MALFORMED)).collect();
        queries.push(("a=1&".repeat(5001), MALFORMED));
        let row = name(endpoint);
        queries.extend(parameters(endpoint).iter().flat_map(|parameter| bad_pairs(&row, parameter)));
        for (query, expected) in queries {
            let path = format!("{}?{query}", world.path(endpoint.path, &[]));
            bench.rejects(endpoint, &query, world.call(endpoint, &path), expected, &[]).await;
        }
    }
    bench.nothing_changed("bad queries").await;
    bench.finish();
}

#[tokio::test]
async fn a_query_is_ignored_where_none_is_taken() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        if endpoint.shape.query.is_some() || endpoint.method != "GET" {
            continue;
        }
        for query in BROKEN.iter().chain(&["forceUuid=1", "limit=x", "?", "exclude[=components", "&&&=&"]) {
            let path = format!("{}?{query}", world.path(endpoint.path, &[]));
            bench.answers(endpoint, query, world.call(endpoint, &path), &[row.answers]).await;
        }
    }
    bench.nothing_changed("ignored queries").await;
    bench.finish();
}
