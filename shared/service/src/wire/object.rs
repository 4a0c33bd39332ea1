//! JSON objects that are written straight as their bytes.

use jeton_core::Error;
use serde::Serialize;

/// The key of a field, with the comma before it.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
pub(crate) use key;

/// A JSON object that is written field by field, each with a [`key`]. Keys never need escapes, and most texts do not.
pub(crate) struct Object(Vec<u8>);

impl Object {
    /// Begins an object of about this many bytes.
    pub(crate) fn begin(bytes: usize) -> Self {
        let mut json = Vec::with_capacity(bytes);
        json.push(b'{');
        Self(json)
    }

    /// Begins a field.
    fn key(&mut self, key: &'static str) {
        let is_first = self.0.last() == Some(&b'{');
        self.0.extend_from_slice(&key.as_bytes()[usize::from(is_first)..]);
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str, text: &str) {
        self.key(key);
        if is_plain(text.as_bytes()) {
            self.0.reserve(text.len() + 2);
            self.0.push(b'"');
            self.0.extend_from_slice(text.as_bytes());
            self.0.push(b'"');
        } else {
            // Writing a text to memory does not fail.
            let _ = serde_json::to_writer(&mut self.0, text);
        }
    }

    /// A text, if there is one.
    pub(crate) fn some(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A boolean.
    pub(crate) fn bool(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A value whose JSON is known.
    pub(crate) fn known(&mut self, key: &'static str, json: &'static str) {
        self.key(key);
        self.0.extend_from_slice(json.as_bytes());
    }

    /// A number.
    pub(crate) fn number(&mut self, key: &'static str, number: u64) {
        self.key(key);
        let (mut digits, mut first, mut rest) = ([0; 20], 20, number);
        loop {
            first -= 1;
            digits[first] = b"0123456789"[(rest % 10) as usize];
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[first..]);
    }

    /// Any value.
    pub(crate) fn value(&mut self, key: &'static str, value: &impl Serialize) -> Result<(), Error> {
        self.key(key);
        serde_json::to_writer(&mut self.0, value).map_err(|error| failed(&error))
    }

    /// A value whose JSON `write` appends.
    pub(crate) fn written(
        &mut self,
        key: &'static str,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.key(key);
        write(&mut self.0)
    }

    /// Begins an object within this one.
    pub(crate) fn enter(&mut self, key: &'static str) {
        self.key(key);
        self.0.push(b'{');
    }

    /// Ends it.
    pub(crate) fn leave(&mut self) {
        self.0.push(b'}');
    }

    /// The JSON of the whole object.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.leave();
        self.0
    }

    /// The same as a text. Errors: [`Error::Internal`] if it is no text, which JSON is.
    pub(crate) fn end_as_text(self) -> Result<String, Error> {
        String::from_utf8(self.end()).map_err(|error| failed(&error))
    }
}

/// Whether JSON has these bytes of a text as they are. Eight of them are looked at at a time.
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(0, |special, word| special | special_in(u64::from_le_bytes(*word))) == 0
}

/// Not zero if one of these bytes is a quote, a backslash or a control character.
const fn special_in(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (quotes, backslashes) = (word ^ (EACH * b'"' as u64), word ^ (EACH * b'\\' as u64));
    // The lowest byte that is less than what is taken from it borrows from the next one, so that its high bit is set.
    let control = word.wrapping_sub(EACH * 0x20) & !word;
    let quote = quotes.wrapping_sub(EACH) & !quotes;
    let backslash = backslashes.wrapping_sub(EACH) & !backslashes;
    (control | quote | backslash) & HIGH
}

fn failed(error: &dyn std::error::Error) -> Error {
    Error::Internal(format!("a value cannot be written as JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn written(write: impl FnOnce(&mut Object)) -> String {
        let mut object = Object::begin(0);
        write(&mut object);
        object.end_as_text().unwrap()
    }

    #[test]
    fn an_object_has_its_fields_in_the_order_in_which_they_are_written() {
        let json = written(|object| {
            object.enter(key!("a"));
            object.number(key!("b"), 0);
            object.leave();
            object.bool(key!("c"), false);
            object.some(key!("d"), None);
            object.known(key!("e"), "\"f\"");
            object.value(key!("g"), &[1, 2]).unwrap();
        });
        assert_eq!(json, r#"{"a":{"b":0},"c":false,"e":"f","g":[1,2]}"#);
        assert_eq!(written(|_| {}), "{}");
    }

    #[test]
    fn each_byte_that_needs_an_escape_is_noticed_wherever_it_stands() {
        for byte in 0..=0x7F_u8 {
            let needs_escape = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..20 {
                let mut text = [b'x'; 20];
                text[place] = byte;
                for end in place + 1..=20 {
                    assert_eq!(is_plain(&text[..end]), !needs_escape, "{byte} at {place} of {end}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_text_and_a_number_are_read_as_they_were(text in "\\PC*|[\\x00-\\x7F]*", number: u64) {
            let json = written(|object| {
                object.text(key!("text"), &text);
                object.number(key!("number"), number);
            });
            let read: Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, json!({"text": text, "number": number}));
            prop_assert_eq!(json, format!("{{\"text\":{},\"number\":{number}}}", Value::from(text)));
        }
    }
}
