//! Creates the table, for a store outside the stack of `infra/template.yaml`.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
        ScalarAttributeType, SseSpecification, TableStatus, TimeToLiveSpecification,
    },
};
use serde::Deserialize;
use tokio::time::sleep;

use super::{DynamoDb, failure::chain};

/// The table of a deployment, as a template has it.
const DEFINITION: &str = include_str!("../../../infra/table.json");

/// How long to wait between looks at a new table, and how often to look.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const LOOKS: u32 = 240;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    key_schema: Vec<Key>,
    attribute_definitions: Vec<Attribute>,
    billing_mode: String,
    time_to_live_specification: TimeToLive,
    deletion_protection_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
}

/// What became of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedTable {
    /// It was created, with everything that its definition has.
    Whole,
    /// It was created, on a stand-in of DynamoDB that has no point-in-time recovery.
    WithoutRecovery,
    /// There is a table of this name already. It was not changed.
    Exists,
}

impl DynamoDb {
    /// Creates the table as `infra/table.json` defines it, and waits until it can be used.
    ///
    /// Errors: a sentence for the operator.
    pub async fn create_table(&self) -> Result<CreatedTable, String> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            format!("The DynamoDB table {} cannot be created: {}.", self.table, chain(error))
        };
        let definition: Definition = serde_json::from_str(DEFINITION).map_err(|error| failed(&error))?;
        let mut request = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::from(definition.billing_mode.as_str()))
            .deletion_protection_enabled(definition.deletion_protection_enabled)
            .sse_specification(SseSpecification::builder().enabled(true).build());
        for key in &definition.key_schema {
            let element = KeySchemaElement::builder()
                .attribute_name(&key.attribute_name)
                .key_type(KeyType::from(key.key_type.as_str()));
            request = request.key_schema(element.build().map_err(|error| failed(&error))?);
        }
        for attribute in &definition.attribute_definitions {
            let attribute = AttributeDefinition::builder()
                .attribute_name(&attribute.attribute_name)
                .attribute_type(ScalarAttributeType::from(attribute.attribute_type.as_str()));
            request = request.attribute_definitions(attribute.build().map_err(|error| failed(&error))?);
        }
        match request.send().await {
            Ok(_) => {}
            Err(error) if error.code() == Some("ResourceInUseException") => return Ok(CreatedTable::Exists),
            Err(error) => return Err(failed(&error)),
        }
        self.wait_until_active().await?;
        let lives = TimeToLiveSpecification::builder()
            .attribute_name(&definition.time_to_live_specification.attribute_name)
            .enabled(true)
            .build()
            .map_err(|error| failed(&error))?;
        let request = self.client.update_time_to_live().table_name(&self.table);
        request.time_to_live_specification(lives).send().await.map_err(|error| failed(&error))?;
        let recovers =
            PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let recovers = recovers.map_err(|error| failed(&error))?;
        let request = self.client.update_continuous_backups().table_name(&self.table);
        match request.point_in_time_recovery_specification(recovers).send().await {
            Ok(_) => Ok(CreatedTable::Whole),
            // DynamoDB Local.
            Err(error) if error.code() == Some("UnknownOperationException") => {
                Ok(CreatedTable::WithoutRecovery)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn wait_until_active(&self) -> Result<(), String> {
        for _ in 0..LOOKS {
            let request = self.client.describe_table().table_name(&self.table);
            let answer = request.send().await.map_err(|error| {
                format!("The DynamoDB table {} cannot be read: {}.", self.table, chain(&error))
            })?;
            let status = answer.table.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(format!("The DynamoDB table {} is created, and cannot be used yet. Try again later.", self.table))
    }
}
