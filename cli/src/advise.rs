//! `jeton advise`: the rights that a token used and did not use.

use clap::Args;
use jeton_client::{Advice, Capability, DryRun, UsedRight, capability::Row};
use jeton_core::time::Timestamp;
use jeton_service::clock::Clock;
use serde_json::json;

use crate::{
    complete,
    connection::Connection,
    failure::{EXIT_CODES, Failure},
    id, output,
    token::{Edit, named::named},
};

/// The examples in `--help`.
const EXAMPLES: &str = "\
Examples:
  jeton advise 123456
  jeton advise 123456 --read in.c-main --jobs=false     what would that have refused?
  jeton advise 123456 --json | jq .narrowest";

/// Replays every question in the history of a token, and its changes of other tokens, and shows which of its rights they used. With rights given as for
/// `jeton token update`, shows which of these they would have denied. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Advise {
    /// The id of the token (default: the token that makes the call)
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    connection: Connection,
}

impl Advise {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failure> {
        let connection = self.connection.ready()?;
        let jeton = connection.storage()?;
        let id = named(&jeton, self.id).await?;
        let bar = output::spinner("questions read");
        let progress = |questions| bar.set_position(questions);
        let advice = jeton.advice(&id, self.edit.changes().as_ref(), progress).await?;
        bar.finish_and_clear();
        if connection.format.json {
            let mut json = json!(advice);
            // All of the history was looked at.
            json.as_object_mut().map(|fields| fields.remove("next"));
            output::json(&json);
        } else {
            show(&id, &advice);
        }
        Ok(())
    }
}

fn show(id: &str, advice: &Advice) {
    if let Some(dry_run) = &advice.dry_run {
        return show_dry_run(dry_run);
    }
    let Some(last) = &advice.last_asked else {
        println!(
            "Token {id} asked no question and changed no other token in the last six months, so there is no advice about its rights."
        );
        return;
    };
    println!(
        "{} in the last six months, the last {}; {} denied.",
        counted(advice.questions),
        ago(last),
        advice.refused
    );
    if advice.used.is_empty() && advice.unused.is_empty() {
        println!("\nIt has no rights.");
        return;
    }
    println!("\nUsed");
    table(&advice.used);
    if advice.unused.is_empty() {
        println!("\nAll of its rights were used.");
        return;
    }
    println!("\nNot used");
    for unused in &advice.unused {
        println!("{}", output::printable(&unused.right));
    }
    println!("\nThese rights would have been enough for all of them:");
    println!("  {}", output::printable(&flags(advice)));
    println!(
        "\nOnly questions and changes of other tokens count. A service that reads the rights by GET verify and decides itself leaves no record."
    );
}

fn show_dry_run(dry_run: &DryRun) {
    match (&dry_run.last_refused, dry_run.would_refuse) {
        (Some(last), refused) => {
            println!("These rights would have denied {}, last {}.", counted(refused), ago(last));
            println!("\nMissing");
            table(&dry_run.missing);
        }
        (None, _) => {
            println!("These rights would have denied no question and no change of the last six months.");
        }
    }
    if dry_run.would_allow > 0 {
        println!("They would also have allowed {} that its rights deny.", counted(dry_run.would_allow));
    }
}

fn table(used: &[UsedRight]) {
    let rows = used.iter().map(|used| {
        let last = used.last.as_deref().map(ago).unwrap_or_default();
        vec![used.right.right.clone(), used.count.to_string(), last]
    });
    output::table(&["right", "times", "last"], rows);
}

/// The narrowest rights, as options of `jeton token create` and `update`.
fn flags(advice: &Advice) -> String {
    let narrowest = &advice.narrowest;
    let option = |row: &Row| format!("--{}", row.option);
    let (all_buckets, others): (Vec<&Row>, Vec<&Row>) =
        narrowest.capabilities.rows().partition(|row| row.capability == Capability::ManageBuckets);
    let mut flags: Vec<_> = all_buckets.into_iter().map(option).collect();
    flags.extend(
        narrowest.bucket_permissions.iter().map(|(bucket, access)| format!("--{} {bucket}", access.as_str())),
    );
    flags.extend(narrowest.component_access.iter().map(|component| format!("--component {component}")));
    flags.extend(others.into_iter().map(option));
    if flags.is_empty() { "nothing at all".to_owned() } else { flags.join(" ") }
}

/// How long ago a time in an answer was; the text itself if it cannot be parsed.
fn ago(time: &str) -> String {
    time.parse().map_or_else(|_| output::printable(time), |at: Timestamp| at.ago(Clock::System.now()))
}

/// A number of questions and changes, with thousands separators.
fn counted(number: u64) -> String {
    if number == 1 {
        return "1 question or change".to_owned();
    }
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{} questions and changes", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups_of_three() {
        assert_eq!([counted(1), counted(204)], ["1 question or change", "204 questions and changes"]);
        let many = ["1,204 questions and changes", "1,000,000 questions and changes"];
        assert_eq!([counted(1204), counted(1_000_000)], many);
    }
}
