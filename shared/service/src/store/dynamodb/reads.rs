//! Reading: single items, and lists that lie in order over one or more partitions.
//!
//! Every read is consistent.

use std::collections::VecDeque;

use futures_util::future::join_all;
use jeton_core::{store::Unavailable, token::Standing};
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::chain,
    item::{Item, key_attributes, text, text_of, verify_item},
    key::{Key, Span},
    op::names,
};
use crate::telemetry::span;

/// How many partitions are asked at the same time.
const AT_ONCE: usize = 16;

/// The most items that one request asks for. An answer ends at 1 MB anyway.
const MAX_PAGE: usize = 10_000;

/// How far the reading of one partition has come.
struct Cursor {
    span: Span,
    /// Read, and not yet taken.
    read: VecDeque<Item>,
    /// Where to go on.
    start: Option<Item>,
    /// Whether everything has been read.
    done: bool,
}

impl Cursor {
    fn is_dry(&self) -> bool {
        self.read.is_empty() && !self.done
    }

    fn next_key(&self) -> Option<&str> {
        self.read.front().and_then(|item| text_of(item, "sk"))
    }
}

impl DynamoDb {
    /// Reads one item.
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Item>, Unavailable> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = request
            .set_key(Some(key_attributes(key)))
            .send()
            .instrument(span::store("dynamodb", "GetItem"))
            .await;
        answer
            .map(|found| found.item)
            .map_err(|error| Unavailable(format!("reading {key}: {}", chain(&error))))
    }

    /// Reads a verify item.
    pub(super) async fn read_verify_item(&self, key: &Key) -> Result<Option<Standing>, Unavailable> {
        self.get(key).await?.map_or(Ok(None), |found| verify_item(&found))
    }

    /// Reads a span in ascending order, at most `limit` items.
    pub(super) async fn list(&self, span: Span, limit: usize) -> Result<Vec<Item>, Unavailable> {
        self.merged(vec![span], true, limit).await
    }

    /// Reads spans of several partitions as one list in the order of the sort keys, at most `limit`
    /// items. What lies in two partitions under the same sort key is the same thing, given once.
    pub(super) async fn merged(
        &self,
        spans: Vec<Span>,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        // Items are spread evenly, more or less; so twice its part of each mostly suffices.
        let page = (limit / spans.len().max(1)).saturating_mul(2).saturating_add(8).min(limit).min(MAX_PAGE);
        let new = |span| Cursor { span, read: VecDeque::new(), start: None, done: false };
        let mut cursors: Vec<Cursor> = spans.into_iter().map(new).collect();
        let mut taken: Vec<Item> = Vec::new();
        while taken.len() < limit {
            let mut dry: Vec<&mut Cursor> = cursors.iter_mut().filter(|cursor| cursor.is_dry()).collect();
            for group in dry.chunks_mut(AT_ONCE) {
                let filled = group.iter_mut().map(|cursor| self.fill(cursor, ascending, page));
                join_all(filled).await.into_iter().collect::<Result<(), _>>()?;
            }
            if cursors.iter().all(|cursor| cursor.done && cursor.read.is_empty()) {
                break;
            }
            // The first of all is known as long as every cursor shows its next one.
            while taken.len() < limit && !cursors.iter().any(Cursor::is_dry) {
                let Some(item) = take_first(&mut cursors, ascending) else { break };
                if taken.last().is_none_or(|last| last.get("sk") != item.get("sk")) {
                    taken.push(item);
                }
            }
        }
        Ok(taken)
    }

    async fn fill(&self, cursor: &mut Cursor, ascending: bool, page: usize) -> Result<(), Unavailable> {
        let condition = "#pk = :pk AND #sk BETWEEN :first AND :last";
        let span = &cursor.span;
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(ascending)
            .limit(i32::try_from(page).unwrap_or(i32::MAX))
            .key_condition_expression(condition)
            .set_expression_attribute_names(names(&[condition]))
            .expression_attribute_values(":pk", text(&span.pk))
            .expression_attribute_values(":first", text(&span.first))
            .expression_attribute_values(":last", text(&span.last))
            .set_exclusive_start_key(cursor.start.take())
            .send()
            .instrument(span::store("dynamodb", "Query"))
            .await
            .map_err(|error| Unavailable(format!("reading {}: {}", span.pk, chain(&error))))?;
        cursor.read.extend(answer.items.unwrap_or_default());
        cursor.start = answer.last_evaluated_key;
        cursor.done = cursor.start.is_none();
        Ok(())
    }
}

fn take_first(cursors: &mut [Cursor], ascending: bool) -> Option<Item> {
    let live = cursors.iter_mut().filter(|cursor| !cursor.read.is_empty());
    let first = if ascending {
        live.min_by(|a, b| a.next_key().cmp(&b.next_key()))
    } else {
        live.max_by(|a, b| a.next_key().cmp(&b.next_key()))
    };
    first?.read.pop_front()
}
