//! The `Idempotency-Key` of a call, and what tells this call from others.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jeton_api::lenient;
use jeton_core::{
    Error,
    idempotency::{CreatedResource, Derived, IdempotencyKey, IdempotencyRecord, IdempotencyRecordId, Salt},
    secret::{PlainSecret, SecretHash},
    store::Write,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Map;

use crate::{
    clock::entropy,
    http::header::{MANAGE_HEADER, STORAGE_HEADER},
    wire::form,
};

/// The header.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The field of a console's form that carries the key. A browser that loads the page of an answer again sends the
/// same form, and so the same key.
pub const FORM_FIELD: &str = "idempotencyKey";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    #[serde(deserialize_with = "lenient::string")]
    idempotency_key: Option<String>,
}

/// The key of a call, with what tells this call from others.
pub struct Keyed {
    key: IdempotencyKey,
    salt: Salt,
    call: SecretHash,
}

impl Keyed {
    /// Reads the key of a call; none when there is none.
    ///
    /// Errors: [`Error::BadField`].
    pub fn of(headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<Option<Self>, Error> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let parsed = value.to_str().ok().and_then(IdempotencyKey::parse).filter(|_| values.next().is_none());
        let key = parsed.ok_or_else(|| {
            Error::bad_field(
                "Idempotency-Key",
                "Idempotency-Key must be 256 random bits in 43 to 128 letters, digits, - and _",
            )
        })?;
        let mut parts = vec![method.as_str().as_bytes(), path.as_bytes(), body];
        for name in [STORAGE_HEADER, MANAGE_HEADER, header::AUTHORIZATION] {
            parts.extend(headers.get_all(name).iter().map(HeaderValue::as_bytes));
            // Moving a value from one header to another makes another call of it.
            parts.push(b"");
        }
        Ok(Some(Self::new(key, &parts)))
    }

    /// Reads the key of a form of the console; none when there is none. The body holds the word of its session, so
    /// no other session can send the same call.
    ///
    /// Errors: [`Error::BadField`].
    pub fn of_form(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Option<Self>, Error> {
        // What cannot be read has no key, and the operation says what is wrong with it.
        let form: Form = form::read_body(headers, body).unwrap_or_default();
        let Some(key) = form.idempotency_key.filter(|key| !key.is_empty()) else { return Ok(None) };
        let key = IdempotencyKey::parse(&key)
            .ok_or_else(|| Error::bad_field(FORM_FIELD, "idempotencyKey must be the one of the form"))?;
        Ok(Some(Self::new(key, &[b"POST", path.as_bytes(), body])))
    }

    fn new(key: IdempotencyKey, parts: &[&[u8]]) -> Self {
        let (call, salt) = (key.fingerprint(parts), Salt::random(&mut entropy()));
        Self { key, salt, call }
    }

    /// What stands for its key where something is counted.
    pub fn id(&self) -> IdempotencyRecordId {
        self.key.record_id()
    }

    /// What tells the browser that sent the form of this key from every other one.
    pub fn browser(&self) -> PlainSecret {
        self.key.browser()
    }

    /// Where the secrets of this call come from.
    pub fn secrets(&self) -> Derived {
        self.key.secrets(&self.salt)
    }

    /// Whether an idempotency record is of this very call.
    pub(super) fn is_of(&self, record: &IdempotencyRecord) -> bool {
        record.call.matches(&self.call)
    }

    /// Where the secrets came from when the call made what this record is of.
    pub(super) fn secrets_of(&self, record: &IdempotencyRecord) -> Derived {
        self.key.secrets(&record.salt)
    }

    /// What is stored with what the call makes.
    pub fn record(&self, made: CreatedResource, now: Timestamp) -> Write {
        Write::InsertIdempotencyRecord(IdempotencyRecord {
            id: self.key.record_id(),
            salt: self.salt.clone(),
            call: self.call,
            made,
            created: now,
            unknown: Map::new(),
        })
    }
}

/// The key stands for another call, or for one whose answer can no longer be given.
pub const KEY_IS_TAKEN: Error = Error::Conflict(KEY_WAS_USED);

const KEY_WAS_USED: &str =
    "this Idempotency-Key was used before, for another call or more than ten minutes ago: draw a new one";

/// Whether a call failed because its key stands for another one.
pub fn key_is_taken(error: &Error) -> bool {
    matches!(error, Error::Conflict(KEY_WAS_USED))
}
