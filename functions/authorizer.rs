//! Checks tokens for the gateway of a platform.

use jeton_service::{function::Function, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(Function::Authorizer).await
}
