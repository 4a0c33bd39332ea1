//! The proxy of the fault tests in front of DynamoDB Local, for a benchmark that is written in another language.
//!
//! Prints where it listens. Then it obeys lines: `limit READS WRITES` limits each partition to so many a second,
//! and `count` prints what came since the last time, as JSON: how many requests read, how many wrote, how many were
//! throttled, and to how many partitions events of tokens were written.

use std::collections::BTreeSet;

use jeton_tests::fault_proxy::FaultProxy;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::main]
async fn main() {
    let proxy = FaultProxy::start().await;
    println!("{}", proxy.endpoint());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.expect("the other side writes lines") {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["limit", reads, writes] => {
                let number = |word: &str| word.parse().expect("this is a number");
                proxy.limit(number(reads), number(writes));
            }
            ["count"] => {
                let of =
                    |operations: &[&str]| operations.iter().map(|one| proxy.count(one, "")).sum::<usize>();
                println!(
                    "{}",
                    json!({
                        "reads": of(&["GetItem", "BatchGetItem", "Query"]),
                        "writes": of(&["PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"]),
                        "throttled": proxy.throttled(),
                        "shards": shards(&proxy),
                    })
                );
                proxy.forget();
            }
            _ => panic!("limit READS WRITES, or count"),
        }
    }
}

/// The number of partitions that events of tokens were written to: `P#PROJECT#T#TOKEN#SHARD`.
fn shards(proxy: &FaultProxy) -> usize {
    let written = ["PutItem", "BatchWriteItem"];
    let actions = proxy.actions().into_iter().filter(|(operation, _)| written.contains(&operation.as_str()));
    actions.filter_map(|(_, key)| key.filter(|key| key.contains("#T#"))).collect::<BTreeSet<_>>().len()
}
