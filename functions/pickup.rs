//! Lets a recipient pick up what was shared.

use jeton_service::{function::Function, runtime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run(Function::Pickup).await
}
