//! `jeton status`: which profile, address and tokens commands use.

use clap::Args;
use jeton_client::{Error, ManageToken, Token};
use serde_json::{Value, json};

use crate::{
    connection::{Connection, Resolved},
    failure::{EXIT_CODES, Failure},
    output, presented,
    profile::Kind,
    token::{rights, show},
};

/// Shows what commands would use here: the profile, the address and the tokens, which it asks Jeton about.
#[derive(Debug, Args)]
#[command(after_help = format!("Examples:\n  jeton status\n  jeton status --profile work\n\n{EXIT_CODES}"))]
pub struct Status {
    #[command(flatten)]
    connection: Connection,
}

/// What Jeton says about a token.
enum Seen {
    Storage(Box<Token>),
    Manage(Box<ManageToken>),
    Rejected(Error),
}

impl Status {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failure> {
        let connection = self.connection.ready()?;
        let mut found = Vec::new();
        let (mut none, mut failed) = (None, None);
        for kind in connection.kinds() {
            match connection.resolve(*kind) {
                Ok(resolved) => {
                    let seen = seen(&resolved, *kind).await?;
                    found.push((*kind, resolved, seen));
                }
                Err(failure @ Failure::NoToken(_)) => none = none.or(Some(failure)),
                // The other token may be there.
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        let Some((_, first, _)) = found.first() else { return failed.or(none).map_or(Ok(()), Err) };
        if connection.format.json {
            let tokens: Vec<_> =
                found.iter().map(|(kind, resolved, seen)| as_json(*kind, resolved, seen)).collect();
            let profile = first.profile.as_ref().map(ToString::to_string);
            output::json(&json!({"profile": profile, "url": first.client.url(), "tokens": tokens}));
        } else {
            let profile = first.profile.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            let mut facts = vec![("Profile", profile), ("Address", first.client.url().to_owned())];
            for (kind, resolved, seen) in &found {
                facts.extend(described(*kind, resolved, seen));
            }
            output::facts(&facts);
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        let rejected = found.into_iter().find_map(|(.., seen)| match seen {
            Seen::Rejected(error) => Some(error),
            _ => None,
        });
        rejected.map_or(Ok(()), |error| Err(error.into()))
    }
}

async fn seen(resolved: &Resolved, kind: Kind) -> Result<Seen, Error> {
    let answered = match kind {
        Kind::Storage => resolved.client.verify().await.map(|token| Seen::Storage(Box::new(token.value))),
        Kind::Manage => {
            resolved.client.verify_manage_token().await.map(|token| Seen::Manage(Box::new(token.value)))
        }
    };
    match answered {
        // The other token may be valid.
        Err(error @ Error::Rejected(_)) => Ok(Seen::Rejected(error)),
        answered => answered,
    }
}

fn described(kind: Kind, resolved: &Resolved, seen: &Seen) -> Vec<(&'static str, String)> {
    let name = match kind {
        Kind::Storage => "Storage token",
        Kind::Manage => "Manage token",
    };
    let mut facts = vec![(name, presented::masked(&resolved.secret)), ("  Kept in", resolved.place.clone())];
    match seen {
        Seen::Storage(token) => facts.extend([
            ("  Description", token.description.to_string()),
            ("  Project", format!("{} ({})", token.owner.name, token.owner.id)),
            ("  Kind", rights::kind(token).to_owned()),
            ("  May", rights::brief(token)),
            ("  Expires", show::expires(token)),
        ]),
        Seen::Manage(token) => {
            let expires = token.expires.clone().unwrap_or_else(|| "never".to_owned());
            facts.extend([("  Description", token.description.clone()), ("  Expires", expires)]);
        }
        Seen::Rejected(error) => facts.push(("  Valid", format!("no: {error}"))),
    }
    facts
}

fn as_json(kind: Kind, resolved: &Resolved, seen: &Seen) -> Value {
    let mut json = json!({
        "kind": match kind { Kind::Storage => "storage", Kind::Manage => "manage" },
        "token": presented::masked(&resolved.secret),
        "keptIn": resolved.place,
        "valid": !matches!(seen, Seen::Rejected(_)),
    });
    let more = match seen {
        Seen::Storage(token) => json!({
            "id": token.id.to_string(),
            "description": token.description,
            "project": {"id": token.owner.id, "name": token.owner.name},
            "rights": rights::summary(token),
            "expires": token.expires.map(|at| at.to_string()),
        }),
        Seen::Manage(token) => json!({
            "id": token.id.to_string(),
            "description": token.description,
            "expires": token.expires,
        }),
        Seen::Rejected(error) => json!({"error": error.to_string()}),
    };
    if let (Value::Object(json), Value::Object(more)) = (&mut json, more) {
        json.extend(more);
    }
    json
}
