//! Checks of the Jeton that commands call, over HTTP.

use chrono::DateTime;
use jeton_client::{Client, Error, Index};
use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;

use super::check::Check;
use crate::{
    address::is_unencrypted,
    connection::{Connection, Resolved},
    environment::Environment,
    failure::Failure,
    output::printable,
    profile::Kind,
    retries,
};

/// Clocks that differ by more milliseconds are a finding. Half a minute already changes which day an event is of.
const MOST_SKEW: i64 = 30_000;

/// A token that expires within as many days is a finding.
const SOON: u64 = 7;

/// All checks. Later ones need the earlier ones.
pub async fn checks(connection: &Connection) -> Vec<Check> {
    let environment = |failure: Failure| {
        vec![Check::failure("environment", failure.to_string(), "correct or unset this variable")]
    };
    if let Err(failure) = retries::time(Environment::read().retry_for.as_deref()) {
        return environment(failure);
    }
    let client = match connection.anonymous() {
        Ok(client) => client,
        Err(failure @ Failure::Start(_)) => return environment(failure),
        Err(failure) => {
            return vec![failed("address", &failure, "set the address by --url, JETON_URL or `jeton login`")];
        }
    };
    let asked = Clock::System.now();
    let index = match client.index().await {
        Ok(index) => index,
        Err(error) => return vec![unreached(&client, &error)],
    };
    let answered = Clock::System.now();
    let mut checks = vec![address(&client, &index), clock(index.date.as_deref(), asked, answered)];
    checks.extend(public_url(&client, &index));
    checks.extend(proxy());
    checks.push(store(&client).await);
    checks.extend(tokens(connection).await);
    checks
}

/// A failure of a file or a choice on this machine. Its sentence ends with advice of its own, or else has this one.
fn failed(name: &'static str, failure: &Failure, advice: &str) -> Check {
    let sentence = failure.to_string();
    match sentence.rsplit_once("; ").filter(|_| matches!(failure, Failure::Missing(_) | Failure::File(..))) {
        Some((found, own)) => Check::failure(name, found, own),
        None => Check::failure(name, sentence, advice),
    }
}

fn unreached(client: &Client, error: &Error) -> Check {
    Check::failure("address", error.to_string(), format!("{} ({})", advice(error), client.url()))
}

/// What to do about a call that failed, whatever its token.
fn advice(error: &Error) -> &'static str {
    match error {
        Error::Rejected(rejection) if rejection.status == 429 || rejection.status >= 500 => {
            "it runs, but does not answer calls at the moment: read its log, or try again later"
        }
        Error::NotUnderstood { status: 502..=504, .. } => {
            "a proxy answers there, but not Jeton behind it: start that with `jeton serve`, or set its address in the proxy"
        }
        Error::Unreachable { .. } | Error::TimedOut { .. } => {
            "start it with `jeton serve`, or set its address by --url, JETON_URL or a profile; also check a firewall on the way"
        }
        Error::NoCertificates { .. } => "install the package ca-certificates, or set SSL_CERT_FILE",
        _ => "another program answers there: set the address of Jeton by --url, JETON_URL or a profile",
    }
}

fn address(client: &Client, index: &Index) -> Check {
    let url = client.url();
    let found = format!("{url} answers, version {}", printable(&index.revision));
    if is_unencrypted(url) {
        return Check::warning("address", found, "tokens go over the network unencrypted: use https://");
    }
    Check::ok("address", found)
}

/// Compares the clocks. The header is in whole seconds, and its answer has been on the way.
fn clock(date: Option<&str>, asked: Timestamp, answered: Timestamp) -> Check {
    let theirs = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(theirs) = theirs.map(|date| date.timestamp_millis()) else {
        return Check::warning(
            "clock",
            "the answer has no date",
            "a proxy removes the header Date: compare the clocks by hand",
        );
    };
    let ahead = (theirs - answered.millis()).max(0);
    let behind = (asked.millis() - (theirs + 1000)).max(0);
    let (skew, word) = if ahead > 0 { (ahead, "ahead of") } else { (behind, "behind") };
    if skew <= MOST_SKEW {
        return Check::ok("clock", "the clocks agree");
    }
    Check::warning(
        "clock",
        format!("the clock there is {} s {word} the one here", skew / 1000),
        "set both by NTP: times of expiry and of events follow the clock of the server",
    )
}

/// Links in mails begin with the public address.
fn public_url(client: &Client, index: &Index) -> Option<Check> {
    let public = index.public_url()?;
    let name = "public address";
    Some(if public == client.url() {
        Check::ok(name, format!("links begin with {}", printable(public)))
    } else {
        Check::warning(
            name,
            format!("links begin with {}, and not with {}", printable(public), client.url()),
            "if others cannot open that address, set JETON_PUBLIC_URL of the server",
        )
    })
}

/// The client calls Jeton directly.
fn proxy() -> Option<Check> {
    let name = Environment::read().proxy?;
    Some(Check::warning(
        "proxy",
        format!("{name} is set"),
        "jeton uses no proxy: it has to reach the address directly",
    ))
}

async fn store(client: &Client) -> Check {
    match client.ready().await {
        Ok(_) => Check::ok("store", "the store of the server answers"),
        Err(error) => Check::failure(
            "store",
            format!("the store of the server does not answer: {error}"),
            "run `jeton doctor --server` there, with the environment of the server, and read its log",
        ),
    }
}

/// The tokens that commands would use. One of them is enough.
async fn tokens(connection: &Connection) -> Vec<Check> {
    let (mut checks, mut none): (Vec<Check>, Option<Check>) = (Vec::new(), None);
    for kind in connection.kinds() {
        let name = name(*kind);
        match connection.resolve(*kind) {
            Ok(resolved) => checks.push(token(&resolved, *kind).await),
            Err(Failure::NoToken(advice)) => {
                none = none.or_else(|| Some(Check::warning(name, "there is none", advice)));
            }
            Err(failure) => {
                let check =
                    failed(name, &failure, "name another token by --token-file, JETON_TOKEN or --profile");
                // A configuration that cannot be read is one failure, not two.
                if checks.iter().all(|other| other.found != check.found) {
                    checks.push(check);
                }
            }
        }
    }
    if checks.is_empty() {
        checks.extend(none);
    }
    checks
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Storage => "token",
        Kind::Manage => "manage token",
    }
}

async fn token(resolved: &Resolved, kind: Kind) -> Check {
    let (client, name, place) = (&resolved.client, name(kind), &resolved.place);
    let verified = match kind {
        Kind::Storage => client.verify().await.map(|token| {
            let token = token.value;
            (token.id.to_string(), token.description.clone(), token.expires)
        }),
        Kind::Manage => client.verify_manage_token().await.map(|token| {
            let token = token.value;
            let expires = token.expires.and_then(|at| at.parse::<Timestamp>().ok());
            (token.id.to_string(), token.description.into(), expires)
        }),
    };
    match verified {
        Err(error) => {
            let is_invalid = matches!(error.status(), Some(401 | 403)) || matches!(error, Error::BadToken);
            let advice = if is_invalid { "log in with a valid token: `jeton login`" } else { advice(&error) };
            Check::failure(name, format!("{error} ({place})"), advice)
        }
        Ok((id, description, expires)) => {
            let found = format!("{name} {id} \"{}\" is valid ({place})", printable(&description));
            let mends = match kind {
                Kind::Storage => "`jeton token update --expires` by a master token prolongs it",
                Kind::Manage => "`jeton manage-token create` creates another one",
            };
            match expires {
                Some(at) if Clock::System.now().days_until(at) < SOON => {
                    Check::warning(name, format!("{found} until {at}"), mends)
                }
                _ => Check::ok(name, found),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Level;

    #[test]
    fn clocks_that_differ_by_more_than_half_a_minute_are_told() {
        // 6 November 1994, 08:49:37.
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let at = |seconds: i64| Timestamp::from_millis((784_111_777 + seconds) * 1000);
        for (seconds, level) in
            [(0, Level::Ok), (30, Level::Ok), (-30, Level::Ok), (40, Level::Warning), (-40, Level::Warning)]
        {
            assert_eq!(clock(date, at(seconds), at(seconds)).level, level, "{seconds}");
        }
        assert!(clock(date, at(100), at(100)).found.contains("behind"));
        assert!(clock(date, at(-100), at(-100)).found.contains("100 s ahead"));
        assert_eq!(clock(None, at(0), at(0)).level, Level::Warning);
        // A slow answer is no skew.
        assert_eq!(clock(date, at(-60), at(0)).level, Level::Ok);
    }
}
