//! What the guides for operators say of the templates.

use std::{collections::BTreeSet, fs};

use jeton_tests::{
    program::root,
    template::{self, text},
};

use crate::{compare, name};

#[test]
fn the_runbook_names_every_alarm() {
    let runbook = fs::read_to_string(root().join("docs/how-to/runbook.md")).unwrap();
    let table = runbook.split("\n| alarm |").nth(1).unwrap().split("\n\n").next().unwrap();
    let named = table.lines().skip(2).filter_map(|line| line.split('|').nth(1));
    let named: BTreeSet<String> =
        named.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let alarms = template::load("alarms.yaml");
    let alarms = template::resources(&alarms, "AWS::CloudWatch::Alarm");
    let mut found: BTreeSet<String> =
        alarms.iter().map(|(_, alarm)| name(text(&alarm["Properties"]["AlarmName"]))).collect();
    // Those of function-alarms.yaml.
    found.insert("NAME-failures".to_owned());
    compare("the alarms in docs/how-to/runbook.md", &found, &named);
}

/// A parameter that a deployment leaves out stays as it was, so the first one's `false` has to be taken back by name.
#[test]
fn the_guide_for_aws_protects_the_table_by_the_parameter() {
    let guide = fs::read_to_string(root().join("infra/README.md")).unwrap();
    let deploy = guide.split("\n## Deploy\n").nth(1).unwrap().split("\n## ").next().unwrap();
    assert!(deploy.contains("ProtectTable=false"), "the first deployment");
    assert!(deploy.contains("ProtectTable=true"), "the second one keeps what it does not name");
}

#[test]
fn the_runbook_waits_for_a_restored_table_and_protects_it() {
    let runbook = fs::read_to_string(root().join("docs/how-to/runbook.md")).unwrap();
    let restore = runbook.split("### Restore the table").nth(1).unwrap().split("\n### ").next().unwrap();
    let at = |command: &str| {
        restore
            .find(command)
            .unwrap_or_else(|| panic!("{command} is missing: a restored table has not these settings"))
    };
    let begins = at("aws dynamodb restore-table-to-point-in-time");
    let waits = at("aws dynamodb wait table-exists");
    assert!(begins < waits && waits < at("aws dynamodb update-time-to-live"), "it is being made until then");
    assert!(waits < at("--deletion-protection-enabled"));
    // Without these the version that calls go to is denied its table, an alarm stops the deployment, or no version is made.
    let deploys = restore.lines().filter(|line| line.starts_with("sam deploy")).collect::<Vec<_>>();
    let [restores, cleans] = deploys[..] else { panic!("{deploys:?}") };
    for part in ["ExistingTable=", "PreviousTable=", "Deployment=AllAtOnce", "Release="] {
        assert!(restores.contains(part), "{part} is missing: {restores}");
    }
    for part in ["'PreviousTable=\"\"'", "Deployment=Canary10Percent5Minutes", "Release="] {
        assert!(cleans.contains(part), "{part} is missing: {cleans}");
    }
}

/// A deployment changes what a policy grants before calls go over, so each parameter of a policy has a parameter for its value before.
#[test]
fn the_guide_for_aws_names_the_value_before_of_each_parameter_that_a_policy_is_about() {
    let guide = fs::read_to_string(root().join("infra/README.md")).unwrap();
    let deploy = guide.split("\n## Deploy\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let template = template::load("template.yaml");
    let given = template["Resources"]["Policies"]["Properties"]["Parameters"].as_object().unwrap();
    let policies = template::load("policies.yaml");
    let mut previous = BTreeSet::new();
    for (name, parameter) in policies["Parameters"].as_object().unwrap() {
        assert_eq!(parameter["Type"], "CommaDelimitedList", "{name}: of two versions");
        let text = given[name].to_string();
        let found = template["Parameters"].as_object().unwrap().keys().filter(|key| {
            key.starts_with("Previous")
                && (text.contains(&format!("\"{key}\"")) || text.contains(&format!("${{{key}}}")))
        });
        previous.extend(found.cloned());
    }
    assert_eq!(previous.len(), policies["Parameters"].as_object().unwrap().len());
    for name in previous {
        let row = deploy.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`")));
        assert!(row, "{name} is not in the table");
    }
}
