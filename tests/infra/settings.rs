//! Variables of the functions, and what they may be the names of: parameters of the template, and permissions.

use std::{collections::BTreeSet, fs};

use jeton_service::config::VARIABLES;
use jeton_tests::{
    program::root,
    template::{self, text},
};
use serde_json::{Value, json};

use crate::compare;

/// Variables that functions read and no parameter sets, with the reasons.
const WITHOUT_PARAMETER: &[(&str, &str)] = &[
    ("JETON_LISTEN", "only for functions that are HTTP servers"),
    (
        "JETON_TRUSTED_PROXIES",
        "only for functions that are HTTP servers: the gateway of AWS tells the address apart from headers",
    ),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "TracesEndpoint is the base of it"),
    ("OTEL_SDK_DISABLED", "without TracesEndpoint there are no traces"),
];

/// The variables that the template gives to functions, each with the function; `None` for those of all.
fn given(template: &Value) -> Vec<(Option<&str>, &str)> {
    let all = template["Globals"]["Function"]["Environment"]["Variables"].as_object().unwrap();
    let own = template::functions(template).into_iter().flat_map(|(function, resource)| {
        let variables = resource["Properties"]["Environment"]["Variables"].as_object();
        variables.into_iter().flatten().map(move |(name, _)| (Some(function), name.as_str()))
    });
    all.keys().map(|name| (None, name.as_str())).chain(own).collect()
}

#[test]
fn every_variable_that_functions_read_is_set_by_the_template() {
    let template = template::load("template.yaml");
    let found: BTreeSet<String> = given(&template).iter().map(|(_, name)| (*name).to_owned()).collect();
    let read = VARIABLES.iter().filter(|variable| variable.read_by.contains("function"));
    let ours =
        read.filter(|variable| variable.name.starts_with("JETON_") || variable.name.starts_with("OTEL_"));
    let is_left_out = |name: &str| WITHOUT_PARAMETER.iter().any(|(known, _)| *known == name);
    let mut wanted: BTreeSet<String> =
        ours.map(|variable| variable.name.to_owned()).filter(|name| !is_left_out(name)).collect();
    // It makes a new version of a function that has not changed otherwise; nothing reads it.
    wanted.insert("RELEASE".to_owned());
    compare("the variables in infra/template.yaml", &wanted, &found);
}

/// A setting that may be the ARN of a secret or parameter: who reads it may read that value, also under a key of one's own.
#[test]
fn whoever_is_given_an_arn_may_read_and_decrypt_what_it_names() {
    let template = template::load("template.yaml");
    let outputs = template["Outputs"].as_object().unwrap();
    let policy = fs::read_to_string(root().join("infra/serve-policy.json")).unwrap();
    let server: Vec<Value> =
        serde_json::from_str::<Value>(&policy).unwrap()["Statement"].as_array().unwrap().clone();
    let mut of_server = BTreeSet::new();
    let settings: Vec<_> = VARIABLES.iter().filter(|variable| variable.value.contains("ARN")).collect();
    assert!(settings.len() >= 3);
    for setting in settings {
        let functions: Vec<_> =
            given(&template).into_iter().filter(|(_, name)| *name == setting.name).collect();
        let [(Some(function), _)] = functions[..] else { panic!("{} is for one function", setting.name) };
        let statements = template::statements(function);
        let reads = statements.iter().find(|statement| statement["Action"] == reading()).unwrap();
        let values = text(&reads["Resource"]);
        decrypts(&statements, &json!(values), function);
        // The policy of a key of one's own names the role.
        let name = template::functions(&template).into_iter().find(|(name, _)| *name == function).unwrap();
        let logical = template["Resources"].as_object().unwrap().iter().find(|(_, value)| *value == name.1);
        let role = format!("{}Role", logical.unwrap().0);
        assert_eq!(outputs[&role]["Value"], format!("{role}.Arn"), "{function}");
        if setting.read_by.contains("server") {
            let placeholder = setting.name.trim_start_matches("JETON_").trim_start_matches("OIDC_");
            of_server.insert(placeholder.to_owned());
        }
    }
    let reads = server.iter().find(|statement| statement["Action"] == reading()).unwrap();
    let named = reads["Resource"].as_array().unwrap().iter().map(|name| text(name).to_owned()).collect();
    compare("infra/serve-policy.json", &of_server, &named);
    decrypts(&server, &reads["Resource"], "infra/serve-policy.json");
}

/// The actions that read a value.
fn reading() -> Value {
    json!(["secretsmanager:GetSecretValue", "ssm:GetParameter"])
}

/// Checks that statements allow to decrypt these values, as Secrets Manager and as Systems Manager ask for it.
fn decrypts(statements: &[Value], values: &Value, whose: &str) {
    for context in ["SecretARN", "PARAMETER_ARN"] {
        let condition = json!({"StringEquals": {format!("kms:EncryptionContext:{context}"): values}});
        let found = statements
            .iter()
            .any(|statement| statement["Action"] == "kms:Decrypt" && statement["Condition"] == condition);
        assert!(found, "{whose}: kms:Decrypt of {context} {values}");
    }
}

/// The template of the guide names the function by the output of the stack.
#[test]
fn the_guide_to_the_authorizer_uses_the_output() {
    let page = fs::read_to_string(root().join("docs/reference/authorizer.md")).unwrap();
    let output = "AuthorizerArn";
    assert!(template::load("template.yaml")["Outputs"][output]["Value"] == "Authorizer.Alias");
    let uris: Vec<_> = page.lines().filter(|line| line.trim().starts_with("AuthorizerUri:")).collect();
    assert_eq!(uris.len(), 2, "{uris:?}");
    for uri in uris {
        assert!(uri.contains(&format!("functions/${{{output}}}/invocations")), "{uri}");
    }
    assert_eq!(page.matches(&format!("FunctionName: !Ref {output}")).count(), 2);
}
