//! Normalizes bodies for snapshots: keys in their original order, and placeholders for values that differ in every run.

use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::SerializeMap as _,
};
use serde_json::Number;
use uuid::Uuid;

use crate::{client::Answer, jeton::START, store::front};

/// A JSON value that keeps the order of its keys.
#[derive(Debug, Clone)]
pub enum Ordered {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Ordered>),
    /// An object.
    Map(Vec<(String, Ordered)>),
}

/// The body of an answer, ready for a snapshot.
#[track_caller]
pub fn body(answer: &Answer) -> Ordered {
    let ordered: Ordered = serde_json::from_slice(&answer.body).unwrap();
    ordered.redacted("")
}

/// The keys of an object, in the order of the wire.
#[track_caller]
pub fn keys(answer: &Answer) -> Vec<String> {
    match serde_json::from_slice(&answer.body).unwrap() {
        Ordered::Map(entries) => entries.into_iter().map(|(key, _)| key).collect(),
        other => panic!("no object: {other:?}"),
    }
}

impl Ordered {
    fn redacted(self, key: &str) -> Self {
        match self {
            Self::Number(_) if key == "id" => Self::Text("[number]".to_owned()),
            Self::Text(text) if front().is_some() => Self::Text(redacted_text(&at_start(text))),
            Self::Text(text) => Self::Text(redacted_text(&text)),
            Self::List(items) => Self::List(items.into_iter().map(|item| item.redacted(key)).collect()),
            Self::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let value = value.redacted(&key);
                        (key, value)
                    })
                    .collect(),
            ),
            plain => plain,
        }
    }
}

/// The longest that a test may take, in seconds: less than the shortest of [`LIFETIMES`].
const LONGEST: u64 = 59;

/// The lifetimes of tokens and shares in tests, in seconds.
const LIFETIMES: [u64; 4] = [0, 60, 3600, 86_400];

/// A time of the real clock, as if the test had begun at its literal time; any other text as it is.
fn at_start(text: String) -> String {
    let (start, now) = (Timestamp::from_millis(START), Clock::System.now());
    if [now, now.minus_seconds(LONGEST)].iter().any(|moment| text == moment.day().to_string()) {
        return start.day().to_string();
    }
    let Ok(moment) = text.parse::<Timestamp>() else { return text };
    let lasts = |seconds: &u64| {
        let (earliest, latest) =
            (now.minus_seconds(LONGEST + 1).plus_seconds(*seconds), now.plus_seconds(*seconds));
        (earliest..=latest).contains(&moment)
    };
    LIFETIMES.into_iter().find(lasts).map_or(text, |seconds| start.plus_seconds(seconds).to_string())
}

fn redacted_text(text: &str) -> String {
    if text.split('-').nth(2).is_some_and(|secret| secret.starts_with("jt") && secret.len() == 51) {
        return "[token]".to_owned();
    }
    if text.starts_with("jeton-") && text.len() == 22 {
        return "[exception]".to_owned();
    }
    // The port differs in every run.
    let (scheme, rest) = text.split_once("//").map_or(("", text), |(_, rest)| ("http://", rest));
    let parts: Vec<String> = rest.split('/').map(redacted_part).collect();
    format!("{scheme}{}", parts.join("/"))
}

fn redacted_part(part: &str) -> String {
    let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal = part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let word = match part {
        // Also if all of its digits are decimal: other ids are shorter.
        _ if hexadecimal => "[share]",
        // Shorter numbers are chosen by a test, or count from 1; ids are random and long.
        _ if digits && part.len() > 6 => "[id]",
        _ if part.len() == 36 && Uuid::parse_str(part).is_ok() => "[uuid]",
        _ if part.starts_with("127.0.0.1:") => "[host]",
        same => same,
    };
    word.to_owned()
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Ordered;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
                Ok(Ordered::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
                Ok(Ordered::Number(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
                Ok(Ordered::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
                Ok(Number::from_f64(value).map_or(Ordered::Null, Ordered::Number))
            }

            fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
                Ok(Ordered::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Ordered::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered::Map(entries))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
