//! Manage tokens: each is an item, and an entry in their list.
//!
//! The version is an attribute beside the body, for conditions. An item of an earlier version has none, and
//! no entry in the list until its first use, or until `jeton init` runs.

use futures_util::future::join_all;
use jeton_core::{
    id::ManageTokenId,
    manage::ManageToken,
    store::Unavailable,
    time::{Day, Timestamp},
};
use jeton_store_support::unreadable;

use super::{
    DynamoDb,
    failure::Failure,
    guard::{Plan, emptied, if_in_version},
    item,
    key::{Key, Span},
    op::{Op, names, request_token},
};

/// The number of concurrent reads of manage tokens.
const AT_ONCE: usize = 16;

const FIRST_VERSION: &str = "attribute_exists(#body) AND attribute_not_exists(#version)";
const NOT_DELETED: &str = "attribute_exists(#pk) AND attribute_not_exists(#deleted)";
const THIS_VERSION: &str = "#version = :before";

impl DynamoDb {
    /// The manage tokens after this id, with replacements for those that cannot be read.
    pub(super) async fn listed_manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        let listed = self.list(Span::manage_tokens(after), limit).await?;
        let id = |sk: &str| ManageTokenId::new(sk.parse().ok()?);
        let ids: Vec<ManageTokenId> =
            listed.iter().filter_map(|found| item::text_of(found, "sk").and_then(id)).collect();
        let mut tokens = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            for token in join_all(some.iter().map(|id| self.one_manage_token(*id))).await {
                // It was deleted since the list was read.
                tokens.extend(token?);
            }
        }
        Ok(tokens)
    }

    pub(super) async fn one_manage_token(
        &self,
        id: ManageTokenId,
    ) -> Result<Option<ManageToken>, Unavailable> {
        let found = self.get(&Key::manage_token(id)).await?;
        if let Some(found) = &found {
            self.note(found);
        }
        Ok(found.filter(|found| !found.contains_key("deleted")).map(|found| {
            item::manage_token(&found).unwrap_or_else(|error| {
                unreadable::tell("a manage token", id, error.0);
                ManageToken::unreadable(id)
            })
        }))
    }

    /// Lists the manage tokens of an earlier version, unless that was done. Scans the whole table.
    pub(super) async fn take_over_manage_tokens(&self) -> Result<u64, Unavailable> {
        let marker = Key::all_manage_tokens_are_listed();
        if self.get(&marker).await?.is_some() {
            return Ok(0);
        }
        let (mut listed, mut start) = (0, None);
        loop {
            let filter = "begins_with(#pk, :manage) AND #sk = :sk AND attribute_exists(#body)";
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .filter_expression(filter)
                .set_expression_attribute_names(names(&[filter]))
                .expression_attribute_values(":manage", item::text("M#"))
                .expression_attribute_values(":sk", item::text("M"))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.unread("all items", &error))?;
            for found in page.items.unwrap_or_default() {
                // One that cannot be read is listed, too.
                let id = item::text_of(&found, "pk").and_then(|pk| pk.strip_prefix("M#"));
                let Some(id) = id.and_then(|id| id.parse().ok()) else { continue };
                let exists = Op::check(Key::manage_token(id)).when("attribute_exists(#body)");
                let ops = [exists, Op::put(Key::listed_manage_token(id), [])];
                match self.send(&ops, &request_token(&self.table, &ops)).await {
                    Ok(()) => listed += 1,
                    // It was deleted since.
                    Err(Failure::Condition(_)) => {}
                    Err(failure) => return Err(Unavailable(failure.why())),
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let ops = [Op::put(marker, [])];
        let done = self.send(&ops, &request_token(&self.table, &ops)).await;
        done.map(|()| listed).map_err(|failure| Unavailable(failure.why()))
    }

    /// Sets the day of last use, and adds the manage token to the list if necessary.
    pub(super) async fn touch_manage_token(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        let unused = "attribute_exists(#body) AND (attribute_not_exists(#lastUsed) OR #lastUsed < :day)";
        let used = Op::update(Key::manage_token(id), "SET #lastUsed = :day")
            .when(unused)
            .with(":day", item::text(day.to_string()));
        let listed = Op::update(Key::listed_manage_token(id), "SET #lastUsed = :day")
            .with(":day", item::text(day.to_string()));
        let ops = [used, listed];
        match self.send(&ops, &request_token(&self.table, &ops)).await {
            Ok(()) | Err(Failure::Condition(_) | Failure::Contended { .. }) => Ok(()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}

pub(super) fn insert(token: &ManageToken) -> Result<Vec<Op>, Unavailable> {
    let (key, listed) = (Key::manage_token(token.id), Key::listed_manage_token(token.id));
    let (body, version) = (("body", item::json(token)?), ("version", item::number(&token.version)));
    let (put, listed) = match token.expires {
        // As an earlier version wrote it: a missing version is version 0.
        _ if token.version == 0 => (Op::put(key, [body]), Op::put(listed, [])),
        None => (Op::put(key, [body, version]), Op::put(listed, [])),
        Some(end) => {
            let ttl = ("ttl", item::after_retention(end));
            (Op::put(key, [body, version, ttl.clone()]), Op::put(listed, [ttl]))
        }
    };
    Ok(vec![put.when("attribute_not_exists(#pk)"), listed])
}

pub(super) fn replace(token: &ManageToken, plan: &Plan, now: Timestamp) -> Result<Vec<Op>, Unavailable> {
    let key = Key::manage_token(token.id);
    let update = Op::update(key.clone(), "SET #body = :body, #version = :version")
        .removing("#reservedUntil")
        .removing("#guardsOf")
        .with(":body", item::json(token)?)
        .with(":version", item::number(&token.version));
    let is_guarded = plan.is_guarded(&key);
    let mut ops = vec![changed(update, token.version.saturating_sub(1), is_guarded)];
    if is_guarded {
        ops.extend(emptied(&key, now));
    }
    Ok(ops)
}

/// The tombstone prevents reuse of the id as long as there may be events of it.
/// The version of a placeholder is not known, so it is removed with its guards, whether there are any or not.
pub(super) fn remove(token: &ManageToken, at: Timestamp, plan: &Plan, now: Timestamp) -> Vec<Op> {
    let key = Key::manage_token(token.id);
    let is_guarded = plan.is_guarded(&key) || token.is_placeholder;
    let to_tombstone = "SET #deleted = :deleted, #ttl = :ttl REMOVE #body, #version, #lastUsed";
    let update = Op::update(key.clone(), to_tombstone)
        .removing("#reservedUntil")
        .removing("#reservableFrom")
        .removing("#guardsOf")
        .with(":deleted", item::number(&at.millis()))
        .with(":ttl", item::after_retention(at));
    let update = if token.is_placeholder {
        update.when(NOT_DELETED)
    } else {
        changed(update, token.version, is_guarded)
    };
    let mut ops = vec![update, Op::delete(Key::listed_manage_token(token.id))];
    if is_guarded {
        ops.extend(emptied(&key, now));
    }
    ops
}

pub(super) fn require(id: ManageTokenId, version: u64, plan: &Plan) -> Op {
    let key = Key::manage_token(id);
    match version {
        0 => Op::check(key).when(FIRST_VERSION),
        version => Op::check(plan.checked(key)).when(THIS_VERSION).with(":before", item::number(&version)),
    }
}

/// The condition that a manage token has this version before a change, and guards or none. One of the first version, which is not
/// stored, has none.
fn changed(update: Op, before: u64, is_guarded: bool) -> Op {
    match before {
        0 => update.when(FIRST_VERSION),
        before => if_in_version(update, is_guarded).with(":before", item::number(&before)),
    }
}
