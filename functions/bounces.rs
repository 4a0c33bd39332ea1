//! Ends shares whose mails came back, on messages of SES.

use jeton_service::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::run_bounces().await
}
