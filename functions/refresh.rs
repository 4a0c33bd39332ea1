//! Refreshes a token.

use jeton_service::{endpoint::table::REFRESH, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(REFRESH).await
}
