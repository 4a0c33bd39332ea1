//! Answers who a token is and what it may do.

use jeton_service::{function::Function, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(Function::Verify).await
}
