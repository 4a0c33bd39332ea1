//! Checks of a table of DynamoDB. They change nothing.

use jeton_core::store::Unusable;
use jeton_service::{
    config::Config,
    runtime::{self, Setting},
    telemetry::Telemetry,
};

use super::check::Check;

/// Whether the table answers, and this version can use it.
pub async fn check(config: &Config, name: &str) -> Check {
    let advice = "check JETON_STORE, the region, the credentials and their permissions; `jeton init table` makes a table";
    let url = format!("http://{}", config.listen);
    let app = match runtime::open(config, url, Telemetry::default()).await {
        Ok(app) => app,
        Err(error) => return Check::failure("store", error.to_string(), advice),
    };
    match app.store.unusable().await {
        Ok(Some(unusable @ Unusable::Copy(_))) => {
            return Check::failure(
                "store",
                unusable.to_string(),
                "`jeton activate` accepts the tokens of a project in it again",
            );
        }
        Ok(Some(unusable)) => {
            return Check::failure("store", unusable.to_string(), "use the version that has written it");
        }
        Ok(None) => {}
        Err(error) => return Check::failure("store", format!("table {name}: {error}"), advice),
    }
    match app.store.ready().await {
        Ok(()) => Check::ok("store", format!("table {name} answers, and this version can use it")),
        Err(error) => Check::failure("store", format!("table {name}: {error}"), advice),
    }
}

/// What a table should have that nobody notices until it is needed.
pub async fn settings(config: &Config, name: &str) -> Vec<Check> {
    let found = match runtime::table_settings(config, name).await {
        Ok(found) => found,
        Err(error) => {
            return vec![Check::warning("table", error.to_string(), "check the configuration of AWS")];
        }
    };
    let expired = [
        "deletes expired records",
        "keeps expired records for ever",
        "aws dynamodb update-time-to-live --table-name NAME --time-to-live-specification Enabled=true,AttributeName=ttl",
        "dynamodb:DescribeTimeToLive",
    ];
    let recovery = [
        "can be restored to any second of the last weeks",
        "cannot be restored to a moment of the past",
        "aws dynamodb update-continuous-backups --table-name NAME --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        "dynamodb:DescribeContinuousBackups",
    ];
    [
        setting("expiry", name, &found.deletes_expired, expired),
        setting("recovery", name, &found.recovers, recovery),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Tells of a setting: the words if it is set and if it is missing, the command that sets it, and the permission to ask for it. Nothing on a
/// stand-in of DynamoDB that does not have it.
fn setting(
    check: &'static str,
    table: &str,
    found: &Setting,
    [set, missing, command, permission]: [&str; 4],
) -> Option<Check> {
    Some(match found {
        Setting::Set => Check::ok(check, format!("table {table} {set}")),
        Setting::Missing => Check::warning(
            check,
            format!("table {table} {missing}"),
            format!("`{}`", command.replace("NAME", table)),
        ),
        Setting::Unknown(why) => Check::warning(
            check,
            format!("it is not known whether table {table} {set}: {why}"),
            format!("allow {permission} to see; a server does not need it"),
        ),
        Setting::Unsupported => return None,
    })
}
