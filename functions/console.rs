//! The pages for administrators.

use jeton_service::{endpoint::table::CONSOLE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(CONSOLE).await
}
