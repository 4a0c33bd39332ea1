//! `jeton serve`.

use jeton_service::{
    config::Config,
    mail::MailConfig,
    runtime::{StartError, serve::Service},
    telemetry::Telemetry,
};

use crate::first_start;

/// Serves until told to end. Where only this machine reaches it, a store without any project is set up first.
pub async fn serve(config: &Config) -> Result<(), StartError> {
    let service = Service::start(config, Telemetry::start(config, "jeton")).await?;
    let address = service.address;
    println!("Jeton serves {} at http://{address}", first_start::store_name(config));
    let only_here = !config.beyond_this_machine;
    if only_here && service.app.store.projects(1).await.map_err(jeton_core::Error::from)?.is_empty() {
        first_start::set_up(&service.app).await?;
    } else {
        if service.app.store.projects(1).await.map_err(jeton_core::Error::from)?.is_empty() {
            println!("It is new and empty: no token is accepted before `jeton init project` has made one.");
        }
        println!(
            "Secrets are shown once, when they are made. To make a project, a member or a manage token:"
        );
        println!("jeton init --help");
    }
    if let MailConfig::Outbox(dir) = &config.mail {
        println!("Mail goes to the folder {} and is readable at http://{address}/outbox", dir.display());
    }
    println!();
    service.run().await
}
