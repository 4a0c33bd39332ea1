//! First start on an empty store: creates a project, its first member and a manage token.

use jeton_core::{email::Email, id::ProjectId};
use jeton_service::{app::App, config::Config, mail::Mailer, operation::setup, runtime::StartError};

use crate::{
    init::{MANAGE, MASTER},
    reveal::{Places, Revealed},
    shell::quoted,
};

/// The organization of the first project.
const ORGANIZATION: u64 = 1;

/// Creates a project, a member and a manage token, and shows their secrets once.
pub async fn set_up(app: &App) -> Result<(), StartError> {
    let mut places = Places::prepare(&[MASTER, MANAGE])?;
    let project = setup::project(app, "My project", ORGANIZATION).await?;
    let email = Email::parse("admin@localhost").ok_or(jeton_core::Error::NotFound("address"))?;
    let (_, _, master) = setup::member(app, project.id, &email, "Admin").await?;
    places.take(master);
    let manage = setup::manage_token(app, "made at the first start").await;
    println!("It is new, so it now has project {} \"{}\" with member {email}.", project.id, project.name);
    println!("{}", how_to_sign_in(app, project.id, &email));
    match manage {
        Ok((_, manage)) => places.take(manage),
        Err(error) => {
            println!("It has no manage token yet: `jeton init manage-token` makes one.");
            return Err(error.into());
        }
    }
    println!();
    let revealed = places.reveal()?;
    println!();
    println!("This creates a token that may write one bucket and run one component, for a day:");
    println!();
    println!("{}", first_call(&revealed, &app.public_url));
    println!();
    Ok(())
}

/// A first call. The master token is in no argument, which other programs and the history of the shell would see.
fn first_call(revealed: &Revealed, url: &str) -> String {
    match revealed {
        Revealed::OnTerminal => format!(
            "jeton login --url {url}    # asks for the master token\n\
             jeton token create -d 'MySQL extractor' --expires 1d --write in.c-csv-import --component keboola.ex-db-mysql"
        ),
        Revealed::InFiles(files) => format!(
            "curl -H \"X-StorageApi-Token: $(cat {})\" {url}/v2/storage/tokens \\\n  \
             -d description='MySQL extractor' -d expiresIn=86400 \\\n  \
             -d 'bucketPermissions[in.c-csv-import]=write' -d 'componentAccess[]=keboola.ex-db-mysql'",
            quoted(&files[0])
        ),
    }
}

/// How to sign in to the console. The address of the first member is made up: only the outbox has its mails.
fn how_to_sign_in(app: &App, project: ProjectId, email: &Email) -> String {
    let way = match (&app.mailer, &app.ways.provider) {
        (Mailer::Outbox(_), _) if app.ways.mail => {
            return format!(
                "Sign in to the console as {email}. The mail with the link and the code is in the outbox."
            );
        }
        (_, Some(provider)) if !app.ways.mail => {
            format!("Members sign in to the console with {}, which does not know this address.", provider.name())
        }
        _ => "Members sign in to the console with a link and a code. JETON_MAIL sends them to real addresses, which this one is not."
            .to_owned(),
    };
    format!("{way} Add yourself:\n\njeton init member --project {project} --email YOUR@ADDRESS")
}

/// The name of the store for messages.
pub fn store_name(config: &Config) -> String {
    config.store.to_string()
}
