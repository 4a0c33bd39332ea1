//! Verifies tokens: answers who a token is and what it may do.

use jeton_service::{endpoint::table::VERIFY_ALONE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(VERIFY_ALONE).await
}
