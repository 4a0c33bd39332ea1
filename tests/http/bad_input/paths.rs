//! Unknown paths, and methods that a path does not allow.

use std::collections::BTreeMap;

use http::Method;
use jeton_service::endpoint::{Endpoint, endpoints};
use jeton_tests::description;

use super::{
    bench::{Bench, NO_ROUTE, Rejection, rejection},
    rows::ROWS,
    world::World,
};

/// Invalid ids: not decimal, not canonical, out of range, or no text at all.
const NO_IDS: &[&str] = &[
    "05",
    "0",
    "%20",
    "+5",
    "-5",
    "5.0",
    "5e3",
    "0x5",
    "5%00",
    "%00",
    "5%20",
    "%205",
    "5%0A",
    "5%2F",
    "%2B5",
    "%D9%A5",
    "%EF%BC%95",
    "%2e%2e",
    "..",
    ".",
    "%ff",
    "%ff%fe",
    "5%",
    "5%zz",
    "foo",
    "null",
    "*",
    "5,6",
    "5;6",
    "999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
];

const NO_EVENT: Rejection<'_> = rejection(404, "storage.events.notFound", "Event not found");
const NO_SHARE: Rejection<'_> = rejection(404, "pickup.notFound", "no such share");
const UNKNOWN_SHARE: &str = "0123456789abcdef";
const UNKNOWN_UUID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Invalid values of a parameter, and the expected errors. None for a parameter that allows anything.
fn bad_values(endpoint: &Endpoint, parameter: &str) -> Vec<(String, Rejection<'static>)> {
    let long = "a".repeat(300);
    let no_ids = || NO_IDS.iter().map(|text| ((*text).to_owned(), NO_ROUTE));
    let digits = ("5".repeat(300), NO_ROUTE);
    let of = |texts: &[&str], rejection| {
        texts.iter().map(|text| ((*text).to_owned(), rejection)).collect::<Vec<_>>()
    };
    match parameter {
        "token" => {
            let beyond = "281474976710656".to_owned();
            let unknown = ("281474976710655".to_owned(), rejection(404, "storage.tokens.notFound", "token"));
            no_ids().chain([digits, (beyond, NO_ROUTE), unknown]).collect()
        }
        "manageToken" => {
            let unknown = ("16777215".to_owned(), rejection(404, "notFound", "no such manage token"));
            no_ids().chain([digits, ("16777216".to_owned(), NO_ROUTE), unknown]).collect()
        }
        "invitation" => {
            let unknown = ("16777215".to_owned(), rejection(404, "notFound", "no such invitation"));
            no_ids().chain([digits, ("16777216".to_owned(), NO_ROUTE), unknown]).collect()
        }
        "project" => {
            let unknown = ("16777215".to_owned(), rejection(404, "notFound", "no such project"));
            no_ids().chain([digits, ("16777216".to_owned(), NO_ROUTE), unknown]).collect()
        }
        "organization" => {
            let beyond = "9007199254740992".to_owned();
            no_ids().chain([digits, (beyond, NO_ROUTE)]).collect()
        }
        "member" => {
            let unknown = |text: &str| (text.to_owned(), rejection(404, "notFound", "no such member"));
            let not_addresses = ["@", "a@", "@example.org", "a@b@", "a%00@example.org"];
            no_ids()
                .chain(of(&not_addresses, NO_ROUTE))
                .chain([digits, unknown("16777215"), unknown("nobody@example.org")])
                .collect()
        }
        "uuid" => {
            let odd = ["foo", "5", "..", "%2e%2e", "%00", "x%00", UNKNOWN_UUID, &long];
            of(&odd, NO_EVENT).into_iter().chain(of(&["%ff"], NO_ROUTE)).collect()
        }
        "component" => {
            of(&["-a", "%2e%2e", "a%20b", "%00", "a%00", "a%2Fb", "%C3%A9", "%ff", &long], NO_ROUTE)
        }
        "config" => of(&["%00", "a%0Ab", "%ff", &long], NO_ROUTE),
        "copy" => {
            of(&["foo", "0", "01", "+1", "-1", "1%00", "%D9%A5", "%ff", "4294967296", &digits.0], NO_ROUTE)
        }
        "branch" => {
            of(&["foo", "DEFAULT", "+5", "-5", "5%00", "%D9%A5", "%2e%2e", "%ff", &digits.0], NO_ROUTE)
        }
        "share" if endpoint.method != Method::GET => {
            let odd = ["foo", "-", "%00", "%2e%2e", "0123456789ABCDEF", UNKNOWN_SHARE, &long];
            of(&odd, NO_SHARE).into_iter().chain(of(&["%ff"], NO_ROUTE)).collect()
        }
        // The page is the same for every share whose id is UTF-8.
        "share" | "object" => of(&["%ff"], NO_ROUTE),
        _ => panic!("add to bad_values in bad_input/paths.rs what {{{parameter}}} cannot be"),
    }
}

fn parameters(pattern: &str) -> Vec<String> {
    let parts = pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    parts.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_parameter_that_cannot_be_leads_nowhere() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        for pattern in endpoint.paths() {
            for parameter in parameters(&pattern) {
                let nothing = (String::new(), NO_ROUTE);
                for (value, expected) in bad_values(endpoint, &parameter).into_iter().chain([nothing]) {
                    let path = world.path(&pattern, &[(&parameter, &value)]);
                    // An empty last part may be the path of a list.
                    if description::endpoint(&endpoint.method, &path)
                        .is_some_and(|row| row.path != endpoint.path)
                    {
                        continue;
                    }
                    let call = world.call(endpoint, &path);
                    let call = if row.body.is_empty() { call } else { call.json(&world.body(row)) };
                    bench.rejects(endpoint, &path, call, expected, &[]).await;
                }
            }
        }
    }
    bench.nothing_changed("bad paths").await;
    bench.finish();
}

#[tokio::test]
async fn a_parameter_that_can_be_anything_is_never_too_much() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    let long = ["a".repeat(300), "%C3%A9".repeat(1500), "a%23b".repeat(900), "%00".repeat(900)];
    let odd = ["foo.c-main", "in.c-main", "..", "%2e%2e", "%00", "%23", "%2F", "*", "%25"];
    for endpoint in endpoints().filter(|row| row.path.contains("{object}")) {
        for value in odd.iter().copied().chain(long.iter().map(String::as_str)) {
            let path = world.path(endpoint.path, &[("object", value)]);
            bench.answers(endpoint, value, world.call(endpoint, &path), &[200, 404]).await;
        }
    }
    for endpoint in endpoints().filter(|row| row.path == "/pickup/{share}" && row.method == Method::GET) {
        for value in odd.iter().copied().chain(long.iter().map(String::as_str)) {
            let path = world.path(endpoint.path, &[("share", value)]);
            bench.answers(endpoint, value, world.call(endpoint, &path), &[200]).await;
        }
    }
    bench.nothing_changed("odd paths").await;
    bench.finish();
}

#[tokio::test]
async fn a_path_with_more_or_less_at_its_end_leads_nowhere() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        let paths = endpoint.paths();
        for pattern in &paths {
            let path = world.path(pattern, &[]);
            let with_slash = format!("{pattern}/");
            let mut odd = vec![
                format!("{path}//"),
                format!("/{path}"),
                format!("{path}/x/y/z/nonsense"),
                format!("/api{path}"),
                path.to_uppercase(),
            ];
            if !paths.contains(&with_slash) && !pattern.ends_with('/') {
                odd.push(format!("{path}/"));
            }
            for path in odd {
                let call = world.call(endpoint, &path);
                bench.rejects(endpoint, &path, call, NO_ROUTE, &[]).await;
            }
        }
    }
    bench.nothing_changed("unknown paths").await;
    bench.finish();
}

#[tokio::test]
async fn a_path_names_the_methods_it_takes() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    let mut taken: BTreeMap<String, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints() {
        for pattern in endpoint.paths() {
            taken.entry(pattern).or_default().push(endpoint);
        }
    }
    for (pattern, rows) in taken.iter().filter(|(pattern, _)| !pattern.ends_with('/')) {
        let path = world.path(pattern, &[]);
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"] {
            if rows.iter().any(|row| row.methods().any(|answered| answered.as_str() == method)) {
                continue;
            }
            let call = || {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                world.jeton.call(method, &path).token(&world.jeton.master).manage(&world.jeton.manage)
            };
            let expected = rejection(405, "methodNotAllowed", "only");
            bench.rejects(rows[0], &format!("{method} {path}"), call(), expected, &[]).await;
            let answer = call().send().await;
            let mut allowed: Vec<&str> = answer.header("allow").unwrap_or_default().split(", ").collect();
            let wanted: Vec<Method> = rows.iter().flat_map(|row| row.methods()).collect();
            let mut wanted: Vec<&str> = wanted.iter().map(Method::as_str).collect();
            allowed.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(allowed, wanted, "the Allow of {method} {path}");
        }
    }
    bench.nothing_changed("wrong methods").await;
    bench.finish();
}
