//! The settings of a table that its records do not show.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    types::{PointInTimeRecoveryStatus, TimeToLiveStatus},
};
use futures_util::future::join;

use super::{DynamoDb, create::Definition, failure::chain};

/// The settings of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSettings {
    /// Whether DynamoDB deletes expired records.
    pub deletes_expired: Setting,
    /// Whether the table can be restored to any second of the last weeks.
    pub recovers: Setting,
}

/// A setting of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// It is as the definition of the table has it.
    Set,
    /// It is not.
    Missing,
    /// It could not be asked for, with the reason.
    Unknown(String),
    /// A stand-in of DynamoDB does not have it.
    Unsupported,
}

impl Setting {
    const fn of(is_set: bool) -> Self {
        if is_set { Self::Set } else { Self::Missing }
    }

    fn unknown(error: &(impl ProvideErrorMetadata + std::error::Error + 'static)) -> Self {
        match error.code() {
            Some("UnknownOperationException") => Self::Unsupported,
            _ => Self::Unknown(chain(error)),
        }
    }
}

impl DynamoDb {
    /// Asks for the settings of the table. It needs permissions that Jeton does not need otherwise.
    pub async fn settings(&self) -> TableSettings {
        let (lives, recovers) = join(
            self.client.describe_time_to_live().table_name(&self.table).send(),
            self.client.describe_continuous_backups().table_name(&self.table).send(),
        )
        .await;
        let deletes_expired = match lives {
            Ok(answer) => Setting::of(answer.time_to_live_description.is_some_and(|found| {
                let status = found.time_to_live_status();
                matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
                    && found.attribute_name() == Definition::ttl().as_deref()
            })),
            Err(error) => Setting::unknown(&error),
        };
        let recovers = match recovers {
            Ok(answer) => {
                let found = answer.continuous_backups_description;
                let found = found.and_then(|found| found.point_in_time_recovery_description);
                let status = found.and_then(|found| found.point_in_time_recovery_status);
                Setting::of(status == Some(PointInTimeRecoveryStatus::Enabled))
            }
            Err(error) => Setting::unknown(&error),
        };
        TableSettings { deletes_expired, recovers }
    }
}
