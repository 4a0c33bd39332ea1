//! `jeton token verify`: shows the calling token, or asks a question.

use clap::Args;
use jeton_client::{Capability, Question};

use super::show;
use crate::{connection::Connection, failure::Failure, output};

/// Without options, shows the token. With options, asks whether it may do something; the exit code has the answer, too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token verify
  jeton token verify --operation storage.tableImported --bucket in.c-main --access write
  if jeton token verify --operation job.start --capability createJobs --quiet; then …")]
pub struct Verify {
    /// The name of the operation, such as storage.tableImported, which its event gets
    #[arg(long)]
    operation: Option<String>,
    /// The bucket
    #[arg(long, requires = "operation", requires = "access")]
    bucket: Option<String>,
    /// The access to the bucket: read, write or manage
    #[arg(long, requires = "bucket", value_parser = ["read", "write", "manage"])]
    access: Option<String>,
    /// The component to run
    #[arg(long, requires = "operation")]
    component: Option<String>,
    #[arg(long, requires = "operation", help = Capability::listed(""))]
    capability: Option<String>,
    /// Print nothing; the exit code has the answer
    #[arg(long, short)]
    quiet: bool,
}

impl Verify {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let Some(operation) = self.operation else {
            let token = jeton.verify().await?;
            match (self.quiet, connection.format.json) {
                (true, _) => {}
                (false, true) => output::json(&token.json),
                (false, false) => output::facts(&show::of_project(&token)),
            }
            return Ok(());
        };
        let question = Question {
            operation: Some(operation),
            bucket: self.bucket,
            access: self.access,
            component: self.component,
            capability: self.capability,
            ..Question::default()
        };
        let answered = jeton.ask(&question).await?;
        match (self.quiet, connection.format.json) {
            (true, _) => {}
            (false, true) => output::json(&answered.json),
            (false, false) => println!("{}", output::printable(&answered.reason)),
        }
        if answered.allowed { Ok(()) } else { Err(Failure::NotAllowed) }
    }
}
