//! `jeton project list`: the projects of the tokens of profiles.

use std::{collections::BTreeMap, time::Duration};

use jeton_client::{BaseUrl, Token};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    connection::{Connection, Resolved},
    environment::Environment,
    failure::Failure,
    output,
    profile::{self, Kind, Name, Profile},
};

/// How long a service may take. One that is not there must not keep the others from being listed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many services are asked at a time.
const AT_ONCE: usize = 16;

/// A token to ask about: that of a profile, or of the environment.
type Candidate = (Option<Name>, Result<Resolved, Failure>);

/// A project, with who has a token of it here.
#[derive(Default)]
struct Found {
    name: String,
    profiles: Vec<Name>,
    by_environment: bool,
}

/// Asks about each token which project it is of. One that cannot be asked about is a warning, unless none can.
pub async fn list(connection: &Connection) -> Result<(), Failure> {
    let mut candidates = candidates(connection)?;
    let mut found: BTreeMap<(String, u64), Found> = BTreeMap::new();
    let mut failed = None;
    while !candidates.is_empty() {
        let rest = candidates.split_off(candidates.len().min(AT_ONCE));
        for (profile, url, answer) in asked(candidates).await {
            match answer {
                Ok(token) => {
                    let project = found.entry((url, token.owner.id.into())).or_default();
                    project.name = token.owner.name.to_string();
                    match profile {
                        Some(profile) => project.profiles.push(profile),
                        None => project.by_environment = true,
                    }
                }
                Err(failure) => {
                    if let Some(earlier) = failed.replace((profile, failure)) {
                        warn(earlier);
                    }
                }
            }
        }
        candidates = rest;
    }
    if let Some((profile, failure)) = failed {
        if found.is_empty() {
            return Err(failure);
        }
        warn((profile, failure));
    }
    print(&found, connection.format.json);
    Ok(())
}

fn warn((profile, failure): (Option<Name>, Failure)) {
    let whose = profile.map_or_else(|| "JETON_TOKEN".to_owned(), |profile| format!("profile {profile}"));
    eprintln!("jeton: warning: {whose}: {failure}");
}

/// The token that the options name, or else that of the environment and those of all profiles, or of those with the address that was given.
fn candidates(connection: &Connection) -> Result<Vec<Candidate>, Failure> {
    let environment = Environment::read();
    let mut candidates = Vec::new();
    let own = || connection.resolve(Kind::Storage);
    if connection.names_token() {
        let resolved = own()?;
        return Ok(vec![(resolved.profile.clone(), Ok(resolved))]);
    }
    if environment.token.is_some() {
        candidates.push((None, own()));
    } else if environment.config_folder.is_none() {
        return Ok(vec![(None, Ok(own()?))]);
    }
    if environment.config_folder.is_some() {
        let profiles = profile::folder_of(&environment)?.profiles()?;
        let url = connection.url(&environment).map(|url| BaseUrl::parse(&url)).transpose()?;
        let is_meant = |profile: &Profile| {
            profile.place(Kind::Storage).is_some()
                && url.as_ref().is_none_or(|url| url.as_str() == profile.url)
        };
        let kept = profiles.profiles.iter().filter(|(_, profile)| is_meant(profile));
        candidates.extend(kept.map(|(name, _)| {
            let resolved = Connection::of(name.clone()).resolve(Kind::Storage);
            (Some(name.clone()), resolved)
        }));
    }
    if candidates.is_empty() {
        let of_address = if connection.url(&environment).is_some() { " for this address" } else { "" };
        let sentence = format!("no profile keeps a storage token{of_address}: `jeton login` keeps one");
        return Err(Failure::NoToken(sentence));
    }
    Ok(candidates)
}

/// Asks about tokens at the same time. The answers are in the order of the tokens.
async fn asked(candidates: Vec<Candidate>) -> Vec<(Option<Name>, String, Result<Token, Failure>)> {
    let mut asking = JoinSet::new();
    let mut answers = Vec::new();
    for (index, (profile, resolved)) in candidates.into_iter().enumerate() {
        let (url, answer) = match resolved {
            Ok(Resolved { client, .. }) => {
                let client = client.within(PATIENCE);
                let url = client.url().to_owned();
                asking.spawn(async move { (index, client.verify().await) });
                (url, None)
            }
            Err(failure) => (String::new(), Some(Err(failure))),
        };
        answers.push((profile, url, answer));
    }
    for (index, answer) in asking.join_all().await {
        answers[index].2 = Some(answer.map(|token| token.value).map_err(Failure::from));
    }
    answers.into_iter().filter_map(|(profile, url, answer)| Some((profile, url, answer?))).collect()
}

fn print(found: &BTreeMap<(String, u64), Found>, as_json: bool) {
    if as_json {
        let all = found.iter().map(|((url, id), Found { name, profiles, .. })| {
            json!({"id": id, "name": name, "url": url, "profiles": profiles})
        });
        return output::json(&all.collect());
    }
    let rows = found.iter().map(|((url, id), found)| {
        let mut tokens: Vec<_> = found.profiles.iter().map(ToString::to_string).collect();
        tokens.extend(found.by_environment.then(|| "(JETON_TOKEN)".to_owned()));
        vec![id.to_string(), found.name.clone(), url.clone(), tokens.join(", ")]
    });
    output::table(&["id", "name", "address", "profiles"], rows);
}
