//! Telemetry of a function on Lambda.

use http::Method;
use jeton_service::telemetry::{FUNCTION_NAME, NAMESPACE, OLDEST_OVERDUE};
use jeton_tests::{
    collector::{Collector, attribute},
    ses,
};
use serde_json::{Value, json};

use crate::{
    gateway::Gateway,
    thread::{gateway, gateway_with},
};

const VERIFY: &str = "/v2/storage/tokens/verify";

/// The log lines of a function from which `CloudWatch` makes metrics.
fn metrics(gateway: &Gateway, function: &str) -> Vec<Value> {
    let lines = gateway.lines(function).into_iter();
    let lines: Vec<_> = lines.filter(|line| line["_aws"].is_object()).collect();
    for line in &lines {
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], NAMESPACE);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[FUNCTION_NAME]]));
        assert_eq!(line[FUNCTION_NAME], function);
    }
    lines
}

#[tokio::test]
async fn an_invocation_is_one_line_with_its_id_of_which_metrics_are_made() {
    let (mut gateway, master, _) = gateway().await;
    let answer = gateway.call(Method::GET, VERIFY, &master, None).await.expect(200);
    gateway.call(Method::GET, VERIFY, "nonsense", None).await.expect(401);
    let [verified, rejected] = &metrics(&gateway, "verify")[..] else {
        panic!("two lines: {:?}", gateway.lines("verify"))
    };
    assert_eq!((&verified["request"], &verified["status"]), (&json!("invocation-1"), &json!(200)));
    assert_eq!(verified["request"], answer.header("x-request-id").unwrap());
    assert_eq!((&verified["route"], &verified["Refused"]), (&json!(VERIFY), &json!(0)));
    assert!(verified["Latency"].as_f64().unwrap() > 0.0);
    let (address, secret) = master.rsplit_once('-').unwrap();
    assert_eq!(verified["token"], address);
    assert_eq!(
        (&rejected["Refused"], &rejected["Failed"], rejected.get("token")),
        (&json!(1), &json!(0), None)
    );
    assert!(gateway.lines("verify").iter().all(|line| !line.to_string().contains(secret)));
    let about_requests = gateway.lines("verify").into_iter().filter(|line| line["message"] == "request");
    assert_eq!(about_requests.count(), 2, "nothing is told twice");
}

#[tokio::test]
async fn a_sweep_tells_how_late_it_is_even_when_there_is_nothing_to_do() {
    let (mut gateway, _, _) = gateway().await;
    let scheduled: Value = serde_json::from_str(include_str!("../watch/schedule.json")).unwrap();
    gateway.invoke("expiry-sweep", scheduled).await.unwrap();
    let [line] = &metrics(&gateway, "expiry-sweep")[..] else { panic!("one line") };
    assert_eq!((&line[OLDEST_OVERDUE], &line["Left"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_run_of_sealing_tells_how_late_it_is_even_when_there_is_nothing_to_do() {
    let (mut gateway, _, _) = gateway().await;
    gateway.invoke("seal", json!({})).await.unwrap();
    let [line] = &metrics(&gateway, "seal")[..] else { panic!("one line") };
    assert_eq!((&line["OldestUnsealed"], &line["Unsealed"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_authorizers_line_has_the_id_of_its_invocation() {
    let (mut gateway, master, _) = gateway().await;
    let event = include_str!("../authorizer/events/http-api.json").replace("{token}", &master);
    gateway.invoke("authorizer", serde_json::from_str(&event).unwrap()).await.unwrap();
    let lines = gateway.lines("authorizer");
    let line = lines.iter().find(|line| line["message"] == "authorize").unwrap();
    assert_eq!((&line["request"], &line["answer.allowed"]), (&json!("invocation-1"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_sent_before_the_answer_since_lambda_lets_nothing_run_afterwards() {
    let collector = Collector::start().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.clone());
    let (mut gateway, master, _) = gateway_with(vec![endpoint]).await;
    gateway.call(Method::GET, VERIFY, &master, None).await.expect(200);
    let spans = collector.spans();
    let (service, request) = spans.iter().find(|(_, span)| span.name == format!("GET {VERIFY}")).unwrap();
    assert_eq!(
        (service.as_str(), attribute(request, "http.request.id").as_deref()),
        ("jeton-verify", Some("invocation-1"))
    );
    assert!(spans.iter().any(|(_, span)| span.name == "GetItem" && span.parent_span_id == request.span_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn so_are_the_traces_of_the_functions_without_an_endpoint() {
    let collector = Collector::start().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.clone());
    let (mut gateway, master, _) = gateway_with(vec![endpoint]).await;
    let authorize = include_str!("../authorizer/events/http-api.json").replace("{token}", &master);
    let events = [
        ("authorizer", serde_json::from_str(&authorize).unwrap()),
        ("expiry-sweep", serde_json::from_str(include_str!("../watch/schedule.json")).unwrap()),
        ("seal", json!({})),
        ("bounces", ses::came_back(&format!("/share/{}", "0".repeat(32)))),
    ];
    for (function, event) in events {
        gateway.invoke(function, event).await.unwrap();
        let service = format!("jeton-{function}");
        let of_function: Vec<String> = collector
            .spans()
            .into_iter()
            .filter(|(of, _)| *of == service)
            .map(|(_, span)| span.name)
            .collect();
        assert!(!of_function.is_empty(), "no span of {function}");
    }
}
