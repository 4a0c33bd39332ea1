//! Items and their attributes.
//!
//! A domain value is one attribute, `body`: its JSON. Other attributes are for conditions, TTL or increments.
//! Updates name the attributes that they change, and keep all others, including those of a newer Jeton.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jeton_core::{
    email::Email,
    event::WrittenEvent,
    manage::ManageToken,
    share::{AttemptId, Share},
    store::Unavailable,
    time::Timestamp,
    token::{Token, Tombstone},
};
use serde::{Serialize, de::DeserializeOwned};

use super::key::Key;

/// An item as the SDK reads it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// How long a tombstone is kept after the retention of events: a question may have been answered from a read
/// just before the deletion.
const TOMBSTONE_MARGIN: u64 = 86_400;

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(super) fn number(value: &impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A domain value as its JSON.
pub(super) fn json(value: &impl Serialize) -> Result<AttributeValue, Unavailable> {
    let text = serde_json::to_string(value);
    text.map(AttributeValue::S).map_err(|error| Unavailable(format!("a value is not JSON: {error}")))
}

/// The TTL of an item, in seconds as DynamoDB expects.
pub(super) fn ttl(moment: Timestamp) -> AttributeValue {
    number(&(moment.millis() / 1000))
}

/// The TTL of an event.
pub(super) fn event_ttl(event: &WrittenEvent) -> AttributeValue {
    ttl(event.created.retention_end())
}

/// The TTL of a tombstone: after the last event of its token.
pub(super) fn tombstone_ttl(tombstone: &Tombstone) -> AttributeValue {
    after_retention(tombstone.deleted)
}

/// The TTL of the remains of something that was deleted at this time: after its last event.
pub(super) fn after_retention(deleted: Timestamp) -> AttributeValue {
    ttl(deleted.retention_end().plus_seconds(TOMBSTONE_MARGIN))
}

/// The TTL of a share: as long after its end as its events.
pub(super) fn share_ttl(share: &Share) -> AttributeValue {
    ttl(share.expires.retention_end())
}

/// A key as the SDK expects it.
pub(super) fn key_attributes(key: &Key) -> Item {
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

/// A text attribute of an item, if present.
pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Parses the address from a sort key of [`Key::email`].
pub(super) fn address_in(item: &Item) -> Option<Email> {
    Email::parse(text_of(item, "sk")?.strip_prefix("EMAIL#")?)
}

/// A number attribute of an item, if present.
pub(super) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Reads a JSON attribute; `None` if the item lacks it.
pub(super) fn read<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Option<T>, Unavailable> {
    let Some(text) = text_of(item, name) else { return Ok(None) };
    jeton_core::json::from_str(text).map(Some).map_err(|error| {
        let (pk, sk) = (text_of(item, "pk").unwrap_or("?"), text_of(item, "sk").unwrap_or("?"));
        Unavailable(format!("{name} of item {pk} / {sk} does not parse: {error}"))
    })
}

/// Reads the body of an item.
pub(super) fn body<T: DeserializeOwned>(item: &Item) -> Result<Option<T>, Unavailable> {
    read(item, "body")
}

/// Reads a token with the attributes beside its body.
pub(super) fn token(item: &Item) -> Result<Option<Token>, Unavailable> {
    let found: Option<Token> = body(item)?;
    Ok(found.map(|found| Token { last_used: last_used(item), ..found }))
}

/// Reads the body of an item that must have one.
pub(super) fn whole<T: DeserializeOwned>(item: &Item) -> Result<T, Unavailable> {
    body(item)?.ok_or_else(|| Unavailable("it has no body".to_owned()))
}

/// Reads a manage token with the attributes beside its body.
pub(super) fn manage_token(item: &Item) -> Result<ManageToken, Unavailable> {
    Ok(ManageToken { last_used: last_used(item), ..whole(item)? })
}

/// Reads a share with its reserved attempts.
pub(super) fn share(item: &Item) -> Result<Share, Unavailable> {
    Ok(Share {
        attempts: number_of(item, "attempts").unwrap_or(0),
        reserved: attempts(item, RESERVED),
        wrong: attempts(item, WRONG),
        ..whole(item)?
    })
}

/// The attribute with the reserved attempts at a share.
pub(super) const RESERVED: &str = "reserved";

/// The attribute with the attempts that were wrong.
pub(super) const WRONG: &str = "wrong";

/// The attribute with these attempts; `None` without any, since a set cannot be empty.
pub(super) fn names_of_attempts(
    name: &'static str,
    attempts: &BTreeSet<AttemptId>,
) -> Option<(&'static str, AttributeValue)> {
    let names: Vec<String> = attempts.iter().map(|attempt| attempt.as_str().to_owned()).collect();
    (!names.is_empty()).then(|| (name, AttributeValue::Ss(names)))
}

/// The attempts in an attribute; none if it is absent.
pub(super) fn attempts(item: &Item, name: &str) -> BTreeSet<AttemptId> {
    let names = item.get(name).and_then(|names| names.as_ss().ok()).map(Vec::as_slice).unwrap_or_default();
    names.iter().map(|name| AttemptId::from_store(name)).collect()
}

/// The number of shards of a token's events. Absent means one.
pub(super) fn shards(item: &Item) -> u32 {
    number_of(item, "shards").unwrap_or(1)
}

/// The day of last use.
pub(super) fn last_used(item: &Item) -> Option<jeton_core::time::Day> {
    text_of(item, "lastUsed")?.parse().ok()
}
