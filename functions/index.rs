//! The service index, the API description, health and readiness.

use jeton_service::{endpoint::table::INDEX, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(INDEX).await
}
