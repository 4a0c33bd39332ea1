//! Lists, reads and posts events.

use jeton_service::{endpoint::table::EVENTS, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(EVENTS).await
}
