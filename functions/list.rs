//! Lists tokens.

use jeton_service::{endpoint::table::LIST, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(LIST).await
}
