//! The stored format of rights: the fields `buckets`, `components` and one for each capability.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct as _,
};

use super::{Capabilities, Capability, Permissions, capability::TABLE};

const BUCKETS: &str = "buckets";
const COMPONENTS: &str = "components";

/// The fields, in their order.
const FIELDS: [&str; 2 + TABLE.len()] = {
    let mut fields = [""; 2 + TABLE.len()];
    (fields[0], fields[1]) = (BUCKETS, COMPONENTS);
    let mut at = 0;
    while at < TABLE.len() {
        fields[2 + at] = TABLE[at].word;
        at += 1;
    }
    fields
};

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Permissions", FIELDS.len())?;
        fields.serialize_field(BUCKETS, &self.buckets)?;
        fields.serialize_field(COMPONENTS, &self.components)?;
        for row in Capability::rows() {
            fields.serialize_field(row.word, &self.has(row.capability))?;
        }
        fields.end()
    }
}

/// A missing field grants nothing. An unknown field is ignored.
impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Permissions", &FIELDS, Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Permissions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Permissions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Permissions, A::Error> {
        let (mut buckets, mut components) = (None, None);
        let (mut seen, mut capabilities) = (Capabilities::NONE, Capabilities::NONE);
        while let Some(name) = fields.next_key()? {
            match name {
                Name::Buckets if buckets.is_some() => return Err(A::Error::duplicate_field(BUCKETS)),
                Name::Buckets => buckets = Some(fields.next_value()?),
                Name::Components if components.is_some() => {
                    return Err(A::Error::duplicate_field(COMPONENTS));
                }
                Name::Components => components = Some(fields.next_value()?),
                Name::Capability(capability) if seen.contains(capability) => {
                    return Err(A::Error::duplicate_field(capability.row().word));
                }
                Name::Capability(capability) => {
                    seen.insert(capability);
                    if fields.next_value()? {
                        capabilities.insert(capability);
                    }
                }
                Name::Unknown => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Permissions {
            buckets: buckets.unwrap_or_default(),
            components: components.unwrap_or_default(),
            capabilities,
        })
    }
}

/// Rights that are shared, which are stored as any others.
pub(crate) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::Permissions;

    pub(crate) fn serialize<S: Serializer>(
        rights: &Arc<Permissions>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        rights.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Permissions>, D::Error> {
        Permissions::deserialize(deserializer).map(Arc::new)
    }
}

/// Deserializes a field name without allocating.
enum Name {
    Buckets,
    Components,
    Capability(Capability),
    Unknown,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("field identifier")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    BUCKETS => Name::Buckets,
                    COMPONENTS => Name::Components,
                    name => Capability::of_word(name).map_or(Name::Unknown, Name::Capability),
                })
            }
        }

        deserializer.deserialize_identifier(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // tests/generated/rights.rs checks the exact format that earlier builds stored.

    fn read(text: &str) -> Permissions {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_field_that_is_missing_grants_nothing_and_one_that_is_not_known_is_passed_over() {
        assert_eq!(read("{}"), Permissions::default());
        let newer = read(r#"{"fly":true,"manageTokens":true,"deep":{"a":[1]}}"#);
        assert_eq!(newer.capabilities, Capabilities::of(Capability::ManageTokens));
    }

    #[test]
    fn a_field_that_is_there_twice_or_is_no_boolean_is_an_error() {
        for wrong in [
            r#"{"manageTokens":true,"manageTokens":false}"#,
            r#"{"buckets":{},"buckets":{}}"#,
            r#"{"manageTokens":1}"#,
            r#"{"manageTokens":null}"#,
            "null",
        ] {
            assert!(serde_json::from_str::<Permissions>(wrong).is_err(), "{wrong}");
        }
    }
}
