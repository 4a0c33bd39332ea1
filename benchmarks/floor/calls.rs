//! The calls of one verify to DynamoDB by the SDK alone, without a server in front: so many loops, each with one
//! call under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};

/// What is called.
#[derive(Clone)]
pub struct Calls {
    pub endpoint: String,
    pub table: String,
    /// Partition keys of the items that are read.
    pub keys: Arc<[String]>,
    /// How long the text of the item is that is written after each read, in bytes; none is when this is none.
    pub written: Option<usize>,
}

/// Calls for so long, and tells the rate, in loops per second, and the median of how long one took, in
/// milliseconds, as JSON.
pub async fn measure(calls: Calls, loops: usize, time: Duration) -> String {
    let client = client(&calls.endpoint);
    let started = Instant::now();
    let until = started + time;
    let running: Vec<_> =
        (0..loops).map(|number| tokio::spawn(repeat(client.clone(), calls.clone(), number, until))).collect();
    let mut took = Vec::new();
    for one in running {
        took.extend(one.await.expect("a loop comes to its end"));
    }
    let elapsed = started.elapsed();
    took.sort_unstable();
    let count = u32::try_from(took.len()).expect("no run has that many calls");
    let rate = f64::from(count) / elapsed.as_secs_f64();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    format!("{{\"rate\":{rate:.1},\"p50\":{:.4}}}", median.as_secs_f64() * 1e3)
}

async fn repeat(client: Client, calls: Calls, number: usize, until: Instant) -> Vec<Duration> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut place = number;
    let mut took = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        // A step that shares no divisor with the usual numbers of keys goes through all of them.
        place = (place + 7919) % calls.keys.len();
        let read = client
            .get_item()
            .table_name(&calls.table)
            .key("pk", text(&calls.keys[place]))
            .key("sk", text("V"));
        let found = read.consistent_read(true).send().await.expect("the table answers");
        assert!(found.item.is_some(), "{} is there", calls.keys[place]);
        if let Some(length) = calls.written {
            let count = WRITTEN.fetch_add(1, Ordering::Relaxed);
            let put = client.put_item().table_name(&calls.table).item("pk", text(&format!("BARE#{place}")));
            let put = put.item("sk", text(&format!("{count:036}"))).item("body", text(&"x".repeat(length)));
            put.send().await.expect("the table answers");
        }
        took.push(began.elapsed());
    }
    took
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "floor"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
