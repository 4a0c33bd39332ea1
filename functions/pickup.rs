//! Picks up shares and invitations.

use jeton_service::{endpoint::table::PICKUP, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(PICKUP).await
}
