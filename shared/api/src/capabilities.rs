//! Capabilities as fields of request bodies.

use std::{fmt, marker::PhantomData};

use jeton_core::permission::{Capability, CapabilityPatch, capability::Row};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, MapAccess, Visitor,
        value::{MapAccessDeserializer, StringDeserializer},
    },
};
use serde_json::{Map, Value};

/// A body in which some fields grant or remove capabilities, by the table of capabilities.
pub trait AmongFields: Sized {
    /// The capability of a field.
    fn capability(field: &str) -> Option<Capability>;

    /// Whether the value of that field grants it; `None` if it leaves it as it is.
    fn granted<'de, D: Deserializer<'de>>(row: &Row, value: D) -> Result<Option<bool>, D::Error>;

    /// Parses all other fields.
    fn others<'de, D: Deserializer<'de>>(fields: D) -> Result<Self, D::Error>;

    /// Adds the parsed capabilities.
    #[must_use]
    fn with_capabilities(self, patch: CapabilityPatch) -> Self;
}

/// Parses a body, and returns the fields that are not for it unparsed. Capability fields are parsed in a
/// stream, so that an error names the field; serde's flatten no longer knows it.
pub fn among_fields<'de, T: AmongFields, D: Deserializer<'de>>(
    deserializer: D,
    foreign: &[&str],
) -> Result<(T, Map<String, Value>), D::Error> {
    struct Fields<'a, T>(&'a [&'a str], PhantomData<T>);

    impl<'de, T: AmongFields> Visitor<'de> for Fields<'_, T> {
        type Value = (T, Map<String, Value>);

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
            let (mut patch, mut unread) = (CapabilityPatch::default(), Map::new());
            let others =
                Others { fields, patch: &mut patch, foreign: self.0, unread: &mut unread, body: self.1 };
            let body = T::others(MapAccessDeserializer::new(others))?;
            Ok((body.with_capabilities(patch), unread))
        }
    }

    deserializer.deserialize_map(Fields(foreign, PhantomData))
}

/// The fields of no capability.
struct Others<'a, T, A> {
    fields: A,
    patch: &'a mut CapabilityPatch,
    /// Fields that are not for the body.
    foreign: &'a [&'a str],
    unread: &'a mut Map<String, Value>,
    body: PhantomData<T>,
}

impl<'de, T: AmongFields, A: MapAccess<'de>> MapAccess<'de> for Others<'_, T, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.fields.next_key::<String>()? {
            if self.foreign.contains(&name.as_str()) {
                self.unread.insert(name, self.fields.next_value()?);
                continue;
            }
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
