//! Sets the token of a component configuration.

use jeton_service::{endpoint::table::COMPONENT_TOKEN, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(COMPONENT_TOKEN).await
}
