//! A service whose one route takes a token that may write the bucket in its path.
//!
//! `cargo run -p jeton-client --example guarded`, beside a Jeton.

use axum::{Extension, Router, extract::Path, routing::post};
use jeton_client::{Client, Question, Token, require};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let jeton = Client::anonymous("http://127.0.0.1:3000")?;
    let writes = require(jeton, |head| {
        let bucket = head.uri.path().split('/').nth(2)?.to_owned();
        Some(Question::to_write("storage.tableImported", bucket))
    });
    let routes = Router::new().route("/buckets/{bucket}/tables", post(import)).layer(writes);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
    Ok(axum::serve(listener, routes).await?)
}

async fn import(Path(bucket): Path<String>, Extension(token): Extension<Token>) -> String {
    format!("{} imports into {bucket}", token.description)
}
