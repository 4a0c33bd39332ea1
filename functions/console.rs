//! The pages of the console.

use jeton_service::{endpoint::table::CONSOLE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(CONSOLE).await
}
