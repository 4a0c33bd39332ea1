//! The sweep: removes expired tokens, on a schedule.

use jeton_service::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run_sweep().await
}
