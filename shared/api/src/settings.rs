//! Token settings: in create, update and the `PUT` of a configuration token.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
};

use chrono::DateTime;
use jeton_core::{
    Error,
    permission::{
        Access, BucketId, Capabilities, Capability, CapabilityPatch, ComponentId, InvalidPermissions,
        Permissions, capability::Row,
    },
    time::Timestamp,
    token::{Identity, Settings, Update},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{
    capabilities::{AmongFields, among_fields},
    lenient,
    patch::Patch,
    unknown,
};

/// The longest lifetime: a hundred years, in seconds.
const MAX_EXPIRES_IN: i64 = 3_153_600_000;

/// The fields of token requests, without those of capabilities.
const FIELDS: [&str; 5] = ["description", "bucketPermissions", "componentAccess", "isDisabled", "expiresIn"];

/// An update of a token: the fields present are replaced, all others stay.
// A field that cannot be cleared is an `Option`: `null` is the same as absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = UpdateToken))]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct TokenSettings {
    /// What it is for, at most 255 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(max_length = 255, pattern = r"^[^\u0000\u202a-\u202e\u2066-\u2069]*$")
    )]
    pub description: Option<String>,
    /// `read` or `write` by bucket.
    #[serde(default, deserialize_with = "lenient::string_map", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<BTreeMap<crate::schema::BucketId, crate::schema::Access>>))]
    pub bucket_permissions: Option<BTreeMap<String, String>>,
    /// Components it may run.
    #[serde(default, deserialize_with = "lenient::strings", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Vec<crate::schema::ComponentId>>))]
    pub component_access: Option<Vec<String>>,
    /// Capabilities beside single buckets and components, each as a field of its own.
    #[serde(flatten, skip_deserializing)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub capabilities: CapabilityPatch,
    /// Disable or enable it: a disabled token is not accepted.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// When it expires, such as `2026-12-31T23:59:59+0000`; only master tokens may change it.
    #[serde(default, deserialize_with = "lenient::patch_string", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub expires: Patch<String>,
    /// In how many whole seconds from now it expires, instead of `expires`.
    #[serde(default, deserialize_with = "lenient::patch_seconds", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_i64))]
    pub expires_in: Patch<i64>,
    /// Rejected when true.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub can_manage_protected_default_branch: Option<bool>,
    /// Unknown fields: ignored, unless they would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// Settings of a new token, in a create body. Fields for updates only are unknown to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateToken(TokenSettings);

/// The fields for updates only.
pub(crate) const NOT_FOR_NEW: &[&str] = &["isDisabled", "expires"];

impl TokenSettings {
    /// The settings of a new token. Errors: [`Error::InvalidPermissions`], [`Error::Forbidden`] for a right
    /// that does not exist here, [`Error::MinimalExpiration`], [`Error::BadField`].
    pub fn for_new(&self) -> Result<Settings, Error> {
        self.reject_protected_branch()?;
        self.reject_unknown()?;
        let permissions = Permissions {
            buckets: self.buckets()?.unwrap_or_default(),
            components: self.components()?.unwrap_or_default(),
            capabilities: self.capabilities.granted(),
        };
        Ok(Settings {
            description: self.description.clone().unwrap_or_default(),
            permissions: permissions.normalised()?,
            expires_in: lifetime(self.expires_in.value())?,
        })
    }

    /// The update of this token, including its expiry. Errors: as [`TokenSettings::update`], and
    /// [`Error::MinimalExpiration`] and [`Error::BadField`] for the expiry, also for `null` in place of an
    /// existing one.
    pub fn changes(&self, before: &Identity, now: Timestamp) -> Result<Update, Error> {
        let expires = match (self.expires.as_ref().value(), lifetime(self.expires_in.value())?) {
            (None, None) if before.expires.is_some() => self.keeps_the_end().map(|()| None)?,
            (None, seconds) => seconds.map(|seconds| now.plus_seconds(seconds)),
            (Some(_), Some(_)) => {
                return Err(Error::bad_field("expires", "send expires or expiresIn, not both"));
            }
            (Some(text), None) => Some(end(text, now)?),
        };
        Ok(Update { expires, ..self.update(&before.permissions)? })
    }

    /// The proposed rights for advice, which may be ones that no update can set: removing the right to manage
    /// takes a new token. Errors: as [`TokenSettings::update`].
    pub fn proposed(&self, before: &Permissions) -> Result<Permissions, Error> {
        let taken_for_good = self.capabilities.taken().difference(Capabilities::EDITABLE);
        let kept =
            Permissions { capabilities: before.capabilities.difference(taken_for_good), ..before.clone() };
        self.update(&kept)?.rights_after(&kept)
    }

    /// The update of a token with these rights, without its expiry. Errors: as [`TokenSettings::for_new`],
    /// and [`Error::BadField`] for fields that cannot be changed.
    pub fn update(&self, before: &Permissions) -> Result<Update, Error> {
        let changed = |row: &&Row| {
            let asked = self.capabilities.get(row.capability);
            !row.editable && asked.is_some_and(|asked| asked != before.has(row.capability))
        };
        self.reject_protected_branch()?;
        if let Some(Row { flag, .. }) = Capability::rows().find(changed) {
            return Err(Error::bad_field(*flag, format!("{flag} cannot be changed")));
        }
        self.reject_unknown()?;
        Ok(Update {
            description: self.description.clone(),
            buckets: self.buckets()?,
            components: self.components()?,
            capabilities: self.capabilities.only(Capabilities::EDITABLE),
            expires: None,
            disabled: self.is_disabled,
        })
    }

    fn reject_unknown(&self) -> Result<(), Error> {
        unknown::reject(&self.unknown, &[&FIELDS[..], &Capability::FLAGS].concat())
    }

    fn reject_protected_branch(&self) -> Result<(), Error> {
        if self.can_manage_protected_default_branch == Some(true) {
            return Err(Error::Forbidden("canManageProtectedDefaultBranch cannot be granted"));
        }
        Ok(())
    }

    /// Errors: [`Error::BadField`] for a request to remove the expiry.
    fn keeps_the_end(&self) -> Result<(), Error> {
        let field = match (&self.expires, self.expires_in) {
            (Patch::Clear, _) => "expires",
            (_, Patch::Clear) => "expiresIn",
            _ => return Ok(()),
        };
        let sentence = format!("{field} must not be null: an expiry can be changed, but not removed");
        Err(Error::bad_field(field, sentence))
    }

    fn buckets(&self) -> Result<Option<BTreeMap<BucketId, Access>>, Error> {
        let Some(asked) = &self.bucket_permissions else { return Ok(None) };
        let parsed = asked.iter().map(|(bucket, access)| {
            let bucket = BucketId::parse(bucket)?;
            let access = Access::parse(access).ok_or_else(|| {
                InvalidPermissions(format!("The permission on bucket {bucket} must be read or write"))
            })?;
            Ok::<_, InvalidPermissions>((bucket, access))
        });
        Ok(Some(parsed.collect::<Result<_, _>>()?))
    }

    fn components(&self) -> Result<Option<BTreeSet<ComponentId>>, Error> {
        let Some(asked) = &self.component_access else { return Ok(None) };
        let parsed: Result<_, InvalidPermissions> = asked.iter().map(|id| ComponentId::parse(id)).collect();
        Ok(Some(parsed?))
    }
}

impl CreateToken {
    /// Checks `isDisabled` against the state of a configuration token. Errors: [`Error::BadField`] if they
    /// differ, since only an update of the token itself changes that.
    pub fn agrees_that(&self, is_disabled: bool) -> Result<(), Error> {
        let says = self.unknown.get("isDisabled").and_then(|value| match value {
            Value::Bool(says) => Some(*says),
            Value::Number(number) => Some(number.as_f64() != Some(0.0)),
            Value::String(text) => Some(!matches!(text.as_str(), "" | "0" | "false")),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        });
        if says.is_some_and(|says| says != is_disabled) {
            let sentence = "isDisabled is not taken here: update the token by its id";
            return Err(Error::bad_field("isDisabled", sentence));
        }
        Ok(())
    }

    /// The update of an existing configuration token.
    pub fn as_update(&self) -> TokenSettings {
        // Any other `expires` is rejected.
        let expires = match self.unknown.get("expires") {
            Some(Value::Null) => Patch::Clear,
            _ => Patch::Keep,
        };
        TokenSettings { expires, ..self.0.clone() }
    }
}

impl Deref for CreateToken {
    type Target = TokenSettings;

    fn deref(&self) -> &TokenSettings {
        &self.0
    }
}

impl Serialize for TokenSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for TokenSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (settings, _) = among_fields(deserializer, &[])?;
        Ok(settings)
    }
}

impl<'de> Deserialize<'de> for CreateToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mut settings, unknown) = among_fields::<TokenSettings, D>(deserializer, NOT_FOR_NEW)?;
        settings.unknown.extend(unknown);
        Ok(Self(settings))
    }
}

/// A capability field is named by its flag; null leaves it as it is.
impl AmongFields for TokenSettings {
    fn capability(field: &str) -> Option<Capability> {
        Capability::of_flag(field)
    }

    fn granted<'de, D: Deserializer<'de>>(_: &Row, value: D) -> Result<Option<bool>, D::Error> {
        lenient::boolean(value)
    }

    fn others<'de, D: Deserializer<'de>>(fields: D) -> Result<Self, D::Error> {
        Self::deserialize(fields)
    }

    fn with_capabilities(self, capabilities: CapabilityPatch) -> Self {
        Self { capabilities, ..self }
    }
}

/// The schema of an update, modified by `schema::describe`.
#[cfg(feature = "schema")]
impl utoipa::PartialSchema for CreateToken {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        TokenSettings::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for CreateToken {
    fn name() -> std::borrow::Cow<'static, str> {
        "CreateToken".into()
    }

    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        TokenSettings::schemas(schemas);
    }
}

/// Parses a requested lifetime in seconds. Errors: [`Error::MinimalExpiration`], [`Error::BadField`].
pub fn lifetime(seconds: Option<i64>) -> Result<Option<u64>, Error> {
    match seconds {
        None => Ok(None),
        Some(seconds) if seconds > MAX_EXPIRES_IN => {
            Err(Error::bad_field("expiresIn", format!("expiresIn must be at most {MAX_EXPIRES_IN} seconds")))
        }
        Some(seconds) => match u64::try_from(seconds) {
            Ok(seconds) if seconds >= 1 => Ok(Some(seconds)),
            _ => Err(Error::MinimalExpiration),
        },
    }
}

/// Parses the expiry of a token.
fn end(text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let bad = |message: &str| Error::bad_field("expires", message);
    let rfc = || DateTime::parse_from_rfc3339(text).map(|at| Timestamp::from_millis(at.timestamp_millis()));
    let end: Timestamp = text
        .parse()
        .or_else(|_| rfc())
        .map_err(|_| bad("expires must be a moment such as 2026-12-31T23:59:59+0000"))?;
    let latest = now.plus_seconds(MAX_EXPIRES_IN.unsigned_abs());
    if end > latest { Err(bad("expires must lie within the next hundred years")) } else { Ok(end) }
}
