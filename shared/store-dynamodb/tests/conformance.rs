//! Conformance of the store in a DynamoDB table.

use jeton_store_dynamodb::DynamoDb;
use jeton_tests::dynamodb::{create_table, endpoint, table_at};

async fn empty() -> DynamoDb {
    table_at(&endpoint(), &create_table().await)
}

jeton_store_conformance::suite!(empty);
