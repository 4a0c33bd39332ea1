//! Creates the table, for a store outside the stack of `infra/template.yaml`, or completes one that an earlier call has begun.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::timeout::TimeoutConfig,
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
        PointInTimeRecoveryStatus, ScalarAttributeType, SseSpecification, TableDescription, TableStatus,
        TimeToLiveSpecification, TimeToLiveStatus,
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

/// The timeout of one attempt. Changes of a table take longer than those of its items.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Definition {
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

impl Definition {
    fn read() -> serde_json::Result<Self> {
        serde_json::from_str(DEFINITION)
    }

    /// The attribute with the time at which a record expires.
    pub(super) fn ttl() -> Option<String> {
        Some(Self::read().ok()?.time_to_live_specification.attribute_name)
    }
}

/// What became of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedTable {
    /// Whether there was none before.
    pub created: bool,
    /// What a table that was there lacked, and has now.
    pub completed: Vec<&'static str>,
    /// Whether it has point-in-time recovery: a stand-in of DynamoDB does not know it.
    pub recovers: bool,
}

impl DynamoDb {
    /// Creates the table as `infra/table.json` defines it, and waits until it can be used. A table that is there and is Jeton's,
    /// or empty, gets what it lacks: an earlier call may have ended in between.
    ///
    /// Errors: a sentence for the operator, also for the table of somebody else.
    pub async fn create_table(&self) -> Result<CreatedTable, String> {
        let definition = Definition::read().map_err(|error| self.table_failed("be created", &error))?;
        let timeouts =
            self.client.config().timeout_config().map(TimeoutConfig::to_builder).unwrap_or_default();
        let timeouts = timeouts.operation_attempt_timeout(PATIENCE).build();
        let client = Client::from_conf(self.client.config().to_builder().timeout_config(timeouts).build());
        let created = self.ask_for_table(&client, &definition).await?;
        let found = self.wait_until_active(&client).await?;
        if !created {
            self.require_own(&client, &definition, &found).await?;
        }
        let mut completed = Vec::new();
        if definition.deletion_protection_enabled && found.deletion_protection_enabled != Some(true) {
            let request = client.update_table().table_name(&self.table).deletion_protection_enabled(true);
            request.send().await.map_err(|error| self.table_failed("be protected", &error))?;
            completed.push("deletion protection");
        }
        if self.enable_time_to_live(&client, &definition.time_to_live_specification.attribute_name).await? {
            completed.push("time to live");
        }
        let recovery = self.enable_recovery(&client).await?;
        if recovery == Some(true) {
            completed.push("point-in-time recovery");
        }
        Ok(CreatedTable { created, completed, recovers: recovery.is_some() })
    }

    fn table_failed(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> String {
        format!("The DynamoDB table {} cannot {what}: {}.", self.table, chain(error))
    }

    /// Asks for the table. False if there is one of this name, perhaps of an attempt whose answer was lost.
    async fn ask_for_table(&self, client: &Client, definition: &Definition) -> Result<bool, String> {
        let failed = |error: &(dyn std::error::Error + 'static)| self.table_failed("be created", error);
        let mut request = client
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
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ResourceInUseException") => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Errors: a table that is not empty has other keys, or was not set up by Jeton. Time to live could delete what is in it.
    async fn require_own(
        &self,
        client: &Client,
        definition: &Definition,
        found: &TableDescription,
    ) -> Result<(), String> {
        let keys = found.key_schema().iter().map(|key| (key.attribute_name(), key.key_type().as_str()));
        let own = definition.key_schema.iter().map(|key| (&*key.attribute_name, &*key.key_type));
        let has_own_keys = keys.eq(own);
        let is_own = has_own_keys && (self.is_set_up().await? || self.is_empty(client).await?);
        let other = || {
            format!("The DynamoDB table {} exists already, and is not of Jeton. Name another.", self.table)
        };
        is_own.then_some(()).ok_or_else(other)
    }

    async fn is_empty(&self, client: &Client) -> Result<bool, String> {
        let request = client.scan().table_name(&self.table).consistent_read(true).limit(1);
        let first = request.send().await.map_err(|error| self.table_failed("be read", &error))?;
        Ok(first.count == 0)
    }

    /// Enables time to live. False if it was enabled.
    async fn enable_time_to_live(&self, client: &Client, attribute: &str) -> Result<bool, String> {
        let request = client.describe_time_to_live().table_name(&self.table);
        let found = request.send().await.map_err(|error| self.table_failed("be read", &error))?;
        let status = found.time_to_live_description().and_then(|found| found.time_to_live_status());
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(false);
        }
        let failed =
            |error: &(dyn std::error::Error + 'static)| self.table_failed("be given a time to live", error);
        let lives = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
        let request = client.update_time_to_live().table_name(&self.table);
        let request = request.time_to_live_specification(lives.map_err(|error| failed(&error))?);
        request.send().await.map_err(|error| failed(&error))?;
        Ok(true)
    }

    /// Enables point-in-time recovery. False if it was enabled; none on DynamoDB Local, which does not know it.
    async fn enable_recovery(&self, client: &Client) -> Result<Option<bool>, String> {
        let failed =
            |error: &(dyn std::error::Error + 'static)| self.table_failed("be given recovery", error);
        let request = client.describe_continuous_backups().table_name(&self.table);
        let found = match request.send().await {
            Ok(found) => found.continuous_backups_description,
            Err(error) if error.code() == Some("UnknownOperationException") => None,
            Err(error) => return Err(failed(&error)),
        };
        let found = found.and_then(|found| found.point_in_time_recovery_description);
        let status = found.and_then(|found| found.point_in_time_recovery_status);
        if status == Some(PointInTimeRecoveryStatus::Enabled) {
            return Ok(Some(false));
        }
        for _ in 0..LOOKS {
            let enabled = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
            let enabled = enabled.build().map_err(|error| failed(&error))?;
            let request = client.update_continuous_backups().table_name(&self.table);
            match request.point_in_time_recovery_specification(enabled).send().await {
                Ok(_) => return Ok(Some(true)),
                Err(error) if error.code() == Some("UnknownOperationException") => return Ok(None),
                // DynamoDB is still enabling the backups of a new table.
                Err(error) if error.code() == Some("ContinuousBackupsUnavailableException") => {
                    sleep(LOOK_AGAIN).await;
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(format!("The DynamoDB table {} has no point-in-time recovery yet. Try again later.", self.table))
    }

    async fn wait_until_active(&self, client: &Client) -> Result<TableDescription, String> {
        for _ in 0..LOOKS {
            let request = client.describe_table().table_name(&self.table);
            let answer = request.send().await.map_err(|error| self.table_failed("be read", &error))?;
            if let Some(table) = answer.table.filter(|table| table.table_status == Some(TableStatus::Active))
            {
                return Ok(table);
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(format!("The DynamoDB table {} is created, and cannot be used yet. Try again later.", self.table))
    }
}
