//! Which tokens a list has, or an action is for.

use jeton_core::{
    Error,
    email::Email,
    permission::{BucketId, ComponentId},
    time::Day,
    token::{CreatedBy, Filter, MAX_DESCRIPTION, Search},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient;

/// Which tokens. All fields have to match; absent and empty ones exclude none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct TokenFilter {
    /// Only tokens that this token created, by its id, or the member with this e-mail address, also if they have left.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([1-9][0-9]{0,13}|[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*)?$"
        )
    )]
    pub creator: Option<String>,
    /// Only tokens with this text in their description or in the id of a bucket or component, without regard to case and accents,
    /// or with this id, also as `PROJECT-ID`, with which its secret begins.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 255))]
    pub search: Option<String>,
    /// Only tokens whose rights name this bucket. Those that may manage all buckets name none.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^((in|out|sys)\\.[A-Za-z0-9_-]{1,96})?$"))]
    pub bucket: Option<String>,
    /// Only tokens whose rights name this component.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(pattern = "^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"))]
    pub component: Option<String>,
    /// Only tokens that were neither used nor created on this UTC day or later, such as `2026-01-31`.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9])))?$"
        )
    )]
    pub unused_since: Option<String>,
    /// Only tokens that expire before this UTC day, or have expired.
    #[serde(default, deserialize_with = "lenient::string", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            pattern = "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9])))?$"
        )
    )]
    pub expires_before: Option<String>,
    /// Only tokens that never expire, or only those that do.
    #[serde(default, deserialize_with = "lenient::choice", skip_serializing_if = "Option::is_none")]
    pub never_expires: Option<bool>,
    /// Only disabled tokens, or only others.
    #[serde(default, deserialize_with = "lenient::choice", skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// Only tokens whose creator has left the project, or only others.
    #[serde(default, deserialize_with = "lenient::choice", skip_serializing_if = "Option::is_none")]
    pub creator_gone: Option<bool>,
    /// Unknown fields. A list ignores them, as all parameters of a query that it does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", schema(ignore))]
    pub unknown: Map<String, Value>,
}

impl TokenFilter {
    /// Whether none of its fields is given. One that is given may be blank.
    pub fn is_empty(&self) -> bool {
        *self == Self { unknown: self.unknown.clone(), ..Self::default() }
    }

    /// The filter of an action, whose fields an error names as `filter.NAME`. A list ignores a blank text; an action rejects it,
    /// since the empty variable of a script must not widen what it changes.
    ///
    /// Errors: [`Error::BadField`], also for a filter that excludes no token.
    pub fn for_action(&self) -> Result<Filter, Error> {
        let filter = self.parsed("filter.")?;
        if let Some((name, ..)) = self.texts(&filter).iter().find(|(_, asked, excludes)| *asked && !excludes)
        {
            let sentence = format!("filter.{name} must not be blank in an action on tokens");
            return Err(Error::bad_field(format!("filter.{name}"), sentence));
        }
        if filter.is_all() {
            let sentence = "filter must have a field: an action on all tokens is not possible";
            return Err(Error::bad_field("filter", sentence));
        }
        Ok(filter)
    }

    /// Each text: its name, whether it was asked for, and whether it excludes a token.
    fn texts(&self, filter: &Filter) -> [(&'static str, bool, bool); 6] {
        [
            ("creator", self.creator.is_some(), filter.creator.is_some()),
            ("search", self.search.is_some(), filter.search.is_some()),
            ("bucket", self.bucket.is_some(), filter.bucket.is_some()),
            ("component", self.component.is_some(), filter.component.is_some()),
            ("unusedSince", self.unused_since.is_some(), filter.unused_since.is_some()),
            ("expiresBefore", self.expires_before.is_some(), filter.expires_before.is_some()),
        ]
    }

    /// The filter, whose fields an error names as `PREFIXname`. Errors: [`Error::BadField`].
    pub fn parsed(&self, prefix: &str) -> Result<Filter, Error> {
        let bad = |name: &str, what: &str| {
            Error::bad_field(format!("{prefix}{name}"), format!("{prefix}{name} must be {what}"))
        };
        let day = |name: &str, text: &Option<String>| {
            let parse = |text: &str| text.parse::<Day>().ok().filter(|day| day.to_string() == text);
            let what = "a day, such as 2026-01-31";
            present(text.as_deref()).map(|text| parse(text).ok_or_else(|| bad(name, what))).transpose()
        };
        let search = present(self.search.as_deref());
        if search.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
            return Err(bad("search", &format!("a text of at most {MAX_DESCRIPTION} characters")));
        }
        let bucket = present(self.bucket.as_deref()).map(BucketId::parse).transpose();
        let component = present(self.component.as_deref()).map(ComponentId::parse).transpose();
        Ok(Filter {
            creator: present(self.creator.as_deref())
                .map(|text| {
                    creator(text).ok_or_else(|| bad("creator", "the id of a token or an e-mail address"))
                })
                .transpose()?,
            search: search.and_then(Search::new),
            bucket: bucket.map_err(|_| bad("bucket", "the id of a bucket, such as in.c-main"))?,
            component: component.map_err(|_| bad("component", "the id of a component"))?,
            unused_since: day("unusedSince", &self.unused_since)?,
            expires_before: day("expiresBefore", &self.expires_before)?,
            never_expires: self.never_expires,
            disabled: self.is_disabled,
            creator_gone: self.creator_gone,
        })
    }
}

fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn creator(text: &str) -> Option<CreatedBy> {
    text.parse().map(CreatedBy::Token).ok().or_else(|| Email::parse(text).map(CreatedBy::Member))
}
