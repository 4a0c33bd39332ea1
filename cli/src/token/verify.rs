//! `jeton token verify`.

use clap::Args;
use jeton_client::{Capability, Question};

use super::show;
use crate::{connection::Connection, failure::Failure, output};

/// Without a question: who the token is. With one: whether it may do that, as the exit code too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token verify
  jeton token verify --operation storage.tableImported --bucket in.c-main --access write
  if jeton token verify --operation job.start --capability createJobs --quiet; then …")]
pub struct Verify {
    /// What is about to be done, such as storage.tableImported; it is remembered as an event
    #[arg(long)]
    operation: Option<String>,
    /// A bucket to reach
    #[arg(long, requires = "operation", requires = "access")]
    bucket: Option<String>,
    /// What to do with the bucket: read, write or manage
    #[arg(long, requires = "bucket", value_parser = ["read", "write", "manage"])]
    access: Option<String>,
    /// A component to run
    #[arg(long, requires = "operation")]
    component: Option<String>,
    #[arg(long, requires = "operation", help = Capability::listed(""))]
    capability: Option<String>,
    /// Print nothing; the exit code tells
    #[arg(long, short)]
    quiet: bool,
}

impl Verify {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let Some(operation) = self.operation else {
            let token = jeton.verify().await?;
            match (self.quiet, connection.json) {
                (true, _) => {}
                (false, true) => output::json(&token.json),
                (false, false) => output::facts(&show::of_project(&token)),
            }
            return Ok(());
        };
        let question = Question {
            operation,
            bucket: self.bucket,
            access: self.access,
            component: self.component,
            capability: self.capability,
        };
        let answered = jeton.ask(&question).await?;
        match (self.quiet, connection.json) {
            (true, _) => {}
            (false, true) => output::json(&answered.json),
            (false, false) => println!("{}", output::printable(&answered.reason)),
        }
        if answered.allowed { Ok(()) } else { Err(Failure::NotAllowed) }
    }
}
