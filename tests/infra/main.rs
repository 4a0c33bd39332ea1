//! The templates of `infra/`, compared with the code: functions, alarms, the table.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use jeton_service::{
    endpoint::endpoints,
    function::Function,
    telemetry::{FUNCTION_NAME, NAMESPACE, OLDEST_OVERDUE},
};
use jeton_tests::{
    program,
    template::{self, text},
};
use serde_json::Value;

/// The missing and the superfluous entries, each in a line of its own.
fn compare(what: &str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) {
    let mut wrong = String::new();
    for line in wanted.difference(found) {
        // Writing to a string does not fail.
        let _ = writeln!(wrong, "missing:  {line}");
    }
    for line in found.difference(wanted) {
        let _ = writeln!(wrong, "too much: {line}");
    }
    assert!(wrong.is_empty(), "{what}:\n{wrong}");
}

fn names(functions: impl Iterator<Item = Function>) -> BTreeSet<String> {
    functions.map(|function| function.name().to_owned()).collect()
}

/// The part of a name after the deployment's common prefix.
fn name(text: &str) -> String {
    text.strip_prefix("${Functions}-").unwrap_or_else(|| panic!("{text} is no function")).to_owned()
}

#[test]
fn there_is_a_function_for_every_binary() {
    let template = template::load("template.yaml");
    let functions = template::functions(&template);
    let found = functions.iter().map(|(binary, _)| (*binary).to_owned()).collect();
    compare("the functions in infra/template.yaml", &names(Function::ALL.into_iter()), &found);
    for (binary, function) in &functions {
        assert_eq!(function["Properties"]["FunctionName"], format!("${{AWS::StackName}}-{binary}"));
        let scheduled = function["Properties"]["Events"].is_object();
        assert_eq!(scheduled, *binary == Function::ExpirySweep.name(), "{binary}");
    }
    let routes = template::resources(&template, "AWS::CloudFormation::Stack");
    let (_, routes) = routes.into_iter().find(|(name, _)| *name == "Routes").unwrap();
    let after: BTreeSet<_> = routes["DependsOn"].as_array().unwrap().iter().map(text).collect();
    let all = template::resources(&template, "AWS::Serverless::Function");
    let all: BTreeSet<_> = all.into_iter().map(|(name, _)| name).collect();
    assert_eq!(after, all, "the routes are made after all functions");
}

#[test]
fn an_alarm_tells_of_every_function_that_fails_or_is_throttled() {
    let template = template::load("alarms.yaml");
    let alarms = template::resources(&template, "AWS::CloudWatch::Alarm");
    for metric in ["Errors", "Throttles"] {
        let of_metric = alarms.iter().filter(|(_, alarm)| alarm["Properties"]["MetricName"] == metric);
        let found = of_metric.map(|(_, alarm)| name(text(&alarm["Properties"]["Dimensions"][0]["Value"])));
        compare(&format!("the alarms on {metric}"), &names(Function::ALL.into_iter()), &found.collect());
    }
}

#[test]
fn an_alarm_tells_of_a_token_that_is_long_overdue_by_the_metric_that_the_sweep_has() {
    let template = template::load("alarms.yaml");
    let alarms = template::resources(&template, "AWS::CloudWatch::Alarm");
    let ours = alarms.iter().filter(|(_, alarm)| alarm["Properties"]["Namespace"] == NAMESPACE);
    let [(_, alarm)] = ours.collect::<Vec<_>>()[..] else { panic!("one alarm on a metric of Jeton's own") };
    let alarm = &alarm["Properties"];
    assert_eq!(alarm["MetricName"], OLDEST_OVERDUE);
    let dimension = &alarm["Dimensions"][0];
    assert_eq!(dimension["Name"], FUNCTION_NAME);
    assert_eq!(name(text(&dimension["Value"])), Function::ExpirySweep.name());
    assert_eq!((text(&alarm["Statistic"]), alarm["Threshold"].as_i64()), ("Maximum", Some(900)));
}

#[test]
fn the_table_is_the_one_that_tests_run_on() {
    let definition = fs::read_to_string(program::root().join("infra/table.json")).unwrap();
    let definition: Value = serde_json::from_str(&definition).unwrap();
    let template = template::load("template.yaml");
    assert_eq!(template["Resources"]["Table"]["Properties"], definition);
}

/// Every endpoint in the table of docs/reference/limits.md, each once.
#[test]
fn the_limits_name_every_endpoint() {
    let page = fs::read_to_string("../docs/reference/limits.md").unwrap();
    let table = page.split("## Quotas").next().unwrap();
    let named = table.lines().filter(|line| line.starts_with("| `")).flat_map(|row| {
        let first = row.split('|').nth(1).unwrap();
        first.split('`').filter(|part| part.contains(" /")).map(str::to_owned).collect::<Vec<_>>()
    });
    let named: Vec<String> = named.collect();
    let wanted: BTreeSet<String> = endpoints().map(|row| format!("{} {}", row.method, row.path)).collect();
    let found: BTreeSet<String> = named.iter().cloned().collect();
    compare("docs/reference/limits.md", &wanted, &found);
    assert_eq!(named.len(), found.len(), "an endpoint stands there twice");
}

#[test]
fn the_sweep_has_the_key_that_history_is_sealed_with_and_the_place_where_digests_go() {
    let template = template::load("template.yaml");
    let mut found = Vec::new();
    for (_, function) in template::functions(&template) {
        let properties = &function["Properties"];
        let variables = properties["Environment"]["Variables"].as_object().into_iter().flatten();
        for (variable, value) in variables.filter(|(name, _)| name.starts_with("JETON_SEAL")) {
            let function = text(&properties["FunctionName"]);
            found.push(format!("{function}: {variable}={}", text(value)));
        }
    }
    let function = "${AWS::StackName}-expiry-sweep";
    let wanted =
        [format!("{function}: JETON_SEAL_ANCHOR=SealAnchor"), format!("{function}: JETON_SEAL_KEY=SealKey")];
    found.sort();
    assert_eq!(found, wanted);
    // The disk of a function is gone with it.
    assert_eq!(text(&template["Parameters"]["SealAnchor"]["AllowedPattern"]), "(https://.+)?");
}
