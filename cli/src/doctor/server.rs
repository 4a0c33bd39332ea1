//! Checks of the configuration of a server on this machine. They change nothing.

use std::{
    fs, io,
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use jeton_service::{
    config::{Config, StoreConfig},
    mail::MailConfig,
    runtime,
};
use jeton_store_sqlite as sqlite;
use rustix::fs::statvfs;

use super::{
    check::{Check, Level},
    table,
};
use crate::shell::quoted;

/// Less space than this on the disk of the file is a finding.
const LEAST_SPACE: u64 = 256 * 1024 * 1024;

/// How long a mail server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// All checks.
pub async fn checks() -> Vec<Check> {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            return vec![Check::failure(
                "configuration",
                error.to_string(),
                "docs/reference/configuration.md has all variables",
            )];
        }
    };
    let mut checks = vec![reached(&config)];
    checks.extend(store(&config).await);
    checks.push(mail(&config));
    checks.push(proxies(&config));
    checks.push(seal_key(&config).await);
    checks
}

fn reached(config: &Config) -> Check {
    match config.safe_to_listen() {
        Err(error) => {
            Check::failure("configuration", error.to_string(), "`jeton serve` does not start with it")
        }
        Ok(()) if config.beyond_this_machine => Check::ok(
            "configuration",
            format!("other machines reach it at {}", config.public_url.as_deref().unwrap_or("?")),
        ),
        Ok(()) => Check::ok("configuration", format!("only this machine reaches it, at {}", config.listen)),
    }
}

async fn store(config: &Config) -> Vec<Check> {
    match &config.store {
        StoreConfig::Sqlite(path) => file(path),
        StoreConfig::DynamoDb(name) => {
            let mut checks = vec![table::check(config, name).await];
            // What cannot be reached has no settings to ask for.
            if checks.iter().all(|check| check.level == Level::Ok) {
                checks.extend(table::settings(config, name).await);
            }
            checks
        }
    }
}

fn file(path: &Path) -> Vec<Check> {
    let shown = path.display();
    let mut checks = vec![match sqlite::layout(path) {
        Ok(layout) if layout.found < layout.known => Check::warning(
            "store",
            format!("{shown} has layout {}, this program has {}", layout.found, layout.known),
            "the next `jeton serve` of this version upgrades it; back it up before",
        ),
        Ok(layout) => Check::ok("store", format!("{shown} has layout {}", layout.found)),
        Err(error @ sqlite::OpenError::Missing { .. }) => Check::failure(
            "store",
            error.to_string(),
            "set JETON_STORE to the file, or make a new one with `jeton serve`",
        ),
        Err(error) => Check::failure("store", error.to_string(), "docs/how-to/runbook.md says what to do"),
    }];
    if let Ok(found) = fs::metadata(path) {
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            checks.push(Check::warning(
                "permissions",
                format!("others on this machine can use {shown} (its mode is {mode:04o})"),
                format!("`chmod 600 {}`", quoted(path)),
            ));
        }
        checks.extend(space(path));
    }
    checks
}

fn space(path: &Path) -> Option<Check> {
    let found = statvfs(path).ok()?;
    Some(enough(found.f_bavail.saturating_mul(found.f_frsize), path))
}

fn enough(free: u64, path: &Path) -> Check {
    let told = format!("{} MB are free on the disk of {}", free / 1_000_000, path.display());
    if free < LEAST_SPACE {
        Check::warning("space", told, "a full disk stops all writes: make room")
    } else {
        Check::ok("space", told)
    }
}

fn mail(config: &Config) -> Check {
    let name = "mail";
    match &config.mail {
        MailConfig::Outbox(folder) => {
            let found = format!("mails go to the folder {}, and to nobody", folder.display());
            if config.beyond_this_machine {
                Check::failure(name, found, "set JETON_MAIL to ses: or smtp://")
            } else {
                Check::ok(name, found)
            }
        }
        MailConfig::Ses { from, .. } => match &config.missing_of_aws {
            Some(missing) => Check::warning(
                name,
                format!("mails go from {from} by SES, and {missing} is not set"),
                "other sources of credentials may do: share a token with yourself to see",
            ),
            None => Check::ok(
                name,
                format!("mails go from {from} by SES; share a token with yourself to see one"),
            ),
        },
        MailConfig::Smtp(smtp) => {
            let (host, port) = smtp.server();
            match connects(host, port) {
                Ok(()) => Check::ok(name, format!("{host}:{port} accepts connections")),
                Err(error) => Check::failure(
                    name,
                    format!("{host}:{port} cannot be reached: {error}"),
                    "check JETON_MAIL, and that this machine may connect to it",
                ),
            }
        }
    }
}

/// Connects to a mail server, and says nothing.
fn connects(host: &str, port: u16) -> io::Result<()> {
    let mut failed = io::Error::other("its name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn proxies(config: &Config) -> Check {
    let name = "proxies";
    let https = config.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    if !config.trusted_proxies.is_empty() {
        let trusted: Vec<_> = config.trusted_proxies.iter().map(ToString::to_string).collect();
        let all = config.trusted_proxies.iter().any(|network| network.prefix_len() == 0);
        let found = format!("X-Forwarded-For is trusted from {}", trusted.join(", "));
        if all {
            return Check::failure(
                name,
                found,
                "anyone can claim any address: name only your proxies in JETON_TRUSTED_PROXIES",
            );
        }
        return Check::ok(name, found);
    }
    if https {
        return Check::warning(
            name,
            "there is a proxy for https://, and none is trusted",
            "set JETON_TRUSTED_PROXIES to its address: without, all callers have that of the proxy, and share its limits",
        );
    }
    Check::ok(name, "there is none")
}

async fn seal_key(config: &Config) -> Check {
    let name = "seal key";
    match runtime::seal_key(config).await {
        Ok(Some(key)) => Check::ok(name, format!("history is sealed with the key {}", key.public())),
        Ok(None) => Check::warning(
            name,
            "history is not sealed",
            "`jeton init seal-key` makes a key for JETON_SEAL_KEY; changes of old events cannot be noticed without",
        ),
        Err(error) => Check::failure(name, error.to_string(), "check JETON_SEAL_KEY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_told() {
        let level = |free| enough(free, Path::new("jeton.db")).level;
        assert_eq!(
            (level(LEAST_SPACE), level(LEAST_SPACE - 1), level(0)),
            (Level::Ok, Level::Warning, Level::Warning)
        );
    }
}
