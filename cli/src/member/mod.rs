//! `jeton member`: members and invitations of a project.

mod remove;

use clap::{Subcommand, builder::PossibleValuesParser};
use jeton_client::InviteMember;
use jeton_core::member::Role;

use crate::{complete, connection::Connection, failure::Failure, id, output};

/// The members of a project. Calls Jeton with the manage token in `JETON_MANAGE_TOKEN`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the members of a project
    #[command(after_help = "Example:\n  jeton member list --project 5")]
    List {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
    },
    /// Mail an invitation to become a member
    #[command(
        after_help = "Example:\n  jeton member invite --project 5 eve@example.org --name 'Eve Example'"
    )]
    Invite {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
        /// The e-mail address
        email: String,
        /// The name
        #[arg(long)]
        name: Option<String>,
        /// The role: readOnly for a member who sees everything except secrets, and changes nothing
        #[arg(long, value_parser = roles(), default_value = Role::Admin.as_str())]
        role: String,
    },
    /// Change the role of a member
    #[command(after_help = "\
Examples:
  jeton member role --project 5 eve@example.org readOnly    they see everything except secrets, and change nothing
  jeton member role --project 5 eve@example.org admin       they may do everything")]
    Role {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
        /// The e-mail address or the id
        #[arg(value_parser = id::member, add = complete::members())]
        member: String,
        /// The new role
        #[arg(value_parser = roles())]
        role: String,
    },
    /// List the pending invitations
    #[command(after_help = "Example:\n  jeton member invitations --project 5")]
    Invitations {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
    },
    /// Withdraw an invitation
    #[command(after_help = "Example:\n  jeton member withdraw --project 5 123456")]
    Withdraw {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
        /// The id of the invitation
        #[arg(value_parser = id::number)]
        invitation: u64,
    },
    /// Send an invitation again with a new link and code; the older ones stop working
    #[command(after_help = "Example:\n  jeton member send-again --project 5 123456")]
    SendAgain {
        /// The id of the project
        #[arg(long, value_parser = id::number)]
        project: u64,
        /// The id of the invitation
        #[arg(value_parser = id::number)]
        invitation: u64,
    },
    /// Remove a member with their master token, or withdraw an invitation
    Remove(remove::Remove),
}

/// The roles, as the API names them.
fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
}

/// Runs the command.
pub async fn run(command: Command, connection: &Connection) -> Result<(), Failure> {
    let jeton = connection.manage()?;
    match command {
        Command::List { project } => {
            let members = jeton.members(project).await?;
            if connection.format.json {
                output::json(&members.json);
                return Ok(());
            }
            let rows = members.iter().map(|member| {
                let (id, created) = (member.id.to_string(), member.created.clone());
                vec![id, member.email.clone(), member.name.clone(), member.role.to_string(), created]
            });
            output::table(&["id", "e-mail", "name", "role", "joined"], rows);
        }
        Command::Invite { project, email, name, role } => {
            let invitation = InviteMember {
                email: Some(email.clone()),
                name,
                role: Some(role),
                ..InviteMember::default()
            };
            let invited = jeton.invite_as(project, &invitation).await?;
            connection.format.print_json(&invited.json);
            eprintln!("An invitation was sent to {email}.");
        }
        Command::Role { project, member, role } => {
            let changed = jeton.set_role(project, &member, &role).await?;
            if connection.format.json {
                output::json(&changed.json);
                return Ok(());
            }
            eprintln!("The role of {member} is {} now.", changed.role);
        }
        Command::Invitations { project } => {
            let invitations = jeton.invitations(project).await?;
            if connection.format.json {
                output::json(&invitations.json);
                return Ok(());
            }
            let rows = invitations.iter().map(|invitation| {
                let by = match invitation.creator.email.as_str() {
                    "" => invitation.creator.name.clone(),
                    email => email.to_owned(),
                };
                let (id, email) = (invitation.id.to_string(), invitation.user.email.clone());
                let role = invitation.role.to_string();
                vec![id, email, role, invitation.created.clone(), invitation.expires.clone(), by]
            });
            output::table(&["id", "e-mail", "role", "sent", "until", "sent by"], rows);
        }
        Command::Withdraw { project, invitation } => {
            jeton.withdraw_invitation(project, invitation).await?;
            connection.format.print_empty();
            eprintln!("Invitation {invitation} is withdrawn.");
        }
        Command::SendAgain { project, invitation } => {
            let sent = jeton.send_invitation(project, invitation).await?;
            connection.format.print_json(&sent.json);
            eprintln!("A new invitation was sent; the older link no longer works.");
        }
        Command::Remove(remove) => remove.run(&jeton, connection).await?,
    }
    Ok(())
}
