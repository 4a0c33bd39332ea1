//! `jeton project`: lists, creates and shows projects.

mod list;

use clap::Subcommand;
use jeton_client::Project;

use crate::{connection::Connection, failure::Failure, id, output};

/// Projects. Calls Jeton with the manage token in `JETON_MANAGE_TOKEN`, or that of a profile; `list` with storage tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the projects of the tokens that are kept here: of all profiles, and of `JETON_TOKEN`
    #[command(
        after_help = "Examples:\n  jeton project list\n  jeton project list --profile work\n\nA token belongs to one project. Jeton lists no projects of others."
    )]
    List,
    /// Create a project
    #[command(after_help = "Example:\n  jeton project create --name Sales")]
    Create {
        /// The name
        #[arg(long)]
        name: String,
        /// The organization of the project
        #[arg(long, default_value_t = 1, value_parser = id::number)]
        organization: u64,
    },
    /// Show a project
    #[command(after_help = "Example:\n  jeton project show 5")]
    Show {
        /// The id of the project
        #[arg(value_parser = id::number)]
        project: u64,
    },
}

/// Runs the command.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    let project = match command {
        Command::List => return list::list(connection).await,
        Command::Create { name, organization } => {
            connection.manage()?.create_project(organization, &name).await?
        }
        Command::Show { project } => connection.manage()?.project(project).await?,
    };
    if connection.format.json {
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
