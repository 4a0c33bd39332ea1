//! Random values of a server (ids, secrets, codes) and the fixed ones that documents have in their place.

use jeton_tests::{client::Answer, jeton::Jeton, snapshot::Ordered};
use serde_json::Value;

/// The key of the id of a share, where that of other ids is `id`.
const SHARE_ID: &str = "id of a share";

/// The values that were seen so far.
pub struct FixedValues {
    /// Random values, and their replacements.
    replaced: Vec<(String, String)>,
    ids: usize,
    uuids: usize,
    shares: usize,
}

impl FixedValues {
    /// The values of a server from its start.
    pub fn of(jeton: &Jeton) -> Self {
        let mut values = Self { replaced: Vec::new(), ids: 0, uuids: 0, shares: 0 };
        values.replace(&jeton.url, "https://tokens.example.org");
        values.replace(&jeton.url.replace("http://", ""), "tokens.example.org");
        values.replace(&jeton.project.to_string(), "5");
        for id in [&jeton.master_id, jeton.manage.split('-').nth(1).unwrap()] {
            values.learn_id(id);
        }
        for secret in [&jeton.master, &jeton.manage] {
            values.learn_secret(secret);
        }
        values
    }

    /// Replaces a value from now on.
    pub fn replace(&mut self, real: &str, shown: &str) {
        self.replaced.push((real.to_owned(), shown.to_owned()));
    }

    /// Finds the random values in an answer.
    pub fn learn(&mut self, answer: &Answer) {
        if let Ok(body) = serde_json::from_slice(&answer.body) {
            self.learn_within("", &body);
        }
    }

    fn learn_within(&mut self, key: &str, value: &Ordered) {
        match value {
            Ordered::Number(number) if key == "id" => self.learn_id(&number.to_string()),
            Ordered::Text(text) => match text.len() {
                _ if key == "token" => self.learn_secret(text),
                6 if key == "code" => self.replaced.push((text.clone(), "271828".to_owned())),
                16 if key == SHARE_ID => self.learn_share(text),
                36 if matches!(key, "id" | "uuid") => self.learn_uuid(text),
                _ if matches!(key, "id" | "share") && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    self.learn_id(text);
                }
                _ => {}
            },
            Ordered::List(items) => items.iter().for_each(|item| self.learn_within(key, item)),
            Ordered::Map(entries) => {
                // All digits of a share's id may be decimal, as those of a ticket's are.
                let is_share = entries.iter().any(|(key, _)| key == "recipient");
                for (key, value) in entries {
                    let key = if is_share && key == "id" { SHARE_ID } else { key };
                    self.learn_within(key, value);
                }
            }
            _ => {}
        }
    }

    /// Ids of copies and organizations are small, and stay.
    pub fn learn_id(&mut self, id: &str) {
        if id.len() > 2 && !self.knows(id) {
            self.ids += 1;
            self.replaced.push((id.to_owned(), (1000 + self.ids).to_string()));
        }
    }

    fn learn_uuid(&mut self, uuid: &str) {
        if !self.knows(uuid) {
            self.uuids += 1;
            self.replaced.push((uuid.to_owned(), format!("019bc186-de00-7000-8000-{:012}", self.uuids)));
        }
    }

    pub fn learn_share(&mut self, share: &str) {
        if !self.knows(share) {
            self.shares += 1;
            self.replaced.push((share.to_owned(), format!("{:016x}", 0x4e13_15d3_14b6_6200 + self.shares)));
        }
    }

    pub fn learn_secret(&mut self, secret: &str) {
        if !self.knows(secret) {
            let (ids, start) = secret.rsplit_once('-').unwrap();
            for id in ids.split('-').filter(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
                self.learn_id(id);
            }
            let start = if start.starts_with("jt") { "jt" } else { "" };
            self.replaced.push((secret.to_owned(), self.plain(&format!("{ids}-{start}…"))));
        }
    }

    fn knows(&self, text: &str) -> bool {
        self.replaced.iter().any(|(known, _)| known == text)
    }

    /// The text with its random values replaced.
    pub fn plain(&self, text: &str) -> String {
        let mut replaced: Vec<_> = self.replaced.iter().collect();
        replaced.sort_by_key(|(real, _)| std::cmp::Reverse(real.len()));
        replaced.into_iter().fold(text.to_owned(), |text, (real, shown)| whole_words(&text, real, shown))
    }

    /// The same in each text of a value.
    pub fn plain_within(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.plain(text).into(),
            Value::Array(items) => items.iter().map(|item| self.plain_within(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.plain_within(field))).collect()
            }
            other => other.clone(),
        }
    }
}

/// Indented JSON, with its fields in their order.
pub fn pretty(json: &[u8]) -> String {
    let json: Ordered = serde_json::from_slice(json).unwrap();
    serde_json::to_string_pretty(&json).unwrap()
}

/// The text with one word replaced, except within a longer one.
fn whole_words(text: &str, real: &str, shown: &str) -> String {
    let within = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let mut result = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(real) {
        let alone =
            !within(text[..at].chars().next_back()) && !within(text[at + real.len()..].chars().next());
        if alone {
            result.push_str(&text[from..at]);
            result.push_str(shown);
            from = at + real.len();
        }
    }
    result + &text[from..]
}
