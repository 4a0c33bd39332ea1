//! The authorizer: checks tokens for the gateway of a platform.

use jeton_service::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run_authorizer().await
}
