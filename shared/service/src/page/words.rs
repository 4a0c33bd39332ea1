//! The rights of a token, in words for people who do not know Jeton.

use jeton_core::{
    permission::{Access, Capability, ComponentId, Permissions, capability::Row},
    time::Timestamp,
};
use maud::{Markup, html};

use super::time::time;

/// A sentence for each right, or one for a token without rights.
pub fn may(permissions: &Permissions) -> Vec<String> {
    let mut may = Vec::new();
    let (all_buckets, others): (Vec<_>, Vec<_>) =
        permissions.capabilities.rows().partition(|row| row.capability == Capability::ManageBuckets);
    may.extend(all_buckets.iter().map(|row| row.sentence.to_owned()));
    may.extend(permissions.buckets.iter().map(|(bucket, access)| match access {
        Access::Read => format!("Read bucket {bucket}."),
        Access::Write => format!("Read and write bucket {bucket}."),
    }));
    if all_buckets.is_empty() {
        may.extend(permissions.components.iter().map(|component| format!("Run component {component}.")));
    }
    may.extend(others.iter().map(|row| row.sentence.to_owned()));
    if may.is_empty() {
        may.push("Nothing except verify itself.".to_owned());
    }
    may
}

/// The rights and the expiry in a line: `May read 2 buckets and run keboola.ex-db. Cannot manage tokens. Expires on …`.
///
/// `token_form.js` writes the same while a form is filled.
pub fn summary(permissions: &Permissions, expires: Option<Timestamp>) -> Markup {
    html! {
        (in_a_line(permissions)) " "
        @match expires { Some(at) => { "Expires on " (time(at)) "." }, None => "Never expires." }
    }
}

/// The rights in a line. Several buckets or components are counted.
fn in_a_line(permissions: &Permissions) -> String {
    let mut phrases = Vec::new();
    if !permissions.has(Capability::ManageBuckets) {
        for (access, act) in [(Access::Read, "read"), (Access::Write, "write")] {
            let buckets = permissions.buckets.iter().filter(|(_, has)| **has == access);
            phrases.extend(of_ids(act, buckets.map(|(bucket, _)| bucket.as_str()), "buckets"));
        }
        phrases.extend(of_ids("run", permissions.components.iter().map(ComponentId::as_str), "components"));
    }
    phrases.extend(permissions.capabilities.rows().flat_map(phrases_of).map(str::to_lowercase));
    let may = match phrases.as_slice() {
        [] => "only verify itself".to_owned(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    };
    let tokens = if permissions.has(Capability::ManageTokens) { "" } else { " Cannot manage tokens." };
    format!("May {may}.{tokens}")
}

fn of_ids<'a>(act: &str, ids: impl Iterator<Item = &'a str>, many: &str) -> Option<String> {
    match ids.collect::<Vec<_>>()[..] {
        [] => None,
        [only] => Some(format!("{act} {only}")),
        ref several => Some(format!("{act} {} {many}", several.len())),
    }
}

/// What a capability allows, as phrases for the middle of a sentence once they are in lower case.
pub fn phrases_of(row: &Row) -> impl Iterator<Item = &'static str> {
    row.sentence.trim_end_matches('.').split(", and ")
}

#[cfg(test)]
mod tests {
    use jeton_core::permission::{BucketId, Capabilities};

    use super::*;

    #[test]
    fn a_line_names_one_bucket_or_component_and_counts_several() {
        let bucket = |id: &str| BucketId::parse(id).unwrap();
        let mut rights = Permissions::default();
        assert_eq!(in_a_line(&rights), "May only verify itself. Cannot manage tokens.");
        rights.buckets.insert(bucket("in.c-Main"), Access::Read);
        assert_eq!(in_a_line(&rights), "May read in.c-Main. Cannot manage tokens.");
        rights.buckets.insert(bucket("in.c-b"), Access::Read);
        rights.buckets.insert(bucket("out.c-c"), Access::Write);
        rights.components.insert(ComponentId::parse("keboola.ex-db").unwrap());
        let line = "May read 2 buckets, write out.c-c and run keboola.ex-db. Cannot manage tokens.";
        assert_eq!(in_a_line(&rights), line);
        let jobs = Capability::rows().find(|row| row.sentence == "Start jobs.").unwrap();
        rights.capabilities = Capabilities::of(jobs.capability);
        let line =
            "May read 2 buckets, write out.c-c, run keboola.ex-db and start jobs. Cannot manage tokens.";
        assert_eq!(in_a_line(&rights), line);
    }

    #[test]
    fn a_line_of_all_rights_does_not_name_single_ones() {
        let line = in_a_line(&Permissions::everything());
        assert!(
            line.starts_with("May read, write, create and drop every bucket, run every component, "),
            "{line}"
        );
        assert!(line.ends_with(" and start jobs.") && !line.contains("Cannot"), "{line}");
    }

    #[test]
    fn a_line_ends_with_the_expiry() {
        let at = Timestamp::from_millis(1_510_591_708_999);
        let line = summary(&Permissions::default(), Some(at)).into_string();
        assert!(
            line.contains("tokens. Expires on <time ")
                && line.ends_with("13 November 2017, 16:48 UTC</time>.")
        );
        assert!(summary(&Permissions::default(), None).into_string().ends_with("tokens. Never expires."));
    }
}
