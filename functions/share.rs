//! Shares a token by e-mail; lists, withdraws and resends pending shares.

use jeton_service::{endpoint::table::SHARE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(SHARE).await
}
