//! The proxy of the fault tests in front of DynamoDB Local, for a benchmark that is written in another language.
//!
//! Prints where it listens. Then it obeys lines: `limit READS WRITES` limits each partition to so many a second,
//! and `count` prints how many requests came since the last time, and how many of them read, as JSON.

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
                let reads = proxy.count("GetItem", "") + proxy.count("BatchGetItem", "");
                println!("{}", json!({"requests": proxy.total(), "reads": reads}));
                proxy.forget();
            }
            _ => panic!("limit READS WRITES, or count"),
        }
    }
}
