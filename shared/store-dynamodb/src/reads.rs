//! Reads: single items, and ordered lists over one or more partitions.
//!
//! Every read is consistent.

use std::{collections::VecDeque, error::Error, fmt::Display};

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use futures_util::future::join_all;
use jeton_core::store::Unavailable;
use jeton_store_support::span;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::chain,
    item::{Item, key_attributes, text, text_of},
    key::{Key, Span},
    op::names,
};

/// The number of partitions that are queried concurrently.
const AT_ONCE: usize = 16;

/// The most items of one request. An answer ends at 1 MB anyway.
const MAX_PAGE: usize = 10_000;

/// Up to this many partitions, each may return as much as an answer holds.
const UNBOUNDED: usize = 4;

/// The limit for the items of more partitions than that together, in bytes.
const AT_MOST: usize = 4 << 20;

/// The assumed size of an item before any was read, in bytes.
const LARGEST: usize = 220_000;

/// The progress in one partition.
struct Cursor {
    span: Span,
    /// Read, but not returned yet.
    read: VecDeque<Item>,
    /// Where the next request starts.
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

/// The part of a list to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) ascending: bool,
    /// The limit of items.
    pub(super) limit: usize,
    /// Stops once the items so far have this many bytes.
    pub(super) bytes: usize,
}

impl Part {
    const fn goes_on(self, items: usize, bytes: usize) -> bool {
        items < self.limit && (items == 0 || bytes < self.bytes)
    }
}

/// A part of a list that was read.
pub(super) struct Merged {
    pub(super) items: Vec<Item>,
    /// The size of their bodies.
    pub(super) bytes: usize,
    /// Whether there are further items.
    pub(super) more: bool,
}

/// The progress in several partitions.
struct Reading {
    cursors: Vec<Cursor>,
    /// The number of items read so far, and their size.
    items: usize,
    bytes: usize,
}

impl Reading {
    fn of(spans: Vec<Span>) -> Self {
        let new = |span| Cursor { span, read: VecDeque::new(), start: None, done: false };
        Self { cursors: spans.into_iter().map(new).collect(), items: 0, bytes: 0 }
    }

    fn is_at_end(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.done && cursor.read.is_empty())
    }

    /// The number of items that one request asks for.
    ///
    /// Items are spread about evenly, so twice the even part of each partition mostly suffices. An answer
    /// ends at 1 MB; where those of many partitions would be too much, the sizes of the first items limit the number.
    fn page(&self, limit: usize) -> usize {
        let partitions = self.cursors.len().max(1);
        let page = (limit / partitions).saturating_mul(2).saturating_add(8).min(limit.saturating_add(1));
        let size = self.bytes.checked_div(self.items).unwrap_or(LARGEST);
        let fits = if partitions <= UNBOUNDED { MAX_PAGE } else { AT_MOST / partitions / size.max(1) };
        page.min(MAX_PAGE).min(fits).max(1)
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
        answer.map(|found| found.item).map_err(|error| self.unread(key, &error))
    }

    /// Why something was not read, for the log and the operator.
    pub(super) fn unread<E>(&self, what: impl Display, error: &SdkError<E, HttpResponse>) -> Unavailable
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let why = match error.code() {
            Some("ResourceNotFoundException") => format!(
                "there is no such table in the region {}: AWS_REGION names another, `jeton init table` creates the table",
                self.region()
            ),
            _ => chain(error),
        };
        Unavailable(format!("reading {what} in the DynamoDB table {}: {why}", self.table))
    }

    /// Reads a span in ascending order, at most `limit` items.
    pub(super) async fn list(&self, span: Span, limit: usize) -> Result<Vec<Item>, Unavailable> {
        self.merged(vec![span], true, limit).await
    }

    /// Merges spans of several partitions into one list in sort key order, at most `limit` items. Items with
    /// the same sort key in two partitions are the same, and returned once.
    pub(super) async fn merged(
        &self,
        spans: Vec<Span>,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Item>, Unavailable> {
        let (mut reading, part) = (Reading::of(spans), Part { ascending, limit, bytes: usize::MAX });
        self.take(&mut reading, part).await
    }

    /// The same, with a limit in bytes; also returns whether there is more.
    pub(super) async fn part(&self, spans: Vec<Span>, part: Part) -> Result<Merged, Unavailable> {
        let mut reading = Reading::of(spans);
        let items = self.take(&mut reading, part).await?;
        // A partition that was read up to here may or may not have more.
        while reading.cursors.iter().all(|cursor| cursor.read.is_empty()) && !reading.is_at_end() {
            self.fill_dry(&mut reading, Part { limit: 1, ..part }).await?;
        }
        Ok(Merged { bytes: items.iter().map(size).sum(), items, more: !reading.is_at_end() })
    }

    async fn take(&self, reading: &mut Reading, part: Part) -> Result<Vec<Item>, Unavailable> {
        let (mut taken, mut bytes): (Vec<Item>, usize) = (Vec::new(), 0);
        while part.goes_on(taken.len(), bytes) {
            self.fill_dry(reading, part).await?;
            if reading.is_at_end() {
                break;
            }
            // The smallest is known as long as every cursor has its next one.
            while part.goes_on(taken.len(), bytes) && !reading.cursors.iter().any(Cursor::is_dry) {
                let Some(item) = take_first(&mut reading.cursors, part.ascending) else { break };
                if taken.last().is_none_or(|last| last.get("sk") != item.get("sk")) {
                    bytes += size(&item);
                    taken.push(item);
                }
            }
        }
        Ok(taken)
    }

    async fn fill_dry(&self, reading: &mut Reading, part: Part) -> Result<(), Unavailable> {
        let page = reading.page(part.limit);
        let mut dry: Vec<&mut Cursor> = reading.cursors.iter_mut().filter(|cursor| cursor.is_dry()).collect();
        let mut read = (0, 0);
        for group in dry.chunks_mut(AT_ONCE) {
            let filled = group.iter_mut().map(|cursor| self.fill(cursor, part.ascending, page));
            join_all(filled).await.into_iter().collect::<Result<(), _>>()?;
            let items = || group.iter().flat_map(|cursor| &cursor.read);
            read = (read.0 + items().count(), read.1 + items().map(size).sum::<usize>());
        }
        reading.items += read.0;
        reading.bytes += read.1;
        Ok(())
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
            .map_err(|error| self.unread(&span.pk, &error))?;
        cursor.read.extend(answer.items.unwrap_or_default());
        cursor.start = answer.last_evaluated_key;
        cursor.done = cursor.start.is_none();
        Ok(())
    }
}

/// The size of an item, without its key.
fn size(item: &Item) -> usize {
    text_of(item, "body").map_or(0, str::len)
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
