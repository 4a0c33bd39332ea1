//! Stores in DynamoDB Local, each in a table of its own.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

/// An attribute of an item, for tests that do not link the SDK themselves.
pub use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use jeton_core::store::Store;
use jeton_store_dynamodb::DynamoDb;
use serde_json::Value;

/// The table definition of a deployment: the properties in its template.
const TABLE: &str = include_str!("../../infra/table.json");

/// The address of DynamoDB Local, set by `./test`.
pub fn endpoint() -> String {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    std::env::var("DYNAMODB_ENDPOINT").expect("DYNAMODB_ENDPOINT tells where DynamoDB Local is; run ./test")
}

/// A store in an empty table.
pub async fn fresh_table() -> Arc<dyn Store> {
    let table = create_table().await;
    Arc::new(table_at(&endpoint(), &table))
}

/// A name that no table has.
pub fn unused_name() -> String {
    format!("jeton-{:016x}", RandomState::new().hash_one(0))
}

/// Creates an empty table, and returns its name, which is unique.
///
/// It has no TTL: DynamoDB Local would remove items with the literal times of tests.
pub async fn create_table() -> String {
    let name = unused_name();
    let definition: Value = serde_json::from_str(TABLE).unwrap();
    let mut request = client(&endpoint()).create_table().table_name(&name);
    for key in definition["KeySchema"].as_array().unwrap() {
        let element = KeySchemaElement::builder()
            .attribute_name(text(&key["AttributeName"]))
            .key_type(KeyType::from(text(&key["KeyType"])));
        request = request.key_schema(element.build().unwrap());
    }
    for attribute in definition["AttributeDefinitions"].as_array().unwrap() {
        let attribute = AttributeDefinition::builder()
            .attribute_name(text(&attribute["AttributeName"]))
            .attribute_type(ScalarAttributeType::from(text(&attribute["AttributeType"])));
        request = request.attribute_definitions(attribute.build().unwrap());
    }
    request.billing_mode(BillingMode::from(text(&definition["BillingMode"]))).send().await.unwrap();
    name
}

/// A new table with the items of this one, as a restored backup is, and returns its name. DynamoDB Local has neither backups nor
/// point-in-time recovery, so the items are copied.
pub async fn copy_table(table: &str) -> String {
    let (client, copy, mut start) = (client(&endpoint()), create_table().await, None);
    loop {
        let page = client.scan().table_name(table).set_exclusive_start_key(start).send().await.unwrap();
        for item in page.items.unwrap_or_default() {
            client.put_item().table_name(&copy).set_item(Some(item)).send().await.unwrap();
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return copy;
        }
    }
}

/// The item of a table that says which table it is, and the version of its layout.
pub async fn schema(table: &str) -> HashMap<String, AttributeValue> {
    let [pk, sk] = ["META", "SCHEMA"].map(|key| AttributeValue::S(key.to_owned()));
    let request = client(&endpoint()).get_item().table_name(table).key("pk", pk).key("sk", sk);
    request.send().await.unwrap().item.expect("the table is set up")
}

/// Replaces it, with these attributes beside its key.
pub async fn put_schema(table: &str, attributes: &[(&str, AttributeValue)]) {
    let [pk, sk] = ["META", "SCHEMA"].map(|key| AttributeValue::S(key.to_owned()));
    let mut request = client(&endpoint()).put_item().table_name(table).item("pk", pk).item("sk", sk);
    for (name, value) in attributes {
        request = request.item(*name, value.clone());
    }
    request.send().await.unwrap();
}

/// All contents of a table, as text to search.
pub async fn dump(table: &str) -> String {
    let (client, mut text, mut start) = (client(&endpoint()), String::new(), None);
    loop {
        let page = client.scan().table_name(table).set_exclusive_start_key(start).send().await.unwrap();
        // In one order, so that two dumps can be compared.
        text.extend(
            page.items().iter().map(|item| format!("{:?}\n", item.iter().collect::<BTreeMap<_, _>>())),
        );
        start = page.last_evaluated_key;
        if start.is_none() {
            return text;
        }
    }
}

/// An item of a table.
pub async fn item(table: &str, partition: &str, sort: &str) -> Option<HashMap<String, AttributeValue>> {
    let request = client(&endpoint()).get_item().table_name(table).consistent_read(true);
    request.set_key(Some(key(partition, sort))).send().await.unwrap().item
}

/// Sets a number of an item.
pub async fn set(table: &str, partition: &str, sort: &str, name: &str, value: u64) {
    let request = client(&endpoint()).update_item().table_name(table).set_key(Some(key(partition, sort)));
    let request = request.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    let value = AttributeValue::N(value.to_string());
    request.expression_attribute_values(":value", value).send().await.unwrap();
}

fn key(partition: &str, sort: &str) -> HashMap<String, AttributeValue> {
    [("pk", partition), ("sk", sort)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into()
}

/// A store in an existing table, at this endpoint.
pub fn table_at(endpoint: &str, table: &str) -> DynamoDb {
    DynamoDb::new(client(endpoint), table)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A client of DynamoDB Local, for what the port does not offer.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(jeton_service::aws::plain_http())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(10)).build())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build();
    Client::from_conf(config)
}

/// The environment of a `jeton` with a table.
pub fn variables(table: &str) -> Vec<(&'static str, String)> {
    vec![
        ("JETON_STORE", format!("dynamodb:{table}")),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
    ]
}
