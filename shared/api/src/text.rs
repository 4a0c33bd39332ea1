//! Values as text: ids, times and secrets.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

/// Writes a value as text.
pub fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Parses a value from text. The error does not quote the text.
pub fn deserialize<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not the text that was expected"))
}

/// A time as text.
pub mod time {
    use jeton_core::time::Timestamp;
    use serde::{Deserializer, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(time.wire().as_str())
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        super::deserialize(deserializer)
    }
}

/// A time as text, or null.
pub mod time_or_null {
    use jeton_core::time::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::time::serialize(time, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("not a time"))).transpose()
    }
}

/// The secret that an answer shows once, if any.
pub mod secret {
    use jeton_core::secret::PlainSecret;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    /// Writes the secret in plain text.
    pub fn serialize<S: Serializer>(secret: &Option<PlainSecret>, serializer: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(PlainSecret::expose).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PlainSecret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(PlainSecret::new))
    }
}
