//! `jeton member`.

use clap::Subcommand;

use crate::{
    connection::{Connection, confirm},
    failure::Failure,
    output,
};

/// The members of a project. By the manage token in `JETON_MANAGE_TOKEN`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the members of a project
    #[command(after_help = "Example:\n  jeton member list --project 5")]
    List {
        /// The project
        #[arg(long)]
        project: u64,
    },
    /// Mail an invitation; whoever accepts it becomes a member
    #[command(
        after_help = "Example:\n  jeton member invite --project 5 eve@example.org --name 'Eve Example'"
    )]
    Invite {
        /// The project
        #[arg(long)]
        project: u64,
        /// Their e-mail address
        email: String,
        /// Their name
        #[arg(long)]
        name: Option<String>,
    },
    /// Remove a member with their master token, or take an invitation back
    #[command(
        after_help = "Examples:\n  jeton member remove --project 5 joe@example.org\n  jeton member remove --project 5 joe@example.org --yes"
    )]
    Remove {
        /// The project
        #[arg(long)]
        project: u64,
        /// Their e-mail address, or their id
        member: String,
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
}

/// Does it.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    let jeton = connection.manage()?;
    match command {
        Command::List { project } => {
            let members = jeton.members(project).await?;
            if connection.json {
                output::json(&members.json);
                return Ok(());
            }
            let rows = members.iter().map(|member| {
                let (id, created) = (member.id.to_string(), member.created.clone());
                vec![id, member.email.clone(), member.name.clone(), created]
            });
            output::table(&["id", "e-mail", "name", "joined"], rows);
        }
        Command::Invite { project, email, name } => {
            jeton.invite(project, &email, name.as_deref()).await?;
            eprintln!("An invitation is on its way to {email}.");
        }
        Command::Remove { project, member, yes } => {
            let question =
                format!("Remove {member} from project {project}? Their master token and shares end at once.");
            confirm(&question, yes)?;
            jeton.remove_member(project, &member).await?;
            eprintln!("{member} is removed.");
        }
    }
    Ok(())
}
