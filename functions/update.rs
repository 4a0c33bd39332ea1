//! Changes a token.

use jeton_service::{endpoint::table::UPDATE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(UPDATE).await
}
