//! Traces.

use jeton_tests::collector::{Collector, attribute};

use crate::{secret, started};

const VERIFY: &str = "/v2/storage/tokens/verify";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn hex(id: &[u8]) -> String {
    use std::fmt::Write as _;
    id.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_below_its_callers_with_what_the_store_did_below_it() {
    let collector = Collector::start().await;
    let (jeton, master) = started(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)]);
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let call = jeton.client().get(VERIFY).token(&master).header("traceparent", &traceparent);
    let answer = call.send().await.expect(200);
    assert!(jeton.end().success(), "what is waiting is sent at the end");

    let request = collector.span(&format!("GET {VERIFY}"));
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    let is = |name: &str| attribute(&request, name).unwrap_or_default();
    assert_eq!((is("http.route"), is("http.request.method")), (VERIFY.to_owned(), "GET".to_owned()));
    assert_eq!(is("http.response.status_code"), "200");
    assert_eq!(Some(is("http.request.id").as_str()), answer.header("x-request-id"));
    let read = collector.spans().into_iter().map(|(_, span)| span).find(|span| {
        span.name == "read" && span.parent_span_id == request.span_id && span.trace_id == request.trace_id
    });
    assert_eq!(attribute(&read.expect("what the store read"), "db.system.name").as_deref(), Some("sqlite"));
    assert!(collector.spans().iter().all(|(service, _)| service == "jeton"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_path_is_in_a_trace() {
    let collector = Collector::start().await;
    let (jeton, master) =
        started(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", collector.endpoint))]);
    let client = jeton.client();
    client.get(VERIFY).token(&master).send().await.expect(200);
    client.get(&format!("/v2/storage/tokens/{master}")).token(&master).send().await.expect(404);
    client.get(&format!("{VERIFY}?seen={master}")).token("nonsense").send().await.expect(401);
    assert!(jeton.end().success());
    collector.span("GET /v2/storage/tokens/{token}");
    let received = collector.received();
    let holds = |text: &str| received.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("http.route") && !holds(secret(&master)));
}

#[tokio::test]
async fn a_collector_that_is_not_there_keeps_nobody_from_being_served() {
    let (jeton, master) = started(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]);
    jeton.client().get(VERIFY).token(&master).send().await.expect(200);
    assert!(jeton.end().success());
}
