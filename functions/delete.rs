//! Deletes tokens and copies, also leaked ones.

use jeton_service::{endpoint::table::DELETE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(DELETE).await
}
