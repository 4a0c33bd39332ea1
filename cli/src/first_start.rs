//! First start on an empty store: creates a project, its first member and a manage token.

use std::path::Path;

use jeton_core::email::Email;
use jeton_service::{app::App, config::Config, operation::setup, runtime::StartError};

use crate::{
    init::{MANAGE, MASTER},
    reveal::{Places, Revealed},
};

/// The organization of the first project.
const ORGANIZATION: u64 = 1;

/// Creates a project, a member and a manage token, and shows their secrets once.
pub async fn set_up(app: &App) -> Result<(), StartError> {
    let places = Places::prepare(&[MASTER, MANAGE])?;
    let project = setup::project(app, "My project", ORGANIZATION).await?;
    let email = Email::parse("admin@localhost").ok_or(jeton_core::Error::NotFound("address"))?;
    let (_, _, master) = setup::member(app, project.id, &email, "Admin").await?;
    let (_, manage) = setup::manage_token(app, "made at the first start").await?;
    println!("It is new, so it now has project {} \"{}\" with member {email}.", project.id, project.name);
    println!("Sign in to the console as {email}. The mail with the link and the code is in the outbox.");
    println!();
    let revealed = places.reveal(&[&master, &manage])?;
    let token = match &revealed {
        Revealed::OnTerminal => format!("'X-StorageApi-Token: {}'", master.expose()),
        Revealed::InFiles(files) => format!("\"X-StorageApi-Token: $(cat {})\"", quoted(&files[0])),
    };
    println!();
    println!("This creates a token that may write one bucket and run one component, for a day:");
    println!();
    println!("curl -H {token} {}/v2/storage/tokens \\", app.public_url);
    println!("  -d description='MySQL extractor' -d expiresIn=86400 \\");
    println!("  -d 'bucketPermissions[in.c-csv-import]=write' -d 'componentAccess[]=keboola.ex-db-mysql'");
    println!();
    Ok(())
}

/// A path quoted for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The name of the store for messages.
pub fn store_name(config: &Config) -> String {
    config.store.to_string()
}
