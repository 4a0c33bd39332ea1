//! `jeton token events`: lists and follows events.

use clap::Args;

use super::named::named;
use crate::{
    complete,
    connection::Connection,
    events::{Selection, export, follow::follow},
    failure::Failure,
    id,
};

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
    selection: Selection,
    /// Keep printing new events until interrupted
    #[arg(long, short, conflicts_with_all = ["until", "export"])]
    follow: bool,
}

impl Events {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let export = self.selection.export(connection)?;
        let jeton = connection.storage()?;
        let token = if self.project { None } else { Some(named(&jeton, self.id).await?) };
        let asked = self.selection.query(token);
        if let Some(format) = export {
            return export::print(jeton.export_events(&asked, format).await?).await;
        }
        if self.follow {
            return follow(&jeton, &asked, self.selection.limit(), connection.format.json).await;
        }
        let first = async |asked: &_| jeton.events(asked).await;
        self.selection.print(&jeton, &asked, first, connection.format.json).await
    }
}
