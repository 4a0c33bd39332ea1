//! Manage tokens: each is an item, and a line in the list of them.
//!
//! The version stands beside the body, where conditions see it. An item of an earlier version has none, and no line in
//! the list until its first use.

use futures_util::future::join_all;
use jeton_core::{
    id::ManageTokenId,
    manage::ManageToken,
    store::Unavailable,
    time::{Day, Timestamp},
};

use super::{
    DynamoDb,
    failure::Failure,
    item,
    key::{Key, Span},
    op::{Op, request_token},
};

/// How many manage tokens are read at the same time.
const AT_ONCE: usize = 16;

const FIRST_VERSION: &str = "attribute_exists(#body) AND attribute_not_exists(#version)";
const THIS_VERSION: &str = "#version = :before";

impl DynamoDb {
    /// The manage tokens after this id.
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
                // One that was deleted since the list was read.
                tokens.extend(token?);
            }
        }
        Ok(tokens)
    }

    pub(super) async fn one_manage_token(
        &self,
        id: ManageTokenId,
    ) -> Result<Option<ManageToken>, Unavailable> {
        self.get(&Key::manage_token(id)).await?.map_or(Ok(None), |found| item::manage_token(&found))
    }

    /// Sets the day of last use, and sees that the manage token is in the list.
    pub(super) async fn touch_manage_token(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        let unused = "attribute_exists(#body) AND (attribute_not_exists(#lastUsed) OR #lastUsed < :day)";
        let used = Op::update(Key::manage_token(id), "SET #lastUsed = :day")
            .when(unused)
            .with(":day", item::text(day.to_string()));
        let listed = Op::update(Key::listed_manage_token(id), "SET #lastUsed = :day")
            .with(":day", item::text(day.to_string()));
        let ops = [used, listed];
        match self.send(&ops, &request_token(&self.table, &ops)).await {
            Ok(()) | Err(Failure::Condition(_) | Failure::Contended(_)) => Ok(()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}

pub(super) fn insert(token: &ManageToken) -> Result<Vec<Op>, Unavailable> {
    let (key, listed) = (Key::manage_token(token.id), Key::listed_manage_token(token.id));
    let (body, version) = (("body", item::json(token)?), ("version", item::number(&token.version)));
    let (put, listed) = match token.expires {
        None => (Op::put(key, [body, version]), Op::put(listed, [])),
        Some(end) => {
            let ttl = ("ttl", item::after_retention(end));
            (Op::put(key, [body, version, ttl.clone()]), Op::put(listed, [ttl]))
        }
    };
    Ok(vec![put.when("attribute_not_exists(#pk)"), listed])
}

pub(super) fn replace(token: &ManageToken) -> Result<Op, Unavailable> {
    let update = Op::update(Key::manage_token(token.id), "SET #body = :body, #version = :version")
        .with(":body", item::json(token)?)
        .with(":version", item::number(&token.version));
    Ok(in_version(update, token.version.saturating_sub(1)))
}

/// What is left keeps anybody from getting the id as long as there may be events of it.
pub(super) fn remove(token: &ManageToken, at: Timestamp) -> Vec<Op> {
    let buried = "SET #deleted = :deleted, #ttl = :ttl REMOVE #body, #version, #lastUsed";
    let update = Op::update(Key::manage_token(token.id), buried)
        .with(":deleted", item::number(&at.millis()))
        .with(":ttl", item::after_retention(at));
    vec![in_version(update, token.version), Op::delete(Key::listed_manage_token(token.id))]
}

pub(super) fn require(id: ManageTokenId, version: u64) -> Op {
    in_version(Op::check(Key::manage_token(id)), version)
}

fn in_version(op: Op, version: u64) -> Op {
    match version {
        0 => op.when(FIRST_VERSION),
        version => op.when(THIS_VERSION).with(":before", item::number(&version)),
    }
}
