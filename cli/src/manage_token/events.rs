//! `jeton manage-token events`: lists and exports events.

use clap::Args;
use jeton_client::Client;

use super::named::named;
use crate::{
    complete,
    connection::Connection,
    events::{Selection, export},
    failure::Failure,
    id,
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
    #[arg(value_parser = id::number, add = complete::manage_tokens())]
    id: Option<u64>,
    #[command(flatten)]
    selection: Selection,
}

impl Events {
    pub(super) async fn run(self, jeton: &Client, connection: &Connection) -> Result<(), Failure> {
        let export = self.selection.export(connection)?;
        let id = named(jeton, self.id).await?;
        let asked = self.selection.query(None);
        if let Some(format) = export {
            return export::print(jeton.export_manage_token_events(id, &asked, format).await?).await;
        }
        let first = async |asked: &_| jeton.manage_token_events(id, asked).await;
        self.selection.print(jeton, &asked, first, connection.format.json).await
    }
}
