//! `jeton init`: adds projects, members and manage tokens to a store, and creates seal keys.

use clap::Subcommand;
use jeton_core::{Error, email::Email, id::ProjectId, project::valid_name, text::trimmed};
use jeton_service::{
    app::App,
    clock::entropy,
    config::Config,
    history::SealKey,
    operation::setup,
    runtime::{self, CreatedTable},
    telemetry::Telemetry,
};

use crate::{
    id,
    reveal::{Label, Places},
};

/// The label of a master token.
pub const MASTER: Label = Label { name: "master token", file: "master-token" };

/// The label of a manage token.
pub const MANAGE: Label = Label { name: "manage token", file: "manage-token" };

/// What to add.
#[derive(Subcommand)]
pub enum Init {
    /// Add a project with its first member, and show the member's master token.
    #[command(after_help = "Example:\n  jeton init project --name Sales --email eve@example.org")]
    Project {
        /// The name of the project.
        #[arg(long)]
        name: String,
        /// The organization of the project.
        #[arg(long, default_value_t = 1, value_parser = id::number)]
        organization: u64,
        /// The e-mail address of its first member.
        #[arg(long)]
        email: String,
    },
    /// Add a member to a project, and show their master token.
    #[command(
        after_help = "Example:\n  jeton init member --project 5 --email joe@example.org --name 'Joe Example'"
    )]
    Member {
        /// The id of the project
        #[arg(long)]
        project: ProjectId,
        /// The e-mail address of the member.
        #[arg(long)]
        email: String,
        /// The name of the member (default: the e-mail address).
        #[arg(long)]
        name: Option<String>,
    },
    /// Add a manage token, and show it.
    #[command(after_help = "Example:\n  jeton init manage-token --description 'for CI'")]
    ManageToken {
        /// The description of the manage token.
        #[arg(long, default_value = "made by jeton init")]
        description: String,
    },
    /// Create the DynamoDB table of the configured store, with time to live, recovery and protection.
    #[command(after_help = "Example:\n  JETON_STORE=dynamodb:jeton jeton init table")]
    Table,
    /// Generate a key that seals history, and show it.
    #[command(after_help = "Example:\n  jeton init seal-key")]
    SealKey,
}

/// Adds a record to the configured store.
pub async fn init(config: &Config, init: Init) -> Result<(), runtime::StartError> {
    match init {
        Init::SealKey => return Ok(seal_key()?),
        Init::Table => return table(config).await,
        Init::Project { .. } | Init::Member { .. } | Init::ManageToken { .. } => {}
    }
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let app = runtime::open_or_make(config, public_url, Telemetry::default()).await?;
    runtime::check(&app).await?;
    app.store.set_up().await.map_err(Error::from)?;
    let earlier = app.store.list_earlier_manage_tokens().await.map_err(Error::from)?;
    if earlier > 0 {
        eprintln!("Manage tokens of an earlier version that were added to the list: {earlier}");
    }
    match init {
        Init::Project { name, organization, email } => {
            let name = checked_name(&name)?;
            let email = checked_email(&email)?;
            let places = Places::prepare(&[MASTER])?;
            let project = setup::project(&app, &name, organization).await?;
            println!("Project {} \"{}\" is created.", project.id, project.name);
            member(&app, places, project.id, &email, email.as_str()).await
        }
        Init::Member { project, email, name } => {
            let email = checked_email(&email)?;
            let name = checked_name(&name.unwrap_or_else(|| email.to_string()))?;
            member(&app, Places::prepare(&[MASTER])?, project, &email, &name).await
        }
        Init::ManageToken { description } => {
            let description = checked_name(&description)?;
            let mut places = Places::prepare(&[MANAGE])?;
            let (token, secret) = setup::manage_token(&app, &description).await?;
            places.take(secret);
            println!("Manage token {} \"{}\" is created.", token.id, token.description);
            places.reveal()?;
            Ok(())
        }
        Init::SealKey => Ok(seal_key()?),
        Init::Table => table(config).await,
    }
}

/// Creates the table, or completes one that an earlier call has begun.
async fn table(config: &Config) -> Result<(), runtime::StartError> {
    let created = runtime::create_table(config).await?;
    let store = &config.store;
    let CreatedTable { created, completed, recovers } = created;
    match &completed[..] {
        _ if created => println!("The {store} is created."),
        [] => println!("The {store} exists already. It was not changed."),
        lacking => println!("The {store} exists already. It has now: {}.", lacking.join(", ")),
    }
    if !recovers {
        println!("This DynamoDB has no point-in-time recovery.");
    }
    Ok(())
}

/// Creates a seal key. It is stored nowhere, so no store is opened.
fn seal_key() -> std::io::Result<()> {
    let mut places = Places::prepare(&[Label { name: "seal key (JETON_SEAL_KEY)", file: "seal-key" }])?;
    let drawn = SealKey::draw(&mut entropy());
    if let Some(key) = SealKey::parse(drawn.expose()) {
        println!("The public key is {}.", key.public());
    }
    places.take(drawn);
    places.reveal().map(drop)
}

async fn member(
    app: &App,
    mut places: Places,
    project: ProjectId,
    email: &Email,
    name: &str,
) -> Result<(), runtime::StartError> {
    let (member, _, secret) = setup::member(app, project, email, name).await?;
    places.take(secret);
    println!("{} is member {} of project {project}.", member.email, member.id);
    places.reveal()?;
    Ok(())
}

fn checked_email(text: &str) -> Result<Email, Error> {
    Email::parse(text).ok_or_else(|| Error::bad_field("email", "--email must be one e-mail address"))
}

fn checked_name(name: &str) -> Result<String, Error> {
    let name = trimmed(name);
    if valid_name(name) {
        Ok(name.to_owned())
    } else {
        Err(Error::bad_field("name", "a name must have 1 to 255 characters, no control characters"))
    }
}
