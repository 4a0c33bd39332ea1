//! The form of a new token, and of an edit.

use std::collections::BTreeMap;

use jeton_api::{
    capabilities::{AmongFields, among_fields},
    lenient,
    settings::TokenSettings,
};
use jeton_core::{
    Error,
    permission::{
        Access, BucketId, Capabilities, Capability, CapabilityPatch, ComponentId, InvalidPermissions,
        Shortened, capability::Row,
    },
    text::{shown, trimmed},
    time::Timestamp,
    token::{Editable, Identity, checked_description},
};
use serde::{Deserialize, Deserializer};

use super::{
    expiry,
    problems::Problems,
    purpose::{Purpose, grantable},
};

/// The most wrong ids that an error names beside the first.
const NAMED_IDS: usize = 5;

/// The field that confirms a new token without rights.
pub const ONLY_VERIFY: &str = "onlyVerify";

const MAY_NOTHING: &str =
    "This token may only verify itself. Choose its rights above, or confirm that it needs none.";

/// The fields of ids.
const LISTS: [&str; 3] = ["read", "write", "components"];

/// The fields of a token.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, remote = "Self")]
pub struct TokenForm {
    /// The purpose that a new token started from.
    #[serde(deserialize_with = "lenient::string")]
    pub purpose: Option<String>,
    /// The token that a new one started from, by its id.
    #[serde(deserialize_with = "lenient::string")]
    pub like: Option<String>,
    /// The description.
    #[serde(deserialize_with = "lenient::string")]
    pub description: Option<String>,
    /// When it expires: a choice of [`expiry`].
    #[serde(deserialize_with = "lenient::string")]
    pub expires: Option<String>,
    /// The last day in UTC, with the choice of a date.
    #[serde(deserialize_with = "lenient::string")]
    pub until: Option<String>,
    /// The fingerprint of the token state that an edit started from.
    #[serde(deserialize_with = "lenient::string")]
    pub shown: Option<String>,
    /// Whether a new token without rights is meant.
    #[serde(rename = "onlyVerify", deserialize_with = "lenient::string")]
    pub only_verify: Option<String>,
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

impl TokenForm {
    /// What a purpose proposes.
    pub fn for_purpose(purpose: &Purpose) -> Self {
        Self {
            purpose: Some(purpose.word.to_owned()),
            capabilities: purpose.capabilities(),
            ..Self::default()
        }
    }

    /// The same fields for another purpose, in place of the one that the form had. What was added to its rights stays, but not access to
    /// all buckets and components.
    #[must_use]
    pub fn for_another(self, purpose: &Purpose, was: Option<&Purpose>) -> Self {
        let added = self.capabilities.difference(was.map_or(Capabilities::NONE, Purpose::capabilities));
        Self {
            purpose: Some(purpose.word.to_owned()),
            capabilities: purpose.capabilities().union(added.intersection(Capabilities::EDITABLE)),
            ..self
        }
    }

    /// The fields of an existing token. A capability that no form can grant is left out.
    pub fn of(token: &Editable) -> Self {
        let rights = &token.permissions;
        let buckets = |access: Access| {
            let ids = rights.buckets.iter().filter(|(_, has)| **has == access);
            Some(ids.map(|(bucket, _)| bucket.as_str()).collect::<Vec<_>>().join("\n"))
        };
        let components: Vec<_> = rights.components.iter().map(ComponentId::as_str).collect();
        Self {
            description: Some(token.description.clone()),
            capabilities: rights.capabilities.intersection(grantable()),
            read: buckets(Access::Read),
            write: buckets(Access::Write),
            components: Some(components.join("\n")),
            ..Self::default()
        }
    }

    /// The request for a new token.
    pub fn create(&self, now: Timestamp) -> Result<TokenSettings, Error> {
        let expires_in = self.lifetime(now)?.into();
        Ok(TokenSettings { expires_in, ..self.settings(self.full(), Capabilities::ALL) })
    }

    /// The update of an edit of this token. Access to all buckets and components cannot be edited.
    pub fn update(&self, token: &Identity) -> TokenSettings {
        let settings =
            self.settings(token.permissions.has(Capability::ManageBuckets), Capabilities::EDITABLE);
        // The field had the description without its invisible characters, which stay.
        let is_same = |typed: &String| in_field(typed) == in_field(&token.description);
        TokenSettings { description: settings.description.filter(|typed| !is_same(typed)), ..settings }
    }

    /// The errors in the fields of a new token.
    pub fn problems(&self, now: Timestamp) -> Problems {
        let mut problems = self.problems_of_edit(self.full());
        match self.lifetime(now) {
            Err(error @ Error::BadField { .. }) if self.expires.as_deref() == Some(expiry::DATE) => {
                problems.add("until", error);
            }
            Err(error) => problems.add("expires", error),
            Ok(_) => {}
        }
        let is_filled = |list: &str| !ids(Some(self.list(list))).is_empty();
        if let Some((field, error)) =
            self.purpose().filter(|_| !self.full()).and_then(|of| of.lacks(is_filled))
        {
            problems.add(field, Error::bad_field(field, error));
        }
        let may_nothing = self.capabilities.is_empty() && LISTS.iter().all(|list| !is_filled(list));
        if problems.is_empty() && may_nothing && self.only_verify.is_none() {
            problems.add(ONLY_VERIFY, Error::bad_field(ONLY_VERIFY, MAY_NOTHING));
        }
        problems
    }

    /// The errors in the fields that an edit has, too. With access to all buckets and components, single ones are not read.
    pub fn problems_of_edit(&self, full: bool) -> Problems {
        let mut problems = Problems::default();
        if let Err(error) = checked_description(self.description.as_deref().unwrap_or_default()) {
            problems.add("description", error);
        }
        if full {
            return problems;
        }
        for (field, text) in [("read", &self.read), ("write", &self.write)] {
            add_wrong_ids(&mut problems, field, text.as_deref(), |id| BucketId::parse(id).err());
        }
        let components = self.components.as_deref();
        add_wrong_ids(&mut problems, "components", components, |id| ComponentId::parse(id).err());
        problems
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

    /// The purpose that it started from.
    pub fn purpose(&self) -> Option<&'static Purpose> {
        Purpose::of(self.purpose.as_deref()?)
    }

    /// The text of a list of ids.
    pub fn list(&self, name: &str) -> &str {
        let text = match name {
            "read" => &self.read,
            "write" => &self.write,
            _ => &self.components,
        };
        text.as_deref().unwrap_or_default()
    }

    /// The changes of these capabilities: an unchecked box removes one.
    fn patch(&self, these: Capabilities) -> CapabilityPatch {
        let mut patch = CapabilityPatch::default();
        for row in these.intersection(grantable()).rows() {
            patch.set(row.capability, self.capabilities.contains(row.capability));
        }
        patch
    }

    fn buckets(&self) -> BTreeMap<String, String> {
        let of = |text: &Option<String>, access: &'static str| {
            ids(text.as_deref()).into_iter().map(move |id| (id, access.to_owned()))
        };
        of(&self.read, "read").chain(of(&self.write, "write")).collect()
    }

    fn lifetime(&self, now: Timestamp) -> Result<Option<i64>, Error> {
        expiry::lifetime(self.expires.as_deref(), self.until.as_deref(), now)
    }
}

/// A text as a field of one line has it.
fn in_field(text: &str) -> String {
    trimmed(&shown(text)).replace(['\r', '\n'], "")
}

/// Adds an error that says what is wrong with the first wrong id of a list, and names the others.
fn add_wrong_ids(
    problems: &mut Problems,
    field: &'static str,
    text: Option<&str>,
    error: impl Fn(&str) -> Option<InvalidPermissions>,
) {
    let ids = ids(text);
    let mut wrong = ids.iter().filter_map(|id| Some((id, error(id)?)));
    let Some((_, InvalidPermissions(mut message))) = wrong.next() else { return };
    let others: Vec<_> = wrong.map(|(id, _)| id).collect();
    let named: Vec<_> = others.iter().take(NAMED_IDS).map(|id| format!("{:?}", Shortened(id))).collect();
    if !named.is_empty() {
        message = format!("{message}. The same goes for {}", named.join(", "));
    }
    if others.len() > named.len() {
        message = format!("{message} and {} more", others.len() - named.len());
    }
    problems.add(field, Error::InvalidPermissions(message));
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

#[cfg(test)]
mod tests {
    use jeton_core::permission::Permissions;

    use super::*;

    #[test]
    fn ids_are_read_however_they_are_set_apart() {
        assert_eq!(ids(Some("in.c-a, in.c-b\r\nin.c-c  in.c-d,")), ["in.c-a", "in.c-b", "in.c-c", "in.c-d"]);
        assert!(ids(Some(" \n")).is_empty() && ids(None).is_empty());
    }

    #[test]
    fn every_field_with_an_error_has_its_own() {
        let text = |text: &str| Some(text.to_owned());
        let form = TokenForm {
            description: Some("x".repeat(256)),
            read: text("in.c-a nonsense other"),
            write: text("out.c-b"),
            components: text("a&b"),
            expires: text("date"),
            ..TokenForm::default()
        };
        let problems = form.problems(Timestamp::from_millis(0));
        let named: Vec<_> = problems.fields.iter().map(|(field, _)| *field).collect();
        assert_eq!(named, ["description", "read", "components", "until"]);
        assert!(problems.field("read").is_some_and(|message| message.contains("nonsense")));
        let full = TokenForm { capabilities: Capabilities::of(Capability::ManageBuckets), ..form };
        assert!(full.problems(Timestamp::from_millis(0)).field("read").is_none());
    }

    #[test]
    fn the_form_of_a_token_asks_for_what_the_token_has() {
        let mut rights = Permissions { capabilities: Capabilities::EDITABLE, ..Permissions::default() };
        rights.buckets.insert(BucketId::parse("in.c-a").unwrap(), Access::Read);
        rights.buckets.insert(BucketId::parse("in.c-b").unwrap(), Access::Write);
        rights.components.insert(ComponentId::parse("x.y").unwrap());
        let token = Editable { description: "Import".to_owned(), permissions: rights };
        let asked = TokenForm::of(&token).create(Timestamp::from_millis(0)).unwrap().for_new().unwrap();
        assert_eq!((asked.permissions, asked.description), (token.permissions, token.description));
        let manager = Permissions {
            capabilities: Capabilities::of(Capability::ManageTokens),
            ..Permissions::default()
        };
        let form = TokenForm::of(&Editable { permissions: manager, description: String::new() });
        assert!(form.capabilities.is_empty());
    }
}
