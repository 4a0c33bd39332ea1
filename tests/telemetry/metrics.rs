//! Metrics for Prometheus.

use std::{collections::BTreeMap, fs, time::Duration};

use jeton_tests::{
    client::{Answer, Client, fetch},
    functions::quiet_address,
    process::Served,
    store::fresh_folder,
};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{secret, started};

const VERIFY: &str = "/v2/storage/tokens/verify";

/// The samples of an answer, by name with labels. Every line must be one, or a comment.
fn samples(answer: &Answer) -> BTreeMap<String, f64> {
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
    };
    lines.map(sample).collect()
}

async fn scraped(jeton: &Served) -> BTreeMap<String, f64> {
    samples(&fetch(&format!("http://{}/metrics", jeton.address()), &[]).await.expect(200))
}

#[tokio::test]
async fn requests_are_counted_and_timed_by_route_method_and_status() {
    let (jeton, master) = started(&[]);
    let client = jeton.client();
    for _ in 0..3 {
        client.get(VERIFY).token(&master).send().await.expect(200);
    }
    client.get(VERIFY).send().await.expect(401);
    client.get("/nowhere").send().await.expect(404);
    let found = scraped(&jeton).await;
    let count = |route: &str, status: u16| {
        let labels = format!("{{method=\"GET\",route=\"{route}\",status=\"{status}\"}}");
        found.get(&format!("jeton_http_requests_total{labels}")).copied()
    };
    assert_eq!((count(VERIFY, 200), count(VERIFY, 401)), (Some(3.0), Some(1.0)), "{found:?}");
    assert_eq!(count("unmatched", 404), Some(1.0));
    let timed = format!("jeton_http_request_duration_seconds_count{{method=\"GET\",route=\"{VERIFY}\"}}");
    assert_eq!(found.get(&timed), Some(&4.0));
    assert!(found["process_start_time_seconds"] > 1_700_000_000.0);
}

#[tokio::test]
async fn questions_are_counted_by_whether_they_were_allowed() {
    let (jeton, master) = started(&[]);
    let question = |capability: &str| json!({"operation": "op", "capability": capability});
    let several =
        json!({"questions": [question("purgeTrash"), question("createJobs"), question("manageTokens")]});
    let limited =
        jeton.client().post("/v2/storage/tokens").token(&master).send().await.expect(201).field("token");
    for (token, questions) in
        [(&master, &several), (&master, &question("manageTokens")), (&limited, &several)]
    {
        jeton.client().post(VERIFY).token(token).json(questions).send().await.expect(200);
    }
    let found = scraped(&jeton).await;
    let count =
        |allowed: &str| found.get(&format!("jeton_questions_total{{allowed=\"{allowed}\"}}")).copied();
    assert_eq!([count("true"), count("false")], [Some(4.0), Some(3.0)], "{found:?}");
}

#[tokio::test]
async fn no_id_no_secret_and_nothing_that_a_caller_makes_up_is_in_them() {
    let (jeton, master) = started(&[]);
    let client = jeton.client();
    let body = json!({"description": "import"});
    let id =
        client.post("/v2/storage/tokens").token(&master).json(&body).send().await.expect(201).field("id");
    client.get(&format!("/v2/storage/tokens/{id}")).token(&master).send().await.expect(200);
    client.get(&format!("/made-up/{id}")).send().await.expect(404);
    client.call("MADEUP".parse().unwrap(), VERIFY).send().await.expect(405);
    let text = fetch(&format!("http://{}/metrics", jeton.address()), &[]).await.expect(200).text();
    assert!(text.contains("route=\"/v2/storage/tokens/{token}\""), "{text}");
    for made_up in [id.as_str(), secret(&master), "made-up", "MADEUP"] {
        assert!(!text.contains(made_up), "{made_up} in {text}");
    }
}

#[tokio::test]
async fn only_this_machine_is_answered_under_its_own_name() {
    let (jeton, _) = started(&[]);
    let url = format!("http://{}/metrics", jeton.address());
    fetch(&url, &[("host", "localhost:3000")]).await.expect(200);
    for host in ["tokens.example.org", "localhost.example.org", "127.0.0.1.example.org"] {
        fetch(&url, &[("host", host)]).await.expect_error(404, "notFound");
    }
    jeton.client().post("/metrics").send().await.expect_error(404, "notFound");
}

#[tokio::test]
async fn a_metrics_address_of_its_own_answers_every_caller_and_nothing_else() {
    let address = quiet_address().to_string();
    let (jeton, master) = started(&[("JETON_METRICS", &address)]);
    jeton.client().get(VERIFY).token(&master).send().await.expect(200);
    let url = format!("http://{address}/metrics");
    assert!(samples(&fetch(&url, &[("host", "jeton.example.org:9090")]).await.expect(200)).len() > 10);
    Client::new(&format!("http://{address}")).get(VERIFY).token(&master).send().await.expect(404);
}

#[tokio::test]
async fn sweeps_are_counted_with_how_late_they_were() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let master = fs::read_to_string(folder.join("jeton-master-token")).unwrap();
    let call =
        jeton.client().post("/v2/storage/tokens").token(master.trim_end()).json(&json!({"expiresIn": 1}));
    call.send().await.expect(201);
    // It ends before the token does, which its own sweeps would remove.
    assert!(jeton.end().success());
    // The clock of a process cannot be moved.
    sleep(Duration::from_secs(1)).await;

    let jeton = Served::start(&folder);
    let url = format!("http://{}/metrics", jeton.address());
    let removed = "jeton_sweep_tokens_total{outcome=\"removed\"} 1";
    let first_sweep = async {
        loop {
            let text = fetch(&url, &[]).await.expect(200).text();
            if text.contains(removed) {
                break text;
            }
        }
    };
    let found = timeout(Duration::from_mins(1), first_sweep).await.expect("a sweep when the server starts");
    assert!(found.contains("\njeton_sweep_oldest_overdue_seconds "), "{found}");
}
