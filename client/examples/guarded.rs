//! A service with one guarded route: its caller needs a token of the project that may write the bucket in the path.
//!
//! Run it beside a Jeton with a project 5: `cargo run -p jeton-client --example guarded -- 5`.

use axum::{Extension, Router, extract::Path, routing::post};
use jeton_client::{Client, Question, Token, Tokens, require};

/// The routes. The guard is on a route, so a call that ends with 404 or 405 asks no question and adds no event to the token's
/// history.
pub fn routes(jeton: Client, project: u64) -> Router {
    let writes = require(jeton, Tokens::OfProject(project), |head| {
        // The segment as it is in the path, still encoded. Jeton rejects one that is not a bucket id.
        let bucket = head.uri.path().split('/').nth(2)?;
        Some(Question::to_write("storage.tableImported", bucket))
    });
    Router::new().route("/buckets/{bucket}/tables", post(import).route_layer(writes))
}

async fn import(Path(bucket): Path<String>, Extension(token): Extension<Token>) -> String {
    format!("{} imports into {bucket} of project {}", token.description, token.owner.id)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let project = std::env::args().nth(1).ok_or("pass the id of the project")?.parse()?;
    let routes = routes(Client::anonymous("http://127.0.0.1:3000")?, project);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
    Ok(axum::serve(listener, routes).await?)
}
