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
    all.map(|(_, function)| (text(&function["Metadata"]["BuildProperties"]["Binary"]), function)).collect()
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
