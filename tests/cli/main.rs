//! The `jeton` command, as people and platforms run it.

mod advise;
mod aws_guide;
mod backup;
mod completions;
mod connection;
mod connections;
mod copies;
mod doctor;
mod ending;
mod events;
mod first_start;
mod formats;
mod full_output;
mod help;
mod history;
mod home;
mod init;
mod interrupted;
mod interrupted_calls;
mod login;
mod login_replace;
mod logout;
mod lost_log;
mod manage_token;
mod many_tokens;
mod member;
mod outbox;
mod passkeys;
mod profile;
mod project;
mod refreshed;
mod rejected_input;
mod remote;
mod secrets;
mod sign_in;
mod stub;
mod sweep;
mod terminal;
mod token;
mod unfinished_bodies;
mod unread_answers;
mod unread_output;
mod verify;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use jeton_tests::client::{Answer, Client};

/// The contents of a file of secrets.
fn secret(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap().trim_end().to_owned()
}

/// The permissions of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

/// The names of the files in a folder, in order.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn verify(client: &Client, token: &str) -> Answer {
    client.get("/v2/storage/tokens/verify").token(token).send().await
}
