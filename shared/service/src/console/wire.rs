//! The forms of the console.

use jeton_api::{
    capabilities::{AmongFields, among_fields},
    event::ListEvents,
    lenient,
    settings::TokenSettings,
    token_request::RefreshToken,
};
use jeton_core::{
    Error,
    event::Event,
    permission::{
        Capabilities, Capability, CapabilityPatch,
        capability::{Control, Row},
    },
    time::Timestamp,
    token::Overlap,
};
use serde::{Deserialize, Deserializer};

/// The form of a new token, and of an edit.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, remote = "Self")]
pub struct TokenForm {
    /// The description.
    #[serde(deserialize_with = "lenient::string")]
    pub description: Option<String>,
    /// The lifetime: `never`, `hour`, `day`, `week`, `month` or `date`.
    #[serde(deserialize_with = "lenient::string")]
    pub expires: Option<String>,
    /// The last day in UTC, with `date`.
    #[serde(deserialize_with = "lenient::string")]
    pub until: Option<String>,
    /// The fingerprint of the token state that an edit started from.
    #[serde(deserialize_with = "lenient::string")]
    pub shown: Option<String>,
    /// The capabilities of its checkboxes and radio buttons.
    #[serde(skip)]
    pub capabilities: Capabilities,
    /// The buckets to read, separated by lines, commas or spaces.
    #[serde(deserialize_with = "lenient::string")]
    pub read: Option<String>,
    /// The buckets to write.
    #[serde(deserialize_with = "lenient::string")]
    pub write: Option<String>,
    /// The components to run.
    #[serde(deserialize_with = "lenient::string")]
    pub components: Option<String>,
}

/// The form of a refresh: what happens to older copies.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RefreshForm {
    /// `end` for immediately, a number of seconds, or `used` for until the new secret is first used.
    #[serde(deserialize_with = "lenient::string")]
    pub old: Option<String>,
    /// The field of the API, if `old` is absent.
    #[serde(deserialize_with = "lenient::seconds")]
    pub grace_period: Option<i64>,
    /// The field of the API, if `old` is absent.
    #[serde(deserialize_with = "lenient::boolean")]
    pub keep_old_until_used: Option<bool>,
}

impl RefreshForm {
    /// What happens to the older copies. Errors: [`Error::BadField`] for no choice, and for more than one.
    pub fn overlap(&self) -> Result<Overlap, Error> {
        let api = RefreshToken {
            grace_period: self.grace_period,
            keep_old_until_used: self.keep_old_until_used,
            ..RefreshToken::default()
        };
        let Some(old) = self.old.as_deref() else { return api.overlap() };
        if self.grace_period.is_some() || self.keep_old_until_used.is_some() {
            return Err(Error::bad_field("old", "Choose once what happens to existing copies."));
        }
        match (old, old.parse::<u64>()) {
            ("end", _) => Ok(Overlap::default()),
            ("used", _) => Ok(Overlap { until_used: true, ..Overlap::default() }),
            (_, Ok(grace_seconds @ 1..)) => Ok(Overlap { grace_seconds, until_used: false }),
            _ => Err(Error::bad_field("old", "Choose what happens to existing copies.")),
        }
    }
}

/// The form of a share.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShareForm {
    /// The recipient.
    #[serde(deserialize_with = "lenient::string")]
    pub recipient_email: Option<String>,
    /// The message.
    #[serde(deserialize_with = "lenient::string")]
    pub message: Option<String>,
    /// The lifetime of the link, in seconds.
    #[serde(deserialize_with = "lenient::string")]
    pub expires_in: Option<String>,
    /// Set if the code is not mailed.
    #[serde(deserialize_with = "lenient::string")]
    pub separate_code: Option<String>,
}

/// The query of the list of tokens.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListQuery {
    /// A part of the description, or the id.
    #[serde(deserialize_with = "lenient::string")]
    pub search: Option<String>,
    /// Only tokens with smaller ids, which are older.
    #[serde(deserialize_with = "lenient::string")]
    pub after_id: Option<String>,
}

/// The query of a history or an export.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryQuery {
    /// A query, or words of the message.
    #[serde(deserialize_with = "lenient::string")]
    pub q: Option<String>,
    /// Only events of this name.
    #[serde(deserialize_with = "lenient::string")]
    pub event: Option<String>,
    /// `info`, `success`, `warn` or `error`.
    #[serde(deserialize_with = "lenient::string")]
    pub r#type: Option<String>,
    /// Only events at or after this time.
    #[serde(deserialize_with = "lenient::string")]
    pub from: Option<String>,
    /// Only events before this time.
    #[serde(deserialize_with = "lenient::string")]
    pub to: Option<String>,
    /// Only events before this one.
    #[serde(deserialize_with = "lenient::string")]
    pub max_id: Option<String>,
    /// `csv` or `ndjson`.
    #[serde(deserialize_with = "lenient::string")]
    pub format: Option<String>,
}

impl TokenForm {
    /// The request for a new token.
    pub fn create(&self, now: Timestamp) -> Result<TokenSettings, Error> {
        let expires_in = self.lifetime(now)?.into();
        Ok(TokenSettings { expires_in, ..self.settings(self.full(), Capabilities::ALL) })
    }

    /// The update of an edit. Access to all buckets and components cannot be edited.
    pub fn update(&self, manages_buckets: bool) -> TokenSettings {
        self.settings(manages_buckets, Capabilities::EDITABLE)
    }

    /// What both forms have, which for a token with all buckets and components has no single ones.
    fn settings(&self, full: bool, capabilities: Capabilities) -> TokenSettings {
        TokenSettings {
            description: self.description.clone(),
            bucket_permissions: (!full).then(|| self.buckets()),
            component_access: (!full).then(|| ids(self.components.as_deref())),
            capabilities: self.patch(capabilities),
            ..TokenSettings::default()
        }
    }

    /// Whether all buckets and components are requested.
    pub fn full(&self) -> bool {
        self.capabilities.contains(Capability::ManageBuckets)
    }

    /// The changes of these capabilities: an unchecked box removes one.
    fn patch(&self, these: Capabilities) -> CapabilityPatch {
        let mut patch = CapabilityPatch::default();
        for row in these.rows().filter(|row| row.control != Control::None) {
            patch.set(row.capability, self.capabilities.contains(row.capability));
        }
        patch
    }

    fn buckets(&self) -> std::collections::BTreeMap<String, String> {
        let of = |text: &Option<String>, access: &'static str| {
            ids(text.as_deref()).into_iter().map(move |id| (id, access.to_owned()))
        };
        of(&self.read, "read").chain(of(&self.write, "write")).collect()
    }

    fn lifetime(&self, now: Timestamp) -> Result<Option<i64>, Error> {
        let seconds = match self.expires.as_deref().unwrap_or("never") {
            "never" => return Ok(None),
            "hour" => 3600,
            "day" => 86_400,
            "week" => 604_800,
            "month" => 2_592_000,
            "date" => {
                let day = self.until.as_deref().unwrap_or_default();
                let end: Result<Timestamp, _> = format!("{day}T23:59:59+0000").parse();
                let end = end.map_err(|_| Error::bad_field("until", "Enter an expiry date."))?;
                if end <= now {
                    return Err(Error::bad_field("until", "The expiry date is in the past."));
                }
                (end.millis() - now.millis()) / 1000 + 1
            }
            _ => return Err(Error::bad_field("expires", "There is no such expiry.")),
        };
        Ok(Some(seconds))
    }
}

impl<'de> Deserialize<'de> for TokenForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (form, _) = among_fields(deserializer, &[])?;
        Ok(form)
    }
}

impl AmongFields for TokenForm {
    fn capability(field: &str) -> Option<Capability> {
        Capability::rows().find(|row| row.control.field() == Some(field)).map(|row| row.capability)
    }

    fn granted<'de, D: Deserializer<'de>>(row: &Row, value: D) -> Result<Option<bool>, D::Error> {
        Ok(lenient::string(value)?.map(|value| row.control.grants(&value)))
    }

    fn others<'de, D: Deserializer<'de>>(fields: D) -> Result<Self, D::Error> {
        Self::deserialize(fields)
    }

    fn with_capabilities(self, patch: CapabilityPatch) -> Self {
        Self { capabilities: patch.granted(), ..self }
    }
}

/// Parses ids, separated by lines, commas or spaces.
fn ids(text: Option<&str>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(|c: char| c.is_whitespace() || c == ',')
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}

impl HistoryQuery {
    /// Whether an event matches the name and the type.
    pub fn matches(&self, event: &Event) -> bool {
        let same = |wanted: &Option<String>, is: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == is)
        };
        same(&self.event, &event.event) && same(&self.r#type, event.r#type.as_str())
    }

    /// The other filters, as a query of the API.
    pub fn list(&self, limit: Option<i64>) -> ListEvents {
        ListEvents {
            limit,
            max_id: self.max_id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            q: self.q.clone().filter(|text| !text.trim().is_empty()),
            ..ListEvents::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_however_they_are_set_apart() {
        assert_eq!(ids(Some("in.c-a, in.c-b\r\nin.c-c  in.c-d,")), ["in.c-a", "in.c-b", "in.c-c", "in.c-d"]);
        assert!(ids(Some(" \n")).is_empty() && ids(None).is_empty());
    }

    #[test]
    fn a_date_is_the_last_day_of_a_token() {
        let now: Timestamp = "2026-01-15T12:00:00+0000".parse().unwrap();
        let form = |day: &str| TokenForm {
            expires: Some("date".to_owned()),
            until: Some(day.to_owned()),
            ..TokenForm::default()
        };
        assert_eq!(form("2026-01-15").lifetime(now).unwrap(), Some(12 * 3600));
        assert!(form("2026-01-14").lifetime(now).is_err() && form("").lifetime(now).is_err());
        assert_eq!(TokenForm::default().lifetime(now).unwrap(), None);
    }
}
