//! Operations of a transaction, before they become requests.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};
use sha2::{Digest as _, Sha256};

use super::{
    item::{Item, key_attributes, text},
    key::Key,
};

/// An operation of a transaction on one item.
///
/// Maps are ordered, so that equal operations have equal descriptions.
#[derive(Debug, Clone)]
pub(super) struct Op {
    /// The write of the commit that its condition belongs to.
    pub(super) of: Option<usize>,
    /// The item.
    pub(super) key: Key,
    action: Action,
    condition: Option<Cow<'static, str>>,
    values: BTreeMap<&'static str, AttributeValue>,
}

#[derive(Debug, Clone)]
enum Action {
    Put(BTreeMap<&'static str, AttributeValue>),
    Update(Cow<'static, str>),
    Delete,
    Check,
}

impl Op {
    /// Stores a whole item.
    pub(super) fn put(
        key: Key,
        attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Self {
        Self::new(key, Action::Put(attributes.into_iter().collect()))
    }

    /// Changes some attributes of an item. Names in expressions are written `#name`.
    pub(super) fn update(key: Key, expression: &'static str) -> Self {
        Self::new(key, Action::Update(expression.into()))
    }

    /// Removes an item.
    pub(super) fn delete(key: Key) -> Self {
        Self::new(key, Action::Delete)
    }

    /// Only checks an item.
    pub(super) fn check(key: Key) -> Self {
        Self::new(key, Action::Check)
    }

    /// Assigns it to this write of the commit.
    pub(super) fn of(self, write: usize) -> Self {
        Self { of: Some(write), ..self }
    }

    fn new(key: Key, action: Action) -> Self {
        Self { of: None, key, action, condition: None, values: BTreeMap::new() }
    }

    /// Adds this condition.
    pub(super) fn when(self, condition: &'static str) -> Self {
        Self { condition: Some(condition.into()), ..self }
    }

    /// Adds a further condition to the one that it has.
    pub(super) fn and(self, condition: &'static str) -> Self {
        let both = self.condition.map_or_else(
            || Cow::Borrowed(condition),
            |earlier| Cow::Owned(format!("{earlier} AND ({condition})")),
        );
        Self { condition: Some(both), ..self }
    }

    /// An update also removes this attribute, written `#name`.
    pub(super) fn removing(self, name: &'static str) -> Self {
        let Action::Update(update) = &self.action else { return self };
        if update.contains(name) {
            return self;
        }
        let link = if update.contains(" REMOVE ") { ", " } else { " REMOVE " };
        Self { action: Action::Update(format!("{update}{link}{name}").into()), ..self }
    }

    /// Whether it only checks its item.
    pub(super) fn is_check(&self) -> bool {
        matches!(self.action, Action::Check)
    }

    /// Adds a value for its expressions, written `:name`.
    pub(super) fn with(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.values.insert(name, value);
        self
    }

    /// Merges two operations on one item, which a transaction does not allow.
    ///
    /// A removal has the condition before, a put the state after. A check merges into a change under its
    /// condition. Any other two stay two, and DynamoDB rejects the transaction: better than to lose one of them.
    fn merged(self, other: Self) -> Vec<Self> {
        match (&self.action, &other.action) {
            (Action::Check, _) | (Action::Put(_), Action::Put(_)) => vec![other],
            (_, Action::Check) => vec![self],
            (Action::Delete, Action::Put(_)) => vec![Self { action: other.action, ..self }],
            (Action::Put(_), Action::Delete) => vec![Self { action: self.action, ..other }],
            _ => vec![self, other],
        }
    }

    /// The operation as the SDK expects it.
    pub(super) fn request(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let key = || Some(key_attributes(&self.key));
        let condition = self.condition.as_deref().map(str::to_owned);
        let (names, values) = (self.names(), self.values());
        let item = TransactWriteItem::builder();
        let item = match &self.action {
            Action::Put(attributes) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(self.item(attributes)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Action::Update(expression) => item.update(
                Update::builder()
                    .table_name(table)
                    .set_key(key())
                    .update_expression(expression.as_ref())
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Action::Delete => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(key())
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Action::Check => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(key())
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
        };
        Ok(item.build())
    }

    /// The whole item of a put.
    pub(super) fn into_put_item(self) -> Option<Item> {
        let Action::Put(attributes) = self.action else { return None };
        let Key { pk, sk } = self.key;
        let mut item = HashMap::with_capacity(2 + attributes.len());
        item.extend([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))]);
        item.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Some(item)
    }

    fn item(&self, attributes: &BTreeMap<&'static str, AttributeValue>) -> Item {
        let mut item = key_attributes(&self.key);
        item.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        item
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        let update = if let Action::Update(expression) = &self.action { expression.as_ref() } else { "" };
        names(&[update, self.condition.as_deref().unwrap_or_default()])
    }

    fn values(&self) -> Option<Item> {
        let named = |(name, value): (&&'static str, &AttributeValue)| ((*name).to_owned(), value.clone());
        (!self.values.is_empty()).then(|| self.values.iter().map(named).collect())
    }
}

/// The attributes that expressions name as `#name`: all of them, since many common words are reserved.
pub(super) fn names(expressions: &[&str]) -> Option<HashMap<String, String>> {
    let name_end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let names: HashMap<String, String> = expressions
        .iter()
        .flat_map(|expression| expression.split('#').skip(1))
        .map(|rest| &rest[..name_end(rest)])
        .map(|name| (format!("#{name}"), name.to_owned()))
        .collect();
    (!names.is_empty()).then_some(names)
}

/// Merges operations on the same item, in the order in which the items first appear.
pub(super) fn merge(ops: Vec<Op>) -> Vec<Op> {
    ops.into_iter().fold(Vec::new(), |mut merged: Vec<Op>, op| {
        match merged.iter().position(|earlier| earlier.key == op.key) {
            Some(at) => {
                let earlier = merged.remove(at);
                merged.splice(at..at, earlier.merged(op));
            }
            None => merged.push(op),
        }
        merged
    })
}

/// The idempotency token by which DynamoDB recognises a retried transaction: a hash of its operations.
///
/// The table is part of it, because all tables of an account share one space of tokens. Two different
/// transactions are never equal: the event has another uuid, or other contents.
pub(super) fn request_token(table: &str, ops: &[Op]) -> String {
    hex::encode(&Sha256::digest(format!("{table} {ops:?}"))[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{number, text};

    fn key() -> Key {
        Key { pk: "P#7".to_owned(), sk: "EMAIL#a@b".to_owned() }
    }

    #[test]
    fn of_two_operations_on_one_item_one_is_left() {
        let accepted = Op::delete(key()).when("#invitation = :i").with(":i", text("x"));
        let joined = Op::put(key(), [("member", number(&5))]).when("attribute_not_exists(#member)");
        let wanted = Op::put(key(), [("member", number(&5))]).when("#invitation = :i").with(":i", text("x"));
        for pair in [vec![accepted.clone(), joined.clone()], vec![joined.clone(), accepted]] {
            let merged = merge(pair);
            assert_eq!(format!("{merged:?}"), format!("[{wanted:?}]"));
        }
        let looked_at = Op::check(key()).when("attribute_exists(#body)");
        let merged = merge(vec![looked_at, joined.clone()]);
        assert_eq!(format!("{merged:?}"), format!("{:?}", [joined]));
    }

    #[test]
    fn the_request_token_tells_what_is_done_and_fits_the_limit() {
        let op = |member: u32| [Op::put(key(), [("member", number(&member)), ("ttl", number(&1))])];
        assert_eq!(request_token("jeton", &op(5)), request_token("jeton", &op(5)));
        assert_ne!(request_token("jeton", &op(5)), request_token("jeton", &op(6)));
        assert_ne!(request_token("jeton", &op(5)), request_token("other", &op(5)));
        assert!(request_token("jeton", &op(5)).len() <= 36);
    }

    #[test]
    fn every_name_of_an_expression_is_found() {
        let found = names(&["SET #body = :body REMOVE #ttl", "attribute_exists(#body)"]).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found["#ttl"], "ttl");
        assert!(names(&["", ""]).is_none());
    }
}
