//! `jeton manage-token events`: lists and exports events.

use clap::Args;
use jeton_client::{Client, EventQuery, ExportFormat};

use super::named::named;
use crate::{
    complete,
    connection::Connection,
    failure::Failure,
    range::Range,
    token::{
        event_lines::{Limit, MOST, through},
        export,
    },
};

/// Lists the events of a manage token, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton manage-token events 123456 --limit 100
  jeton manage-token events --since 7d
  jeton manage-token events 123456 --since 90d --export csv > events.csv")]
pub struct Events {
    /// The id of the manage token (default: the one that makes the call)
    #[arg(add = complete::manage_tokens())]
    id: Option<u64>,
    #[command(flatten)]
    limit: Limit,
    /// Only events that match, such as event:manage.tokenRefreshed
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    #[command(flatten)]
    range: Range,
    /// Print all events of the range, newest first: as ndjson, an event of --json on each line, or as csv, for spreadsheets
    #[arg(long, value_name = "FORMAT", value_parser = export::format, conflicts_with = "limit")]
    export: Option<ExportFormat>,
}

impl Events {
    pub(super) async fn run(self, jeton: &Client, connection: &Connection) -> Result<(), Failure> {
        if self.export.is_some() {
            export::not_as_json(connection)?;
        }
        let id = named(jeton, self.id).await?;
        let (from, to) = (self.range.since.clone(), self.range.until.clone());
        let asked = EventQuery { from, to, q: self.query, ..EventQuery::default() };
        if let Some(format) = self.export {
            return export::print(jeton.export_manage_token_events(id, &asked, format).await?).await;
        }
        let wanted = self.limit.of(&self.range) + 1;
        let asked = EventQuery { limit: Some(wanted.min(MOST)), ..asked };
        let page = jeton.manage_token_events(id, &asked).await?;
        let events = through(jeton, page, wanted).await?;
        self.limit.print(events, &self.range, connection.json);
        Ok(())
    }
}
