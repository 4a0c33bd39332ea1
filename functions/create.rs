//! Creates tokens.

use jeton_service::{endpoint::table::CREATE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(CREATE).await
}
