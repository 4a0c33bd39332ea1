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

use crate::first_start;

/// Serves until a signal ends it. If only this machine can reach the server, an empty store gets its first project before.
pub async fn serve(config: &Config) -> Result<(), StartError> {
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
    if let Mailer::Outbox(outbox) = &service.app.mailer {
        show_outbox(outbox, &format!("http://{address}/outbox")).await?;
    }
    println!();
    service.run().await
}

/// Prints where mails can be read. The link contains the key of the outbox, so it is printed on a terminal only.
async fn show_outbox(outbox: &Outbox, page: &str) -> Result<(), StartError> {
    let key = outbox.keep_key(secret::mint_link_secret(&mut entropy())).await?;
    let dir = outbox.dir().display();
    if io::stdout().is_terminal() {
        println!("Mail goes to the folder {dir} and is readable at {page}?key={}", key.expose());
    } else {
        let file = outbox.key_file();
        println!("Mail goes to the folder {dir} and is readable at {page}?key=KEY, where KEY is the text");
        println!("in the file {}, which only you can read.", file.display());
    }
    Ok(())
}
