//! The templates in `infra/`, parsed for the tests.

use std::fs;

use serde_json::{Map, Value};
use yaml_rust2::{Yaml, YamlLoader};

use crate::program;

/// A template of `infra/`. Of `!Ref Table` and the like only `Table` is left: cfn-lint checks the short forms.
pub fn load(file: &str) -> Value {
    let path = program::root().join("infra").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let documents = YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    json(documents.first().unwrap())
}

/// The resources of one type, each with its name in the template.
pub fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().unwrap().iter();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), resource))
        .collect()
}

/// The functions of the template, each with the name of its binary.
pub fn functions(template: &Value) -> Vec<(&str, &Value)> {
    let all = resources(template, "AWS::Serverless::Function").into_iter();
    all.map(|(_, function)| (binary(function), function)).collect()
}

/// The binary of a function, as its folder of `cargo lambda build` is called.
fn binary(function: &Value) -> &str {
    let folder = text(&function["Properties"]["CodeUri"]);
    let name = folder.strip_prefix("../target/lambda/").and_then(|name| name.strip_suffix('/'));
    name.unwrap_or_else(|| panic!("{folder} is no folder of a binary"))
}

/// The statements of a function's policy in `policies.yaml`, those under a condition included.
pub fn statements(function: &str) -> Vec<Value> {
    let template = load("template.yaml");
    let functions = functions(&template);
    let (_, resource) =
        functions.iter().find(|(name, _)| *name == function).expect("a function of the template");
    let [policy] = &resource["Properties"]["Policies"].as_array().unwrap()[..] else {
        panic!("{function} has one policy")
    };
    let name = text(policy).strip_prefix("Policies.Outputs.").expect("a policy of policies.yaml");
    let policies = load("policies.yaml");
    assert_eq!(policies["Outputs"][name]["Value"], name);
    let statements = policies["Resources"][name]["Properties"]["PolicyDocument"]["Statement"].as_array();
    let whole = |statement: &Value| match &statement["Fn::If"] {
        Value::Null => statement.clone(),
        choice => choice[1].clone(),
    };
    statements.unwrap().iter().map(whole).collect()
}

/// What a function may ask of the table: an action, on partition keys that are like one of these and like none of those.
#[derive(Debug)]
pub struct Grant {
    /// The action, such as `dynamodb:GetItem`.
    pub action: String,
    /// Patterns of partition keys, of which one has to match.
    pub like: Vec<String>,
    /// Patterns of which none may match.
    pub unlike: Vec<String>,
}

impl Grant {
    /// Whether it allows this action on this key, as IAM evaluates it.
    pub fn allows(&self, action: &str, key: &str) -> bool {
        let matches = |patterns: &[String]| patterns.iter().any(|pattern| is_like(pattern, key));
        self.action == action && matches(&self.like) && !matches(&self.unlike)
    }
}

/// What a function may ask of the table.
pub fn grants(function: &str) -> Vec<Grant> {
    let statements = statements(function).into_iter();
    let of_table = statements.filter(|statement| statement["Resource"] == "Tables");
    let grant = |statement: Value| {
        assert_eq!(statement["Effect"], "Allow");
        let patterns = |operator: &str| {
            let keys = statement["Condition"][operator]["dynamodb:LeadingKeys"].as_array();
            keys.into_iter().flatten().map(|key| text(key).to_owned()).collect::<Vec<_>>()
        };
        Grant {
            action: text(&statement["Action"]).to_owned(),
            like: patterns("ForAllValues:StringLike"),
            unlike: patterns("ForAllValues:StringNotLike"),
        }
    };
    of_table.map(grant).collect()
}

/// `StringLike` of IAM: `*` is any text, also one with `#`, and `?` any one character.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| is_like(rest, &text[at..]))
        }
        Some(letter) => {
            let mut found = text.chars();
            let fits = found.next().is_some_and(|found| letter == '?' || letter == found);
            fits && is_like(letters.as_str(), found.as_str())
        }
    }
}

/// A required text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) | Yaml::Real(text) => Value::from(text.as_str()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Boolean(truth) => Value::from(*truth),
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::Hash(fields) => {
            let field = |(name, value): (&Yaml, &Yaml)| (text(&json(name)).to_owned(), json(value));
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Yaml::Alias(_) | Yaml::Null | Yaml::BadValue => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_of_iam_crosses_every_character() {
        for (pattern, text) in
            [("P#*", "P#7"), ("P#*", "P#7#T#5#0"), ("P#*#T#*", "P#7#O#x#T#0"), ("P#?", "P##"), ("*", "")]
        {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("P#*", "V#7"), ("P#*#HEADS", "P#7#HEADS#x"), ("P#?", "P#77"), ("MANAGE", "MANAGER")]
        {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }
}
