//! `jeton token events`: lists and follows events.

use clap::Args;
use jeton_client::{EventQuery, ExportFormat};

use super::{
    event_lines::{Limit, newest},
    export, follow,
    named::named,
};
use crate::{complete, connection::Connection, failure::Failure, id, range::Range};

/// Lists events, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token events 123456
  jeton token events 123456 --follow
  jeton token events --query 'event:storage.tokenRefreshed'     of the token in JETON_TOKEN
  jeton token events --project --since 2026-01-31 --until 2026-02-01 --query 'NOT by:ci'
  jeton token events --project --since 90d --export csv > events.csv
  jeton token events --project --limit 1000 --json              of everyone, for a master token")]
pub struct Events {
    /// The id of the token (default: the token that makes the call)
    #[arg(conflicts_with = "project", value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
    /// List the events of the whole project
    #[arg(long)]
    project: bool,
    #[command(flatten)]
    limit: Limit,
    /// Only events that match, such as event:storage.tokenCreated AND token.id:5
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    #[command(flatten)]
    range: Range,
    /// Keep printing new events until interrupted
    #[arg(long, short, conflicts_with = "until")]
    follow: bool,
    /// Print all events of the range, newest first: as ndjson, an event of --json on each line, or as csv, for spreadsheets
    #[arg(long, value_name = "FORMAT", value_parser = export::format, conflicts_with_all = ["follow", "limit"])]
    export: Option<ExportFormat>,
}

impl Events {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        if self.export.is_some() {
            export::not_as_json(connection)?;
        }
        let jeton = connection.storage()?;
        let token = if self.project { None } else { Some(named(&jeton, self.id).await?) };
        let (from, to) = (self.range.since.clone(), self.range.until.clone());
        let asked = EventQuery { token, from, to, q: self.query, ..EventQuery::default() };
        if let Some(format) = self.export {
            return export::print(jeton.export_events(&asked, format).await?).await;
        }
        if self.follow {
            return follow::follow(&jeton, &asked, self.limit.of(&self.range), connection.json).await;
        }
        let events = newest(&jeton, &asked, self.limit.of(&self.range) + 1).await?;
        self.limit.print(events, &self.range, connection.json);
        Ok(())
    }
}
