//! Metrics in alarms and on the dashboard: AWS has them, and of this stack only.

use std::collections::BTreeSet;

use jeton_service::function::Function;
use jeton_tests::template::{self, text};
use serde_json::Value;

use crate::{compare, names};

/// Namespaces and metrics of AWS, and the dimensions by which it publishes them. An alarm on fewer has no data, ever.
const OF_AWS: &[(&str, &str, &[&str])] = &[
    ("AWS/ApiGateway", "4xx", &["ApiId"]),
    ("AWS/ApiGateway", "5xx", &["ApiId"]),
    ("AWS/ApiGateway", "Count", &["ApiId"]),
    ("AWS/ApiGateway", "Latency", &["ApiId"]),
    ("AWS/DynamoDB", "ReadThrottleEvents", &["TableName"]),
    ("AWS/DynamoDB", "SystemErrors", &["Operation", "TableName"]),
    ("AWS/DynamoDB", "TransactionConflict", &["TableName"]),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["TableName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Invocations", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    ("AWS/SES", "Reputation.BounceRate", &[]),
    ("AWS/SES", "Reputation.ComplaintRate", &[]),
];

/// How many metrics an alarm may be about.
const MOST_METRICS: usize = 10;

/// The metrics of an alarm.
fn metrics(alarm: &Value) -> Vec<&Value> {
    match alarm["Metrics"].as_array() {
        Some(metrics) => metrics
            .iter()
            .map(|metric| &metric["MetricStat"]["Metric"])
            .filter(|metric| !metric.is_null())
            .collect(),
        None => vec![alarm],
    }
}

#[test]
fn every_metric_of_aws_has_the_dimensions_by_which_aws_publishes_it() {
    for file in ["alarms.yaml", "function-alarms.yaml"] {
        let template = template::load(file);
        for (id, alarm) in template::resources(&template, "AWS::CloudWatch::Alarm") {
            let metrics = metrics(&alarm["Properties"]);
            assert!(metrics.len() <= MOST_METRICS, "{file}: {id} is about too many metrics");
            for metric in metrics.into_iter().filter(|metric| text(&metric["Namespace"]).starts_with("AWS/"))
            {
                let (namespace, name) = (text(&metric["Namespace"]), text(&metric["MetricName"]));
                let row = OF_AWS.iter().find(|row| (row.0, row.1) == (namespace, name));
                let (.., wanted) = row.unwrap_or_else(|| panic!("{file}: {id}: {namespace} {name}"));
                let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
                let found: BTreeSet<_> = dimensions.map(|dimension| text(&dimension["Name"])).collect();
                assert_eq!(found, wanted.iter().copied().collect(), "{file}: {id}: {name}");
            }
        }
    }
}

/// The operations whose errors DynamoDB counts, of an action that a policy allows. What a transaction does, needs the actions of its parts.
fn operations(action: &str) -> &'static [&'static str] {
    match action {
        "dynamodb:GetItem" => &["GetItem"],
        "dynamodb:BatchGetItem" => &["BatchGetItem"],
        "dynamodb:Query" => &["Query"],
        "dynamodb:PutItem" => &["PutItem", "TransactWriteItems"],
        "dynamodb:UpdateItem" => &["UpdateItem", "TransactWriteItems"],
        "dynamodb:DeleteItem" => &["DeleteItem", "TransactWriteItems"],
        "dynamodb:ConditionCheckItem" => &["TransactWriteItems"],
        "dynamodb:BatchWriteItem" => &["BatchWriteItem"],
        // It asks for the table itself, and has no metric.
        "dynamodb:DescribeTable" => &[],
        _ => panic!("{action}: which operation?"),
    }
}

#[test]
fn the_alarm_on_errors_of_the_table_is_about_all_operations_that_policies_allow() {
    let functions = Function::ALL.iter().flat_map(|function| template::grants(function.name()));
    let mut actions: BTreeSet<String> = functions.map(|grant| grant.action).collect();
    // A server elsewhere may use the table of the stack.
    actions.extend(["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"].map(str::to_owned));
    let wanted =
        actions.iter().flat_map(|action| operations(action)).map(|name| (*name).to_owned()).collect();
    let template = template::load("alarms.yaml");
    let alarm = &template["Resources"]["TableErrors"]["Properties"];
    let mut found = BTreeSet::new();
    let sum = text(&alarm["Metrics"][0]["Expression"]);
    for metric in alarm["Metrics"].as_array().unwrap().iter().skip(1) {
        assert!(sum.contains(&format!("FILL({}, 0)", text(&metric["Id"]))), "{sum}");
        let dimensions = &metric["MetricStat"]["Metric"]["Dimensions"];
        assert_eq!((&dimensions[0]["Value"], &dimensions[1]["Name"]), (&"Table".into(), &"Operation".into()));
        found.insert(text(&dimensions[1]["Value"]).to_owned());
    }
    compare("the operations of the alarm table-errors", &wanted, &found);
}

/// A search would find the functions of `jeton-test` for `jeton`, too.
#[test]
fn the_dashboard_names_each_function_of_this_stack_and_searches_for_none() {
    let template = template::load("dashboard.yaml");
    let body = text(&template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]);
    assert!(!body.contains("SEARCH"), "{body}");
    let body: Value = serde_json::from_str(body).unwrap();
    let wanted = names(Function::ALL.into_iter());
    for title in ["Failed calls of each function", "p99 within each function, ms", "Functions at a time"] {
        let widgets = body["widgets"].as_array().unwrap().iter();
        let widget = widgets.map(|widget| &widget["properties"]).find(|of| of["title"] == title).unwrap();
        let last = |metric: &Value| text(metric.as_array().unwrap().last().unwrap()).to_owned();
        let found = widget["metrics"].as_array().unwrap().iter().map(last);
        compare(title, &wanted, &found.map(|name| crate::name(&name)).collect());
    }
}
