//! `jeton serve`: runs the server.

use std::io::{self, IsTerminal as _};

use jeton_core::secret;
use jeton_service::{
    clock::entropy,
    config::Config,
    mail::{Mailer, Outbox},
    runtime::{StartError, serve::Service},
    telemetry::Telemetry,
};

use crate::{at_signal, first_start};

/// Serves until a signal ends it. If only this machine can reach the server, an empty store gets its first project before.
pub async fn serve(config: &Config) -> Result<(), StartError> {
    at_signal::leave_to_server();
    let service = Service::start(config, Telemetry::start(config, "jeton")).await?;
    let address = service.address;
    println!("Jeton serves {} at http://{address}", first_start::store_name(config));
    let only_here = !config.beyond_this_machine;
    if only_here && service.app.store.projects(1).await.map_err(jeton_core::Error::from)?.is_empty() {
        first_start::set_up(&service.app).await?;
    } else {
        if service.app.store.projects(1).await.map_err(jeton_core::Error::from)?.is_empty() {
            println!(
                "It is new and empty. Create the first project and its master token with `jeton init project`."
            );
        }
        println!(
            "Secrets are shown once, when they are created. To create a project, a member or a manage token:"
        );
        println!("jeton init --help");
    }
    let outbox = if let Mailer::Outbox(outbox) = &service.app.mailer { Some(outbox) } else { None };
    let public = &service.app.public_url;
    println!();
    println!("Console:    {public}/console");
    println!("Reference:  {public}/docs");
    if let Some(outbox) = outbox {
        show_outbox(outbox, &format!("http://{address}/outbox")).await?;
    }
    println!();
    service.run().await
}

/// Prints where mails can be read: also those by which one signs in to the console. The link contains the key of the
/// outbox, so it is printed on a terminal only.
async fn show_outbox(outbox: &Outbox, page: &str) -> Result<(), StartError> {
    let dir = outbox.dir().display();
    let key = outbox.keep_key(secret::mint_link_secret(&mut entropy())).await;
    let key = key.map_err(|error| StartError::Mail(format!("{dir}: {error}")))?;
    if io::stdout().is_terminal() {
        println!("Mails:      {page}?key={}", key.expose());
        println!("            They are files in the folder {dir}.");
    } else {
        let file = outbox.key_file();
        println!("Mails:      {page}?key=KEY");
        println!("            KEY is the text in the file {}, which only you can read.", file.display());
        println!("            They are files in the folder {dir}.");
    }
    Ok(())
}
