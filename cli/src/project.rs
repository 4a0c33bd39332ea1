//! `jeton project`: creates and shows projects.

use clap::Subcommand;
use jeton_client::Project;

use crate::{connection::Connection, failure::Failure, output};

/// Projects. Calls Jeton with the manage token in `JETON_MANAGE_TOKEN`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a project
    #[command(after_help = "Example:\n  jeton project create --name Sales")]
    Create {
        /// The name
        #[arg(long)]
        name: String,
        /// The organization of the project
        #[arg(long, default_value_t = 1)]
        organization: u64,
    },
    /// Show a project
    #[command(after_help = "Example:\n  jeton project show 5")]
    Show {
        /// The id of the project
        project: u64,
    },
}

/// Runs the command.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    let jeton = connection.manage()?;
    let project = match command {
        Command::Create { name, organization } => jeton.create_project(organization, &name).await?,
        Command::Show { project } => jeton.project(project).await?,
    };
    if connection.json {
        output::json(&project.json);
    } else {
        show(&project);
    }
    Ok(())
}

fn show(project: &Project) {
    output::facts(&[
        ("Project", project.id.to_string()),
        ("Name", project.name.clone()),
        ("Created", project.created.clone()),
    ]);
}
