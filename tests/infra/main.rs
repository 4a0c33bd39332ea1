//! The templates of `infra/`, compared with the code: functions, alarms, the table.

mod guides;
mod metrics;
mod settings;

use std::{collections::BTreeSet, fmt::Write as _, fs};

use jeton_service::{
    endpoint::endpoints,
    function::Function,
    telemetry::{FUNCTION_NAME, NAMESPACE, OF_REQUESTS, OF_SEALING, OF_SWEEPS, OLDEST_OVERDUE},
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
        // CodeDeploy begins nothing while an alarm is on, so a deployment that ends an outage waits for none.
        let alarms = &function["Properties"]["DeploymentPreference"]["Alarms"];
        let alarm = format!("${{AWS::StackName}}-{binary}-failures");
        assert_eq!(*alarms, serde_json::json!(["GoesOverAtOnce", ["AWS::NoValue"], [alarm]]), "{binary}");
        assert_eq!(function["Properties"]["VersionDescription"], "Release", "{binary}");
        let events = function["Properties"]["Events"].as_object().into_iter().flatten();
        let found: Vec<_> = events.map(|(_, event)| text(&event["Type"])).collect();
        let wanted: &[&str] = match *binary {
            "expiry-sweep" | "seal" => &["Schedule"],
            "bounces" => &["SNS"],
            _ => &[],
        };
        assert_eq!(found, wanted, "{binary}");
    }
    let routes = template::resources(&template, "AWS::CloudFormation::Stack");
    let (_, routes) = routes.into_iter().find(|(name, _)| *name == "Routes").unwrap();
    let after: BTreeSet<_> = routes["DependsOn"].as_array().unwrap().iter().map(text).collect();
    let all = template::resources(&template, "AWS::Serverless::Function");
    let aliases: BTreeSet<_> = all.iter().map(|(name, _)| format!("{name}Aliaslive")).collect();
    let after: BTreeSet<_> = after.into_iter().map(str::to_owned).collect();
    assert_eq!(after, aliases, "the routes are made after the aliases of all functions");
}

#[test]
fn an_alarm_tells_of_a_token_that_is_long_overdue_by_the_metric_that_the_sweep_has() {
    let template = template::load("alarms.yaml");
    let alarm = &template["Resources"]["SweepOverdue"]["Properties"];
    assert_eq!(alarm["MetricName"], OLDEST_OVERDUE);
    let dimension = &alarm["Dimensions"][0];
    assert_eq!(dimension["Name"], FUNCTION_NAME);
    assert_eq!(name(text(&dimension["Value"])), Function::ExpirySweep.name());
    assert_eq!((text(&alarm["Statistic"]), alarm["Threshold"].as_i64()), ("Maximum", Some(900)));
}

#[test]
fn every_alarm_is_about_a_metric_that_there_is_and_tells_when_it_is_over() {
    let known: BTreeSet<_> =
        OF_REQUESTS.iter().chain(OF_SWEEPS).chain(OF_SEALING).map(|metric| metric.name).collect();
    for file in ["alarms.yaml", "function-alarms.yaml"] {
        let template = template::load(file);
        for (id, alarm) in template::resources(&template, "AWS::CloudWatch::Alarm") {
            let alarm = &alarm["Properties"];
            for actions in ["AlarmActions", "OKActions"] {
                assert_eq!(alarm[actions], serde_json::json!(["Notices"]), "{file}: {id}");
            }
            assert!(text(&alarm["AlarmName"]).starts_with("${Functions}-"), "{file}: {id}");
            let in_math = alarm["Metrics"].as_array().into_iter().flatten();
            let metrics = in_math.map(|metric| &metric["MetricStat"]["Metric"]).chain([alarm]);
            for metric in metrics.filter(|metric| metric["Namespace"] == NAMESPACE) {
                assert!(known.contains(text(&metric["MetricName"])), "{file}: {id}");
            }
        }
    }
}

/// A caller behind the firewall is blocked before two like it could take all that the gateway gives.
#[test]
fn two_clients_cannot_use_up_the_gateway() {
    let number = |file: &str, name: &str| {
        let number = template::load(file)["Parameters"][name]["Default"].as_i64();
        number.unwrap_or_else(|| panic!("{file} has no {name}"))
    };
    let acl = template::load("web-acl.yaml");
    let rule = &acl["Resources"]["WebAcl"]["Properties"]["Rules"][0]["Statement"]["RateBasedStatement"];
    assert_eq!((text(&rule["Limit"]), rule["EvaluationWindowSec"].as_i64()), ("CallsInAMinute", Some(60)));
    let of_one = number("web-acl.yaml", "CallsInAMinute");
    let of_all = number("template.yaml", "RateLimit") * 60;
    assert!(2 * of_one < of_all, "two callers send {} a minute, and all may send {of_all}", 2 * of_one);
}

#[test]
fn the_table_is_the_one_that_tests_run_on() {
    let definition = fs::read_to_string(program::root().join("infra/table.json")).unwrap();
    let definition: Value = serde_json::from_str(&definition).unwrap();
    for file in ["template.yaml", "table.yaml"] {
        let mut table = template::load(file)["Resources"]["Table"].clone();
        assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate", "{file}");
        assert_eq!(table["UpdateReplacePolicy"], "Retain", "{file}");
        let protection = &mut table["Properties"]["DeletionProtectionEnabled"];
        assert_eq!(*protection, "ProtectTable", "{file}");
        assert_eq!(template::load(file)["Parameters"]["ProtectTable"]["Default"], "true", "{file}");
        *protection = Value::from(true);
        assert_eq!(table["Properties"], definition, "{file}");
    }
}

#[test]
fn a_server_elsewhere_may_do_what_all_functions_may_and_ask_for_many_at_once() {
    let policy = fs::read_to_string(program::root().join("infra/serve-policy.json")).unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let of_table =
        policy["Statement"][0]["Action"].as_array().unwrap().iter().map(|action| text(action).to_owned());
    let granted = Function::ALL.iter().flat_map(|function| template::grants(function.name()));
    let mut wanted: BTreeSet<String> = granted.map(|grant| grant.action).collect();
    wanted.extend(["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"].map(str::to_owned));
    compare("infra/serve-policy.json", &wanted, &of_table.collect());
    assert_eq!(policy["Statement"][1]["Action"], "ses:SendRawEmail");
    // As the function `seal`, it may read a seal key that is given by its ARN.
    let reads = serde_json::json!(["secretsmanager:GetSecretValue", "ssm:GetParameter"]);
    assert_eq!(policy["Statement"][2]["Action"], reads);
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

/// A run that a schedule starts during another one is dropped: a later one of the same schedule goes on.
#[test]
fn one_run_of_sealing_at_a_time_goes_on_and_none_is_repeated() {
    let template = template::load("template.yaml");
    let seal = &template["Resources"]["Seal"]["Properties"];
    assert_eq!(seal["ReservedConcurrentExecutions"], serde_json::json!(["ReservesSeal", 1, "AWS::NoValue"]));
    let once = serde_json::json!({"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0});
    assert_eq!(seal["EventInvokeConfig"], once);
    assert_eq!(template["Parameters"]["SealConcurrency"]["Default"].as_i64(), Some(1));
    assert_eq!(seal["Timeout"].as_i64(), Some(300));
}

#[test]
fn every_alarm_on_sealing_is_on_the_function_that_seals() {
    let template = template::load("alarms.yaml");
    for alarm in ["SealNotRun", "NotSealed", "SealOverdue", "SealOnHold", "NotDelivered"] {
        let resource = &template["Resources"][alarm];
        assert_eq!(resource["Condition"], "SealsHistory", "{alarm}");
        let dimension = &resource["Properties"]["Dimensions"][0];
        assert_eq!(name(text(&dimension["Value"])), Function::Seal.name(), "{alarm}");
    }
}

#[test]
fn the_console_alone_knows_the_identity_provider_and_may_read_the_client_secret() {
    let template = template::load("template.yaml");
    let mut found = BTreeSet::new();
    for (_, function) in template::functions(&template) {
        let properties = &function["Properties"];
        let variables = properties["Environment"]["Variables"].as_object().into_iter().flatten();
        let names = variables.map(|(name, _)| name);
        if names.clone().any(|name| name.starts_with("JETON_OIDC") || name == "JETON_SIGN_IN") {
            assert_eq!(names.filter(|name| name.starts_with("JETON_OIDC")).count(), 4);
            found.insert(text(&properties["FunctionName"]).replace("${AWS::StackName}-", ""));
        }
    }
    let console = BTreeSet::from([Function::Console.name().to_owned()]);
    assert_eq!(found, console);
    let reads = |function: &&str| {
        template::statements(function).iter().any(|statement| statement["Resource"] == "ClientSecrets")
    };
    let readers: BTreeSet<String> = Function::ALL
        .map(Function::name)
        .iter()
        .filter(|name| reads(name))
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(readers, console);
    let pattern = text(&template["Parameters"]["OidcClientSecret"]["AllowedPattern"]);
    assert!(pattern.starts_with("(arn:") && pattern.ends_with(")?"), "never the secret itself: {pattern}");
}

#[test]
fn the_function_seal_has_the_key_that_history_is_sealed_with_and_the_place_where_digests_go() {
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
    let function = "${AWS::StackName}-seal";
    let wanted =
        [format!("{function}: JETON_SEAL_ANCHOR=SealAnchor"), format!("{function}: JETON_SEAL_KEY=SealKey")];
    found.sort();
    assert_eq!(found, wanted);
    // Only what seals may read the key, and what it is given is never the key itself.
    let mut readers = BTreeSet::new();
    for function in Function::ALL.map(Function::name) {
        let statements = template::statements(function);
        if statements.iter().any(|statement| statement["Resource"] == "SealKeys") {
            readers.insert(function);
        }
    }
    assert_eq!(readers, BTreeSet::from([Function::Seal.name()]));
    let pattern = text(&template["Parameters"]["SealKey"]["AllowedPattern"]);
    assert!(pattern.starts_with("(arn:") && pattern.ends_with(")?"), "{pattern}");
    // The disk of a function is gone with it.
    assert_eq!(text(&template["Parameters"]["SealAnchor"]["AllowedPattern"]), "(https://.+)?");
}
