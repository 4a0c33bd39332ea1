//! `jeton doctor --server` on a table.

use jeton_tests::{
    dynamodb::{self, AttributeValue},
    fault_proxy::{Fault, FaultProxy, Kind},
    process::jeton,
    store::fresh_folder,
};
use serde_json::Value;

const DENIED: &str = r#"{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "User: arn:aws:iam::1:user/ci is not authorized"}"#;

/// A table of `jeton init table`.
fn set_up() -> String {
    let name = dynamodb::unused_name();
    let variables = dynamodb::variables(&name);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = jeton(&fresh_folder(), &["init", "table"], &variables);
    assert!(made.status.success(), "{}", made.logged);
    name
}

/// The checks of a table, at this address of DynamoDB: their names with their levels, and all that they say.
fn checked(table: &str, endpoint: &str) -> (Vec<(String, String)>, String) {
    let variables = dynamodb::variables(table);
    let mut variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_DYNAMODB");
    variables.extend([("AWS_ENDPOINT_URL_DYNAMODB", endpoint), ("JETON_URL", "http://127.0.0.1:9")]);
    let ended = jeton(&fresh_folder(), &["doctor", "--server", "--json"], &variables);
    let checks: Vec<Value> =
        serde_json::from_str(&ended.said).unwrap_or_else(|_| panic!("{}{}", ended.said, ended.logged));
    let text = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let of_table = checks
        .iter()
        .filter(|check| ["store", "expiry", "recovery"].contains(&check["check"].as_str().unwrap()));
    let of_table: Vec<_> = of_table.collect();
    let levels = of_table.iter().map(|check| (text(check, "check"), text(check, "level"))).collect();
    let words = of_table.iter().map(|check| format!("{} {}\n", text(check, "found"), text(check, "advice")));
    (levels, words.collect())
}

fn levels(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(check, level)| ((*check).to_owned(), (*level).to_owned())).collect()
}

#[test]
fn a_table_that_is_set_up_is_well_and_nothing_is_changed() {
    let table = set_up();
    let (found, words) = checked(&table, &dynamodb::endpoint());
    // DynamoDB Local has no recovery to ask for.
    assert_eq!(found, levels(&[("store", "ok"), ("expiry", "ok")]), "{words}");
    assert!(words.contains(&format!("table {table} answers, and this version can use it")), "{words}");
}

#[tokio::test]
async fn a_table_that_is_missing_or_was_never_set_up_is_a_failure_and_is_not_made() {
    let missing = dynamodb::unused_name();
    let (found, words) = checked(&missing, &dynamodb::endpoint());
    assert_eq!(found, levels(&[("store", "failure")]), "{words}");
    assert!(words.contains(&missing) && words.contains("`jeton init table` makes a table"), "{words}");
    let tables = dynamodb::client(&dynamodb::endpoint()).describe_table().table_name(&missing).send().await;
    assert!(tables.is_err(), "it is still missing");

    let empty = dynamodb::create_table().await;
    let (found, words) = checked(&empty, &dynamodb::endpoint());
    assert_eq!(found, levels(&[("store", "failure")]), "{words}");
    assert!(words.contains("is empty or was not set up by Jeton"), "{words}");
    assert_eq!(dynamodb::dump(&empty).await, "", "it is still empty");
}

#[tokio::test]
async fn the_layout_of_a_newer_version_is_a_failure() {
    let table = set_up();
    let mut schema = dynamodb::schema(&table).await;
    schema.retain(|name, _| !["pk", "sk", "version"].contains(&name.as_str()));
    let mut attributes: Vec<_> = schema.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    attributes.push(("version", AttributeValue::N("99".to_owned())));
    dynamodb::put_schema(&table, &attributes).await;
    let (found, words) = checked(&table, &dynamodb::endpoint());
    assert_eq!(found, levels(&[("store", "failure")]), "{words}");
    assert!(words.contains("layout 99") && words.contains("use the version that has written it"), "{words}");
}

#[tokio::test]
async fn a_copy_of_another_table_is_a_failure_and_the_advice_says_what_makes_it_usable() {
    let copy = dynamodb::copy_table(&set_up()).await;
    let (found, words) = checked(&copy, &dynamodb::endpoint());
    assert_eq!(found, levels(&[("store", "failure")]), "{words}");
    assert!(words.contains("is a copy of the table") && words.contains("`jeton activate`"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_keeps_what_expired_or_cannot_be_recovered_is_a_warning_with_the_command_that_helps() {
    let table = dynamodb::create_table().await;
    let variables = dynamodb::variables(&table);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = ["init", "project", "--name", "Sales", "--email", "eve@example.org"];
    assert!(jeton(&fresh_folder(), &first, &variables).status.success());
    let recovery = |status: &str| match status {
        "ENABLED" => {
            r#"{"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}}"#
        }
        _ => {
            r#"{"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}}"#
        }
    };
    for (status, level) in [("ENABLED", "ok"), ("DISABLED", "warning")] {
        let proxy = FaultProxy::start().await;
        let answer = Kind::Answer(200, recovery(status));
        proxy.inject(Fault::next("DescribeContinuousBackups", answer).always());
        let (found, words) = checked(&table, proxy.endpoint());
        let expected = levels(&[("store", "ok"), ("expiry", "warning"), ("recovery", level)]);
        assert_eq!(found, expected, "{words}");
        let helps = format!("aws dynamodb update-time-to-live --table-name {table} ");
        assert!(words.contains(&helps), "{words}");
        let helps = format!("aws dynamodb update-continuous-backups --table-name {table} ");
        assert_eq!(words.contains(&helps), level == "warning", "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_asked_is_not_known_and_a_table_that_may_not_be_read_is_a_failure() {
    let table = set_up();
    let proxy = FaultProxy::start().await;
    for operation in ["DescribeTimeToLive", "DescribeContinuousBackups"] {
        proxy.inject(Fault::next(operation, Kind::Answer(400, DENIED)).always());
    }
    let (found, words) = checked(&table, proxy.endpoint());
    let expected = levels(&[("store", "ok"), ("expiry", "warning"), ("recovery", "warning")]);
    assert_eq!(found, expected, "{words}");
    assert!(
        words.contains("is not authorized") && words.contains("allow dynamodb:DescribeTimeToLive"),
        "{words}"
    );

    let proxy = FaultProxy::start().await;
    proxy.inject(Fault::next("GetItem", Kind::Answer(400, DENIED)).always());
    let (found, words) = checked(&table, proxy.endpoint());
    assert_eq!(found, levels(&[("store", "failure")]), "{words}");
    assert!(words.contains("is not authorized") && words.contains("permissions"), "{words}");
}
