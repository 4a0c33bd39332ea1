//! Seals the days of history that are over, on a schedule.

use jeton_service::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run_seal().await
}
