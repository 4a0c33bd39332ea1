//! The service index, the API description and the health check.

use jeton_service::{function::Function, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(Function::Index).await
}
