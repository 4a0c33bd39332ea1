//! The bare calls of a verify to DynamoDB, by the SDK: a consistent read of the item, which is answered as it is
//! kept, and for a POST an item more, with the body.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{json, row};

struct Table {
    client: Client,
    name: String,
    written: AtomicU64,
}

pub fn routes(endpoint: &str, table: &str) -> Router {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "floor"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let table =
        Table { client: Client::from_conf(config), name: table.to_owned(), written: AtomicU64::new(0) };
    Router::new().route("/", get(answer).post(answer_and_store)).with_state(Arc::new(table))
}

async fn answer(State(table): State<Arc<Table>>, headers: HeaderMap) -> Response {
    table.read(&headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer_and_store(State(table): State<Arc<Table>>, headers: HeaderMap, body: String) -> Response {
    let answer = table.read(&headers).await;
    let stored = table.store(body).await;
    stored.and(answer).unwrap_or_else(IntoResponse::into_response)
}

impl Table {
    async fn read(&self, headers: &HeaderMap) -> Result<Response, StatusCode> {
        let (project, id) = row(headers).ok_or(StatusCode::UNAUTHORIZED)?;
        let key = format!("V#{project}#{id}");
        let read = self.client.get_item().table_name(&self.name).consistent_read(true);
        let read = read.key("pk", AttributeValue::S(key)).key("sk", AttributeValue::S("V".to_owned()));
        let found = read.send().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        match found.item.and_then(|mut item| item.remove("body")) {
            Some(AttributeValue::S(body)) => Ok(json(body)),
            _ => Err(StatusCode::UNAUTHORIZED),
        }
    }

    async fn store(&self, body: String) -> Result<(), StatusCode> {
        // As many partitions as the events of as many tokens would have.
        let count = self.written.fetch_add(1, Ordering::Relaxed);
        let put = self.client.put_item().table_name(&self.name);
        let put = put.item("pk", AttributeValue::S(format!("BARE#{}", count % 1000)));
        let put = put.item("sk", AttributeValue::S(format!("{count:036}")));
        let put = put.item("body", AttributeValue::S(body)).send();
        put.await.map(drop).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    }
}
