//! `jeton token refresh`: replaces the secret of a token.

use clap::Args;
use jeton_client::{Copy, RefreshToken, Token};

use super::{
    named::named,
    picked_up::{STAYS, picked_up},
    show,
};
use crate::{
    complete,
    connection::{Connection, Resolved, confirm},
    duration,
    failure::Failure,
    id, output, presented,
    profile::{Kind, Refreshed},
    secret,
};

/// Only the new secret goes to standard output; everything else goes to standard error. Profiles that keep this token keep the
/// new secret. A copy that was picked up from a share replaces only itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token refresh 123456
  NEW=$(jeton token refresh --yes --quiet)              the token in JETON_TOKEN
  jeton token refresh 123456 --grace 1h                 older copies can be verified for another hour
  jeton token refresh 123456 --keep-old-until-used      … until the new one is used")]
pub struct Refresh {
    /// The id of the token (default: the token that makes the call)
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
    /// How long older copies can still be verified, at most 7d
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    grace: Option<i64>,
    /// Keep older copies working until the new one is first used, at most 7d (or --grace)
    #[arg(long)]
    keep_old_until_used: bool,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
    /// Print only the secret
    #[arg(long, short)]
    quiet: bool,
}

impl Refresh {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        secret::TOKEN.could_be_printed()?;
        let Resolved { client: jeton, secret: presented, .. } = connection.resolve(Kind::Storage)?;
        let id = named(&jeton, self.id.clone()).await?;
        // Another token replaces all copies, so then it is read only for the question.
        let is_own = presented::token_id(&presented) == Some(&id);
        let token = if is_own || !self.yes { Some(jeton.token(&id).await?) } else { None };
        let picked_up = token.as_deref().and_then(picked_up);
        let overlap = RefreshToken {
            grace_period: self.grace,
            keep_old_until_used: Some(self.keep_old_until_used),
            ..RefreshToken::default()
        };
        if let Some(token) = token.as_deref().filter(|_| !self.yes) {
            confirm(&self.question(token, picked_up), false)?;
        }
        let overlaps = self.keep_old_until_used || self.grace.is_some();
        let alone = picked_up.map(|_| presented);
        let profiles = Refreshed::begins(&jeton, Kind::Storage, overlaps, alone);
        let awaited = secret::awaited(&picked_up.map_or_else(
            || format!("token {id} may have a new secret, which is lost then: if the old one is rejected, refresh it by another token that may"),
            |copy| format!(
                "copy {} of token {id} may have a new secret, which is lost then: if the old one is rejected, ask for another share of the token",
                copy.id
            ),
        ));
        let refreshed = jeton.refresh(&id, &overlap).await?;
        let what = format!("the new secret of token {id}");
        let secret = secret::TOKEN.handed_out(what, refreshed.token.as_ref(), awaited);
        let unprinted = secret::TOKEN.print(connection, &refreshed.json, secret, || {
            if !self.quiet {
                output::aside(&show::facts(&refreshed));
                eprintln!("\nThis is its new secret. Save it now: it won't be shown again:");
            }
        });
        let outcome = secret::kept(unprinted);
        profiles.keep(refreshed.token.as_ref(), self.quiet, &outcome).await;
        outcome
    }

    /// The question before a refresh, which says what ends, and when.
    fn question(&self, token: &Token, picked_up: Option<&Copy>) -> String {
        let (id, description) = (token.id, output::printable(&token.description));
        if let Some(copy) = picked_up {
            return format!("Refresh copy {} of token {id} \"{description}\"? {STAYS}", copy.id);
        }
        let last_used = token.last_used.as_deref().unwrap_or("never");
        let copies = counted(token.copies.as_ref().map_or(0, Vec::len), "copy", "copies");
        let shares = token.shares.as_ref().map_or(0, Vec::len);
        let pending = counted(shares, "pending share", "pending shares");
        let has_grace = self.grace.is_some_and(|seconds| seconds > 0);
        let latest = if has_grace { "the grace period" } else { "7 days" };
        let ends = if self.keep_old_until_used {
            format!(
                "Its {copies} will end when the new one is first used, and after {latest} at the latest{}",
                if shares > 0 { format!("; its {pending} will end at once") } else { String::new() }
            )
        } else if has_grace {
            format!(
                "Its {copies} can still be verified, but create and change nothing, and will end after {latest} at the latest{}",
                if shares > 0 {
                    format!(", as will what is picked up from its {pending}")
                } else {
                    String::new()
                }
            )
        } else {
            format!("Its {copies} and {pending} end")
        };
        format!("Refresh token {id} \"{description}\", last used {last_used}? {ends}.")
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
