//! Capabilities in the schemas of the API description.

use jeton_core::permission::{
    Capability,
    capability::{GrantedBy, Row},
};
use serde_json::{Map, Value, json};

/// Adds capabilities to a schema, from their table.
pub fn describe(schema: &str, description: &mut Value) {
    let about = |row: &Row| format!("{}.", row.about);
    match schema {
        "Token" => answered(description, "isMasterToken"),
        "Narrowest" => answered(description, "componentAccess"),
        "CreateToken" => {
            asked(description, |row| match row.granted_by {
                GrantedBy::Holder => about(row),
                GrantedBy::ManageToken { .. } => format!("{}; granted by manage tokens only.", row.about),
            });
        }
        "UpdateToken" => asked(description, |row| {
            if row.editable {
                about(row)
            } else {
                "Cannot be changed: rejected unless it is the present value.".to_owned()
            }
        }),
        "Right" => word(description, ", if it is that", false),
        "Question" | "AskBody" => word(description, "", true),
        _ => {}
    }
}

/// A required boolean for each, after another field.
fn answered(schema: &mut Value, behind: &str) {
    let properties = Capability::rows().map(|row| {
        (row.flag.to_owned(), json!({"description": format!("{}.", row.about), "type": "boolean"}))
    });
    if let Some(fields) = fields(schema) {
        fields.extend(properties);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        let at = required.iter().position(|name| name == behind).map_or(required.len(), |at| at + 1);
        required.splice(at..at, Capability::FLAGS.map(Value::from));
    }
}

/// An optional boolean for each.
fn asked(schema: &mut Value, about: impl Fn(&Row) -> String) {
    let properties = Capability::rows()
        .map(|row| (row.flag.to_owned(), json!({"description": about(row), "type": ["boolean", "null"]})));
    if let Some(fields) = fields(schema) {
        fields.extend(properties);
    }
}

/// The field `capability`, also where a question is a part of the schema.
fn word(schema: &mut Value, condition: &str, only_these: bool) {
    if let Some(field) = fields(schema).and_then(|fields| fields.get_mut("capability")) {
        field["description"] = json!(format!("{}{condition}.", Capability::listed("`")));
        if only_these {
            let words = Capability::ALL.map(|capability| capability.row().word);
            field["pattern"] = json!(format!("^({})?$", words.join("|")));
        }
    }
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        word(part, condition, only_these);
    }
}

fn fields(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties").and_then(Value::as_object_mut)
}
