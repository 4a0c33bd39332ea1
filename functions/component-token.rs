//! Gives a component configuration its token.

use jeton_service::{endpoint::table::COMPONENT_TOKEN, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(COMPONENT_TOKEN).await
}
