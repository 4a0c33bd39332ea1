//! Capabilities among the other fields of what clients send, and in the schemas of the API description.

use std::{fmt, marker::PhantomData};

use jeton_core::permission::{
    Capability, CapabilityPatch,
    capability::{GrantedBy, Row},
};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, MapAccess, Visitor,
        value::{MapAccessDeserializer, StringDeserializer},
    },
};
use serde_json::{Map, Value, json};

/// A body, some of whose fields grant or take away capabilities. The table says which.
pub trait AmongFields: Sized {
    /// The capability that a field is about.
    fn capability(field: &str) -> Option<Capability>;

    /// Whether the value of that field grants it; none when it says nothing.
    fn granted<'de, D: Deserializer<'de>>(row: &Row, value: D) -> Result<Option<bool>, D::Error>;

    /// Reads all other fields.
    fn others<'de, D: Deserializer<'de>>(fields: D) -> Result<Self, D::Error>;

    /// Takes over what those fields said.
    #[must_use]
    fn with_capabilities(self, patch: CapabilityPatch) -> Self;
}

/// Reads a body. The fields of capabilities are read as they come, so that an error names the field it is about; what
/// serde flattens no longer knows its field.
pub fn among_fields<'de, T: AmongFields, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Fields<T>(PhantomData<T>);

    impl<'de, T: AmongFields> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            let mut patch = CapabilityPatch::default();
            let others = Others { fields, patch: &mut patch, body: self.0 };
            let body = T::others(MapAccessDeserializer::new(others))?;
            Ok(body.with_capabilities(patch))
        }
    }

    deserializer.deserialize_map(Fields(PhantomData))
}

/// The fields that are about no capability.
struct Others<'a, T, A> {
    fields: A,
    patch: &'a mut CapabilityPatch,
    body: PhantomData<T>,
}

impl<'de, T: AmongFields, A: MapAccess<'de>> MapAccess<'de> for Others<'_, T, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.fields.next_key::<String>()? {
            let Some(capability) = T::capability(&name) else {
                return seed.deserialize(StringDeserializer::new(name)).map(Some);
            };
            if let Some(granted) = self.fields.next_value_seed(Granted::<T>(capability.row(), self.body))? {
                self.patch.set(capability, granted);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.fields.next_value_seed(seed)
    }
}

struct Granted<T>(&'static Row, PhantomData<T>);

impl<'de, T: AmongFields> DeserializeSeed<'de> for Granted<T> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Option<bool>, D::Error> {
        T::granted(self.0, value)
    }
}

/// Puts into a schema what the table of capabilities says of it.
pub fn describe(schema: &str, description: &mut Value) {
    let about = |row: &Row| format!("{}.", row.about);
    match schema {
        "Token" => answered(description, "isMasterToken"),
        "Narrowest" => answered(description, "componentAccess"),
        "CreateToken" => asked(description, |row| match row.granted_by {
            GrantedBy::Holder => about(row),
            GrantedBy::ManageToken { .. } => format!("{}; granted by manage tokens only.", row.about),
        }),
        "UpdateToken" => asked(description, |row| {
            if row.editable {
                about(row)
            } else {
                "Cannot be changed: refused unless it says what is so already.".to_owned()
            }
        }),
        "Right" => word(description, ", if it is that", false),
        "Question" | "AskBody" => word(description, "", true),
        _ => {}
    }
}

/// A boolean for each, which is always there, behind another field.
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

/// A boolean for each, which may be left out.
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
