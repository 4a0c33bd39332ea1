//! Projects, members, invitations and manage tokens.

use jeton_service::{endpoint::table::MANAGE, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(MANAGE).await
}
