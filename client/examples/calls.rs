//! First calls: who a token is, a new token, a share of it and a refresh. The API reference shows the parts of this program.
//!
//! Run it with the address of a service in `JETON_URL` and a master token in `JETON_TOKEN`:
//! `cargo run -p jeton-client --example calls`.
#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

// [setup]
// In a new crate, with the client of a checkout of Jeton:
//   cargo add jeton-client --path ../jeton/client
//   cargo add tokio --features macros,rt
use std::{env, error::Error};

use jeton_client::{Client, Credential, Patch, PlainSecret, RefreshToken, ShareToken, TokenSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    calls(&env::var("JETON_URL")?, &env::var("JETON_TOKEN")?).await
}

/// Makes the calls, with a master token.
pub async fn calls(url: &str, master: &str) -> Result<(), Box<dyn Error>> {
    // [authenticate]
    let master = Credential::Storage(PlainSecret::new(master.to_owned()));
    let jeton = Client::new(url, master)?;
    println!("{}", jeton.verify().await?.owner.name);
    // [create]
    let created = jeton
        .create(&TokenSettings {
            description: Some("Nightly import".to_owned()),
            bucket_permissions: Some([("in.c-main".to_owned(), "write".to_owned())].into()),
            expires_in: Patch::Set(7_776_000),
            ..TokenSettings::default()
        })
        .await?
        .value;
    println!("{} {:?}", created.id, created.expires);
    // [verify]
    let token = created.token.ok_or("the answer has the token")?;
    let own = jeton.with(Credential::Storage(token));
    let known = own.verify().await?;
    println!("{} {:?}", known.description, known.bucket_permissions);
    // [share]
    let share =
        ShareToken { recipient_email: Some("colleague@example.org".to_owned()), ..ShareToken::default() };
    jeton.share(created.id, &share).await?;
    // [refresh]
    let refreshed = own.refresh(created.id, &RefreshToken::default()).await?;
    println!("{:?}", refreshed.refreshed);
    // [setup]
    Ok(())
}
