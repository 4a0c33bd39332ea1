//! The `Idempotency-Key` of a call, and the fingerprint of the call.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jeton_api::lenient;
use jeton_core::{
    Error,
    action_plan::ActionEnd,
    id::{ProjectId, TokenId},
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

/// The form field of the key in the console. A reload submits the same form with the same key.
pub const FORM_FIELD: &str = "idempotencyKey";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    #[serde(deserialize_with = "lenient::string")]
    idempotency_key: Option<String>,
}

/// The key and the fingerprint of a call.
pub struct Keyed {
    key: IdempotencyKey,
    salt: Salt,
    call: SecretHash,
}

impl Keyed {
    /// The key of a call, if it has one.
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
            // The name of the header is part of the fingerprint.
            parts.push(b"");
        }
        Ok(Some(Self::new(key, &parts)))
    }

    /// The key of a console form, if it has one. The CSRF token in the body ties the fingerprint to the session.
    ///
    /// Errors: [`Error::BadField`].
    pub fn of_form(headers: &HeaderMap, path: &str, body: &[u8]) -> Result<Option<Self>, Error> {
        // For an invalid body, the operation returns the error.
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

    /// An identifier of the key for counting.
    pub fn id(&self) -> IdempotencyRecordId {
        self.key.record_id()
    }

    /// The fingerprint of the browser that submitted the form.
    pub fn browser(&self) -> PlainSecret {
        self.key.browser()
    }

    /// The key of the form that follows this one, by its fields: the same if this one is sent again.
    pub fn following(&self, fields: &[(&str, String)]) -> PlainSecret {
        let fields = fields.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        self.key.following(&fields.collect::<Vec<_>>())
    }

    /// The random source of the secrets of this call.
    pub fn secrets(&self) -> Derived {
        self.key.secrets(&self.salt)
    }

    /// Whether an idempotency record belongs to this call.
    pub(super) fn is_of(&self, record: &IdempotencyRecord) -> bool {
        record.call.matches(&self.call)
    }

    /// The random source of the original call of this record.
    pub(super) fn secrets_of(&self, record: &IdempotencyRecord) -> Derived {
        self.key.secrets(&record.salt)
    }

    /// The idempotency record to store.
    pub fn record(&self, made: CreatedResource, now: Timestamp) -> Write {
        Write::InsertIdempotencyRecord(self.new_record(made, now))
    }

    /// The idempotency record of a call of this moment.
    pub fn new_record(&self, made: CreatedResource, now: Timestamp) -> IdempotencyRecord {
        IdempotencyRecord {
            id: self.key.record_id(),
            salt: self.salt.clone(),
            call: self.call,
            made,
            created: now,
            unknown: Map::new(),
        }
    }

    /// The idempotency record of the part of a call that changes one token, or mails a share of it. It is kept as long as that of the call.
    pub fn part(&self, whole: &IdempotencyRecord, project: ProjectId, token: TokenId) -> IdempotencyRecord {
        IdempotencyRecord {
            id: self.key.part_id(&whole.salt, token),
            made: CreatedResource::Part(project, token),
            ..whole.clone()
        }
    }

    /// The idempotency record of the end of a call. It is kept as long as that of the call.
    pub fn end(&self, whole: &IdempotencyRecord, end: ActionEnd) -> IdempotencyRecord {
        IdempotencyRecord {
            id: self.key.end_id(&whole.salt),
            made: CreatedResource::End(end),
            ..whole.clone()
        }
    }
}

/// The error for a key that was used for another call, or whose answer has expired.
pub const KEY_IS_TAKEN: Error = Error::Conflict(KEY_WAS_USED);

const KEY_WAS_USED: &str =
    "this Idempotency-Key was used for another call, or more than ten minutes ago: use a new one";

/// Whether a call failed because its key was used.
pub fn key_is_taken(error: &Error) -> bool {
    matches!(error, Error::Conflict(KEY_WAS_USED))
}
