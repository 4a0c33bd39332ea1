//! `jeton token events`: lists and follows events.

use clap::Args;
use jeton_client::EventQuery;

use super::{
    event_lines::{newest, print},
    follow,
    named::named,
};
use crate::{connection::Connection, failure::Failure, id};

/// Lists events, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token events 123456
  jeton token events 123456 --follow
  jeton token events --query 'event:storage.tokenRefreshed'     of the token in JETON_TOKEN
  jeton token events --project --from 2026-01-31 --to 2026-02-01 --query 'NOT by:ci'
  jeton token events --project --limit 1000 --json              of everyone, for a master token")]
pub struct Events {
    /// The id of the token (default: the token that makes the call)
    #[arg(conflicts_with = "project", value_parser = id::token)]
    id: Option<String>,
    /// List the events of the whole project
    #[arg(long)]
    project: bool,
    /// The number of events, counted from the newest
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Only events that match, such as event:storage.tokenCreated AND token.id:5
    #[arg(long, short, value_name = "QUERY")]
    query: Option<String>,
    /// Only events at or after this time, such as 2026-01-31 (midnight in UTC) or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Keep printing new events until interrupted
    #[arg(long, short, conflicts_with = "to")]
    follow: bool,
}

impl Events {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = if self.project { None } else { Some(named(&jeton, self.id).await?) };
        let (from, to) = (self.from, self.to);
        let asked = EventQuery { token, from, to, q: self.query, ..EventQuery::default() };
        if self.follow {
            return follow::follow(&jeton, &asked, self.limit, connection.json).await;
        }
        print(newest(&jeton, &asked, self.limit).await?, connection.json);
        Ok(())
    }
}
