//! The memory that a cached verify item takes, so that the cache has a true bound. `tests/memory` holds these estimates
//! against an allocator that counts.

use std::mem::size_of;

use jeton_core::{
    permission::Permissions,
    token::{Key, Kind, VerifyItem},
};

/// What an entry of the cache takes beside its key and its value, in bytes: counters, and its place in an index.
const OF_ENTRY: usize = 21;

/// The cache has room for up to three times as many entries as it has.
const SPARE: usize = 3;

/// The pieces of its written answer that no other token has, beside its description: ids, times and its URL.
const OWN_ANSWER: usize = 288;

/// What an allocation takes beside the bytes of its text, about.
const ALLOCATION: usize = 12;

/// What a bucket or a component takes beside the bytes of its id: its place in a tree whose nodes are half full.
const FOR_EACH_RIGHT: usize = 64;

/// The first node of a tree.
const FIRST_NODE: usize = 320;

/// The entry of an item with a key and a value of this size, in bytes.
pub(super) const fn entry(size: usize) -> usize {
    SPARE * (size + OF_ENTRY)
}

/// An item without its rights and its entry, in bytes.
pub(super) fn item(item: &VerifyItem) -> usize {
    let identity = &item.identity;
    let kind = match &identity.kind {
        Kind::Configuration { component, configuration } => text(component) + text(configuration),
        Kind::Master(_) | Kind::Reader(_) | Kind::Limited => 0,
    };
    let creator = identity.creator.as_ref().map_or(0, |creator| text(&creator.description));
    let member = identity.member.as_ref().map_or(0, |card| text(&card.name) + text(card.email.as_str()));
    // The answer has the description with a backslash before each quote.
    let description = text(&identity.description) + 2 * identity.description.len();
    let copies = item.keys.capacity() * size_of::<Key>() + item.superseded.capacity() * 32;
    let counters = 2 * size_of::<usize>();
    OWN_ANSWER
        + size_of::<VerifyItem>()
        + counters
        + kind
        + creator
        + member
        + description
        + text(&identity.owner.name)
        + copies
}

/// The rights of a token, in bytes.
pub(super) fn rights(rights: &Permissions) -> usize {
    let buckets = rights.buckets.keys().map(|bucket| bucket.as_str().len());
    let components = rights.components.iter().map(|component| component.as_str().len());
    let node = |is_empty: bool| if is_empty { 0 } else { FIRST_NODE };
    size_of::<Permissions>()
        + node(rights.buckets.is_empty())
        + node(rights.components.is_empty())
        + buckets.chain(components).map(|length| FOR_EACH_RIGHT + ALLOCATION + length).sum::<usize>()
        // Its place in the pool.
        + 128
}

/// A text, in bytes.
pub(super) fn text(text: &str) -> usize {
    ALLOCATION + text.len()
}
