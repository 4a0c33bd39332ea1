//! Reads one token.

use jeton_service::{endpoint::table::DETAIL, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(DETAIL).await
}
