//! What clients send about tokens.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use jeton_core::{
    Error,
    permission::{
        Access, BucketId, Capabilities, Capability, CapabilityPatch, ComponentId, InvalidPermissions,
        Permissions, capability::Row,
    },
    time::Timestamp,
    token::{Identity, Overlap, Update},
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{
    capabilities::{AmongFields, among_fields},
    lenient,
    patch::Patch,
    unknown,
};

/// The longest lifetime that can be asked for: a hundred years, in seconds.
const MAX_EXPIRES_IN: i64 = 3_153_600_000;

/// Fields of a token as clients ask for them, beside those of capabilities.
const FIELDS: [&str; 5] = ["description", "bucketPermissions", "componentAccess", "isDisabled", "expiresIn"];

/// What a client asks for when it creates a token. Nothing asked for is nothing allowed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct CreateToken {
    /// What it is for, at most 255 characters; `Created by …` when absent or empty.
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
    /// What it may do beside single buckets and components, each as a field of its own.
    #[serde(skip)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub capabilities: CapabilityPatch,
    /// Refused when true.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub can_manage_protected_default_branch: Option<bool>,
    /// Lifetime in whole seconds, at least 1.
    #[serde(default, deserialize_with = "lenient::patch_seconds", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_i64))]
    pub expires_in: Patch<i64>,
    /// What is not known here: ignored, unless it would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// What a client changes of a token: what it names is replaced, everything else stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct UpdateToken {
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
    /// What it may do beside single buckets and components, each as a field of its own.
    #[serde(skip)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub capabilities: CapabilityPatch,
    /// Switch it off, or on again: nobody gets in with a token that is off.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// When it ends, such as `2026-12-31T23:59:59+0000`; for master tokens to move.
    #[serde(default, deserialize_with = "lenient::patch_string", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub expires: Patch<String>,
    /// In how many whole seconds from now it ends, in place of `expires`.
    #[serde(default, deserialize_with = "lenient::patch_seconds", skip_serializing_if = "Patch::is_kept")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_i64))]
    pub expires_in: Patch<i64>,
    /// Refused when true.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub can_manage_protected_default_branch: Option<bool>,
    /// What is not known here: ignored, unless it would grant or limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// How a token is refreshed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefreshToken {
    /// For how many seconds older copies go on verifying, at most 604800; 0 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 604_800))]
    pub grace_period: Option<i64>,
    /// Have older copies go on verifying until the new one is first used, for seven days or the grace period at most.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub keep_old_until_used: Option<bool>,
    /// What is not known here: ignored, unless it is a known field in another spelling or would limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

impl RefreshToken {
    /// What becomes of the older copies. Errors: [`Error::BadField`] when they are to end at once and to be kept.
    pub fn overlap(&self) -> Result<Overlap, Error> {
        unknown::refuse(&self.unknown, &["gracePeriod", "keepOldUntilUsed"])?;
        let until_used = self.keep_old_until_used.unwrap_or_default();
        if until_used && self.grace_period == Some(0) {
            return Err(Error::bad_field(
                "gracePeriod",
                "gracePeriod 0 ends older copies at once and keepOldUntilUsed keeps them: send one of the two",
            ));
        }
        // What is no number of seconds at all is as much too large as what is too large.
        let grace_seconds = u64::try_from(self.grace_period.unwrap_or(0)).unwrap_or(u64::MAX);
        Ok(Overlap { grace_seconds, until_used })
    }
}

/// How an open share is sent once more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendShare {
    /// A message for the recipient, at most 1,000 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 1000, pattern = r"^[^\u0000]*$"))]
    pub message: Option<String>,
    /// How long the share is open from now on, in seconds, at most 604800; 86400 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 604_800))]
    pub expires_in: Option<i64>,
    /// Hand the code to the caller in place of mailing it.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub separate_code: Option<bool>,
}

/// With whom a token is shared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ShareToken {
    /// One e-mail address.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required, value_type = crate::schema::EmailAddress))]
    pub recipient_email: Option<String>,
    /// A message for the recipient, at most 1,000 characters.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 1000, pattern = r"^[^\u0000]*$"))]
    pub message: Option<String>,
    /// How long the share is open, in seconds, at most 604800; 86400 when absent.
    #[serde(default, deserialize_with = "lenient::seconds", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 604_800))]
    pub expires_in: Option<i64>,
    /// Answer the code to the sharer in place of mailing it.
    #[serde(default, deserialize_with = "lenient::boolean", skip_serializing_if = "Option::is_none")]
    pub separate_code: Option<bool>,
    /// What is not known here: ignored, unless it is a known field in another spelling or would limit something.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

/// The code of a share whose sharer asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SeparateCode {
    /// Six digits, for the sharer to pass on.
    pub code: String,
}

/// Which tokens to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListTokens {
    /// At most this many, from 1 to 10000.
    #[serde(default, deserialize_with = "lenient::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 10_000))]
    pub limit: Option<i64>,
    /// Only tokens with greater ids.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([1-9][0-9]{0,13})?$"))]
    pub after_id: Option<String>,
}

impl CreateToken {
    /// The rights asked for. Errors: [`Error::InvalidPermissions`], [`Error::Forbidden`] for a right
    /// that does not exist here.
    pub fn permissions(&self) -> Result<Permissions, Error> {
        refuse_protected_branch(self.can_manage_protected_default_branch)?;
        refuse_unknown(&self.unknown)?;
        let permissions = Permissions {
            buckets: buckets(self.bucket_permissions.as_ref())?.unwrap_or_default(),
            components: components(self.component_access.as_ref())?.unwrap_or_default(),
            capabilities: self.capabilities.granted(),
        };
        Ok(permissions.normalised()?)
    }

    /// The lifetime asked for, in seconds. Errors: [`Error::MinimalExpiration`], [`Error::BadField`].
    pub fn lifetime(&self) -> Result<Option<u64>, Error> {
        lifetime(self.expires_in.value())
    }

    /// Whether it says of a configuration's token, which is switched off or not, that it is otherwise. Errors:
    /// [`Error::BadField`], since only an update of the token itself changes that.
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

    /// What of this changes a configuration's token that is already there.
    pub fn as_update(&self) -> UpdateToken {
        UpdateToken {
            description: self.description.clone(),
            bucket_permissions: self.bucket_permissions.clone(),
            component_access: self.component_access.clone(),
            capabilities: self.capabilities,
            // Any other `expires` is refused.
            expires: match self.unknown.get("expires") {
                Some(Value::Null) => Patch::Clear,
                _ => Patch::Keep,
            },
            expires_in: self.expires_in,
            unknown: self.unknown.clone(),
            can_manage_protected_default_branch: self.can_manage_protected_default_branch,
            is_disabled: None,
        }
    }
}

impl UpdateToken {
    /// The update of the domain, for a token that is this one before, its end included. Errors: as
    /// [`UpdateToken::update`] and [`CreateToken::lifetime`], and [`Error::BadField`] for `null` in place of an end that
    /// the token has.
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

    /// Errors: [`Error::BadField`] when it asks that a token has no end any more.
    fn keeps_the_end(&self) -> Result<(), Error> {
        let field = match (&self.expires, self.expires_in) {
            (Patch::Clear, _) => "expires",
            (_, Patch::Clear) => "expiresIn",
            _ => return Ok(()),
        };
        let sentence = format!("{field} must not be null: an end can be moved, and cannot be taken away");
        Err(Error::bad_field(field, sentence))
    }

    /// The rights that are proposed in place of these, which need not be ones that an update can give: a right to
    /// manage is taken away by a new token. Errors: as [`UpdateToken::update`].
    pub fn proposed(&self, before: &Permissions) -> Result<Permissions, Error> {
        let taken_for_good = self.capabilities.taken().difference(Capabilities::EDITABLE);
        let kept =
            Permissions { capabilities: before.capabilities.difference(taken_for_good), ..before.clone() };
        self.update(&kept)?.rights_after(&kept)
    }

    /// The update of the domain, for a token with these rights, but for its end. Errors: as
    /// [`CreateToken::permissions`], and [`Error::BadField`] for what cannot be changed.
    pub fn update(&self, before: &Permissions) -> Result<Update, Error> {
        refuse_protected_branch(self.can_manage_protected_default_branch)?;
        let changed = |row: &&Row| {
            let asked = self.capabilities.get(row.capability);
            !row.editable && asked.is_some_and(|asked| asked != before.has(row.capability))
        };
        if let Some(Row { flag, .. }) = Capability::rows().find(changed) {
            return Err(Error::bad_field(*flag, format!("{flag} cannot be changed")));
        }
        refuse_unknown(&self.unknown)?;
        Ok(Update {
            description: self.description.clone(),
            buckets: buckets(self.bucket_permissions.as_ref())?,
            components: components(self.component_access.as_ref())?,
            capabilities: self.capabilities.only(Capabilities::EDITABLE),
            expires: None,
            disabled: self.is_disabled,
        })
    }
}

/// A capability is named by its flag, and says nothing as null.
macro_rules! capabilities_by_flag {
    ($($body:ty),*) => {$(
        impl<'de> Deserialize<'de> for $body {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                among_fields(deserializer)
            }
        }

        impl AmongFields for $body {
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
    )*};
}

capabilities_by_flag!(CreateToken, UpdateToken);

fn refuse_unknown(fields: &Map<String, Value>) -> Result<(), Error> {
    unknown::refuse(fields, &[&FIELDS[..], &Capability::FLAGS].concat())
}

/// A lifetime that was asked for, in seconds. Errors: [`Error::MinimalExpiration`], [`Error::BadField`].
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

/// Reads the moment at which a token is to end.
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

fn refuse_protected_branch(asked: Option<bool>) -> Result<(), Error> {
    if asked == Some(true) {
        return Err(Error::Forbidden("canManageProtectedDefaultBranch cannot be granted"));
    }
    Ok(())
}

fn buckets(asked: Option<&BTreeMap<String, String>>) -> Result<Option<BTreeMap<BucketId, Access>>, Error> {
    let Some(asked) = asked else { return Ok(None) };
    let parsed = asked.iter().map(|(bucket, access)| {
        let bucket = BucketId::parse(bucket)?;
        let access = Access::parse(access).ok_or_else(|| {
            InvalidPermissions(format!("The permission on bucket {bucket} must be read or write"))
        })?;
        Ok::<_, InvalidPermissions>((bucket, access))
    });
    Ok(Some(parsed.collect::<Result<_, _>>()?))
}

fn components(asked: Option<&Vec<String>>) -> Result<Option<BTreeSet<ComponentId>>, Error> {
    let Some(asked) = asked else { return Ok(None) };
    let parsed: Result<_, InvalidPermissions> = asked.iter().map(|id| ComponentId::parse(id)).collect();
    Ok(Some(parsed?))
}
