//! Answers every call with a word: what a function costs that does nothing.

use axum::{Router, routing::any};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(Router::new().fallback(any(|| async { "hello" }))).await
}
