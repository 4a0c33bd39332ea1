//! Bodies that are neither a JSON object nor a form, and bodies that are too large.

use jeton_service::endpoint::Endpoint;

use super::{
    bench::{Bench, MALFORMED, Rejection, rejection},
    rows::ROWS,
    world::World,
};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

const UNSUPPORTED: Rejection<'_> = rejection(415, "unsupportedMediaType", "application/json");

/// A name that `serde_json` reserves: an object with this one field would be parsed as its text.
pub const RESERVED: &str = "$serde_json::private::RawValue";

/// Nested input: an object in a text in an object, so many times, each at the bottom of a deep list.
pub fn nested_texts(levels: usize) -> String {
    let mut text = "1".to_owned();
    for _ in 0..levels {
        let escaped = text.replace('\\', "\\u005c").replace('"', "\\u0022");
        let (open, close) = ("[".repeat(120), "]".repeat(120));
        text = format!("{open}{{\"{RESERVED}\":\"{escaped}\"}}{close}");
    }
    format!("{{\"tokens\": {text}}}")
}

/// The kind of body, its type, the body itself, and the expected error.
fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>, Rejection<'static>)> {
    let deep = |open: &str, close: &str, times| format!("{}{}", open.repeat(times), close.repeat(times));
    vec![
        ("text", "text/plain", b"{}".to_vec(), UNSUPPORTED),
        ("XML", "application/xml", b"<a/>".to_vec(), UNSUPPORTED),
        ("parts", "multipart/form-data; boundary=x", b"--x--".to_vec(), UNSUPPORTED),
        ("an empty type", "", b"{}".to_vec(), UNSUPPORTED),
        ("a type that starts like JSON", "application/jsonp", b"{}".to_vec(), UNSUPPORTED),
        ("broken JSON", JSON, b"{".to_vec(), MALFORMED),
        ("JSON with more behind it", JSON, b"{} {}".to_vec(), MALFORMED),
        ("JSON with a comma too many", JSON, br#"{"a": 1,}"#.to_vec(), MALFORMED),
        ("a form as JSON", JSON, b"a=1".to_vec(), MALFORMED),
        ("a JSON string", JSON, b"\"text\"".to_vec(), MALFORMED),
        ("a JSON number", JSON, b"5".to_vec(), MALFORMED),
        ("a JSON boolean", JSON, b"true".to_vec(), MALFORMED),
        ("JSON null", JSON, b"null".to_vec(), MALFORMED),
        ("a JSON list", JSON, b"[{}]".to_vec(), MALFORMED),
        ("a deep list", JSON, deep("[", "]", 10_000).into_bytes(), MALFORMED),
        ("a deep object", JSON, deep("{\"a\":", "}", 10_000).into_bytes(), MALFORMED),
        ("a deep field", JSON, format!("{{\"a\": {}}}", deep("[", "]", 1000)).into_bytes(), MALFORMED),
        ("texts in texts that a parser would open", JSON, nested_texts(20).into_bytes(), MALFORMED),
        (
            "a field of the parser's own",
            JSON,
            format!("{{\"a\": {{\"{RESERVED}\": \"1\"}}}}").into_bytes(),
            MALFORMED,
        ),
        (
            "the same, escaped",
            JSON,
            format!("{{\"a\": {{\"\\u0024{}\": \"1\"}}}}", &RESERVED[1..]).into_bytes(),
            MALFORMED,
        ),
        ("the same in a form", FORM, format!("a[0][{RESERVED}]=1").into_bytes(), MALFORMED),
        ("an absurd number", JSON, br#"{"expiresIn": 1e400}"#.to_vec(), MALFORMED),
        ("half a surrogate", JSON, br#"{"description": "\ud800"}"#.to_vec(), MALFORMED),
        ("a byte order mark", JSON, b"\xef\xbb\xbf{}".to_vec(), MALFORMED),
        ("JSON that is no UTF-8", JSON, b"{\"description\": \"\xff\"}".to_vec(), MALFORMED),
        ("JSON in UTF-16", JSON, b"{\0}\0".to_vec(), MALFORMED),
        ("a NUL", JSON, b"\0".to_vec(), MALFORMED),
        ("a bracket left open", FORM, b"a[b=1".to_vec(), MALFORMED),
        ("a bracket without a name", FORM, b"[a]=1".to_vec(), MALFORMED),
        ("text behind brackets", FORM, b"a[b]c=1".to_vec(), MALFORMED),
        ("brackets in brackets", FORM, b"a[[b]]=1".to_vec(), MALFORMED),
        ("deep brackets", FORM, format!("a{}=1", "[b]".repeat(1000)).into_bytes(), MALFORMED),
        ("a form that is no UTF-8", FORM, b"a=\xff".to_vec(), MALFORMED),
        ("an escape that is no UTF-8", FORM, b"a=%ff".to_vec(), MALFORMED),
        ("a key that is no UTF-8", FORM, b"%c3%28=1".to_vec(), MALFORMED),
        ("too many fields", FORM, "a=1&".repeat(5001).into_bytes(), MALFORMED),
        ("too many items", FORM, "a[]=1&".repeat(5001).into_bytes(), MALFORMED),
        ("a type with a charset", "application/json; charset=utf-8", b"{".to_vec(), MALFORMED),
    ]
}

/// The error for a body of more than `max_body` bytes.
pub fn too_large(endpoint: &Endpoint) -> Rejection<'static> {
    let posts_event = endpoint.method == "POST" && endpoint.path.ends_with("/events");
    rejection(if posts_event { 400 } else { 413 }, "requestTooLarge", "")
}

#[tokio::test]
async fn a_body_that_does_not_parse_is_rejected_wherever_one_is_taken() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for endpoint in ROWS.iter().map(super::rows::Row::endpoint).filter(|row| row.shape.takes.is_some()) {
        for (about, content_type, body, expected) in bodies() {
            let call = world.call_well(endpoint).raw(content_type, body);
            bench.rejects(endpoint, about, call, expected, &[]).await;
        }
        bench.nothing_changed(endpoint.path).await;
    }
    bench.finish();
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected_everywhere() {
    let world = World::start().await;
    let mut bench = Bench::new(&world).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        let mut body = world.body(row).to_string();
        body.push_str(&" ".repeat(endpoint.max_body + 1 - body.len()));
        let call = world.call_well(endpoint).raw(JSON, body);
        bench.rejects(endpoint, "one byte too many", call, too_large(endpoint), &[]).await;
    }
    bench.nothing_changed("bodies that are too large").await;
    bench.finish();
}
