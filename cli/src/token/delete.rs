//! `jeton token delete`.

use clap::Args;

use crate::{
    connection::{Connection, confirm},
    failure::Failure,
};

/// Deletes a token: all of its copies and open shares end at once.
#[derive(Debug, Args)]
pub struct Delete {
    /// The id of the token
    id: String,
    /// Do not ask first
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let token = jeton.token(&self.id).await?;
        let last_used = token.last_used.as_deref().unwrap_or("never");
        let question = format!(
            "Delete token {} \"{}\", last used {last_used}? All of its copies end at once.",
            token.id,
            crate::output::printable(&token.description),
        );
        confirm(&question, self.yes)?;
        jeton.delete(&token.id).await?;
        eprintln!("Token {} is deleted.", token.id);
        Ok(())
    }
}
