//! The rights of a token, in words for people who do not know Jeton.

use jeton_core::{
    permission::{Access, Capabilities, Capability, ComponentId, Permissions, capability::Row},
    time::Timestamp,
    token::{Identity, Kind},
};
use maud::{Markup, html};

use super::time::time;

/// What a read-only member may do.
pub const READ_ONLY: &str = "See everything in this project except secrets, and change nothing.";

/// What a page says of a code that is none.
pub const NOT_SIX_DIGITS: &str =
    "The code has six digits. What you entered was not counted: check it, and enter it again.";

/// The same in few words.
const READ_ONLY_SHORT: &str = "See everything, change nothing";

/// A sentence for each right of a token. That of a read-only member has none that services ask about, and reads the whole project.
pub fn may(identity: &Identity) -> Vec<String> {
    match identity.kind {
        Kind::Reader(_) => vec![READ_ONLY.to_owned()],
        _ => may_with(&identity.permissions),
    }
}

/// A sentence for each of these rights, or one if there is none.
pub fn may_with(permissions: &Permissions) -> Vec<String> {
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

/// The longest list that is shown as a whole, and how much is shown of a longer one.
const WHOLE_LIST: usize = 12;
const BEGINNING: usize = 10;

/// A list of rights. Hundreds of them are opened by a click.
pub fn list(rights: &[String]) -> Markup {
    let (first, others) = rights.split_at(if is_long(rights) { BEGINNING } else { rights.len() });
    html! {
        ul { @for right in first { li { (right) } } }
        @if !others.is_empty() {
            details.more {
                summary { "Show " (number(others.len() as u64)) " more" }
                ul { @for right in others { li { (right) } } }
            }
        }
    }
}

/// The rights as a mail lists them, above its button: of a long list its beginning, and how many are behind the link.
pub fn beginning(mut rights: Vec<String>) -> Vec<String> {
    if is_long(&rights) {
        let others = rights.split_off(BEGINNING).len();
        rights.push(format!("{}, which the page of the link lists.", counted(others as u64, "more right")));
    }
    rights
}

/// Whether a list is too long to be shown as a whole.
pub const fn is_long(rights: &[String]) -> bool {
    rights.len() > WHOLE_LIST
}

/// The rights and the expiry of a token in a line: `May read 2 buckets and run keboola.ex-db. Cannot manage tokens. Expires on …`.
///
/// `token_form.js` writes the same while a form is filled.
pub fn summary(identity: &Identity) -> Markup {
    let may = match identity.kind {
        Kind::Reader(_) => format!("{READ_ONLY_SHORT}."),
        _ => in_a_line(&identity.permissions),
    };
    html! { (may) " " (expiry(identity.expires)) }
}

fn expiry(expires: Option<Timestamp>) -> Markup {
    html! {
        @match expires { Some(at) => { "Expires on " (time(at)) "." }, None => "Never expires." }
    }
}

/// The rights in a line. Several buckets or components are counted.
fn in_a_line(permissions: &Permissions) -> String {
    let mut phrases = Vec::new();
    if !permissions.has(Capability::ManageBuckets) {
        phrases.extend(single(permissions));
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

/// The single buckets and components.
fn single(permissions: &Permissions) -> impl Iterator<Item = String> {
    let buckets = |access: Access, act| {
        let buckets = permissions.buckets.iter().filter(|(_, has)| **has == access);
        of_ids(act, buckets.map(|(bucket, _)| bucket.as_str()), "buckets")
    };
    let components = permissions.components.iter().map(ComponentId::as_str);
    let all = [
        buckets(Access::Read, "read"),
        buckets(Access::Write, "write"),
        of_ids("run", components, "components"),
    ];
    all.into_iter().flatten()
}

/// How many rights are named in few words.
const FEW: usize = 3;

/// The rights of a token in few words, for a list: three at most.
pub fn few(identity: &Identity) -> String {
    match identity.kind {
        Kind::Reader(_) => READ_ONLY_SHORT.to_owned(),
        _ => few_of(&identity.permissions),
    }
}

fn few_of(permissions: &Permissions) -> String {
    let mut words = Vec::new();
    if !permissions.has(Capability::ManageBuckets) {
        words.extend(single(permissions));
    }
    words.extend(permissions.capabilities.rows().map(|row| row.short.to_owned()));
    if permissions.capabilities == Capabilities::ALL {
        words = vec!["everything".to_owned()];
    }
    let more = words.len().saturating_sub(FEW);
    if more > 1 {
        words.truncate(FEW);
        words.push(format!("{more} more"));
    }
    let text = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An edit of rights as a sentence: what it takes away, and what it adds. Beyond a few, rights are counted.
pub fn change(before: &Permissions, after: &Permissions) -> String {
    let missing = |from: &Permissions, of: &Permissions| {
        let grants = from.grants().into_iter().filter(|ask| !ask.allowed(of));
        rights(&grants.map(|ask| ask.to_string()).collect::<Vec<_>>())
    };
    match (missing(before, after), missing(after, before)) {
        (None, None) => "changes no right.".to_owned(),
        (Some(lost), None) => format!("takes away {lost}. It adds none."),
        (None, Some(gained)) => format!("adds {gained}. It takes none away."),
        (Some(lost), Some(gained)) => format!("takes away {lost}, and adds {gained}."),
    }
}

/// How many rights a sentence names.
const NAMED: usize = 8;

fn rights(rights: &[String]) -> Option<String> {
    let (named, others) = rights.split_at(if rights.len() > NAMED + 1 { NAMED } else { rights.len() });
    let mut phrases = named.to_vec();
    if !others.is_empty() {
        phrases.push(format!("{} others", others.len()));
    }
    let all = match phrases.as_slice() {
        [] => return None,
        [only] => return Some(format!("the right to {only}")),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    };
    Some(format!("the rights to {all}"))
}

/// A number with commas between its thousands.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A number with its noun, such as `1,200 calls`.
pub fn counted(of: u64, one: &str) -> String {
    format!("{} {one}{}", number(of), if of == 1 { "" } else { "s" })
}

/// A number of questions together with what counts like them: `5 questions and calls`.
pub fn questions_and(count: u64, other: &str) -> String {
    if count == 1 {
        format!("1 question or {other}")
    } else {
        format!("{} questions and {other}s", number(count))
    }
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
    use jeton_core::permission::BucketId;

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
    fn few_words_name_three_rights_and_count_the_others() {
        let mut rights = Permissions::default();
        assert_eq!(few_of(&rights), "None");
        rights.buckets.insert(BucketId::parse("in.c-a").unwrap(), Access::Write);
        rights.components.insert(ComponentId::parse("x.y").unwrap());
        let of = |short: &str| Capability::rows().find(|row| row.short == short).unwrap().capability;
        rights.capabilities = Capabilities::of(of("jobs"));
        assert_eq!(few_of(&rights), "Write in.c-a, run x.y, jobs");
        rights.buckets.insert(BucketId::parse("in.c-b").unwrap(), Access::Read);
        assert_eq!(few_of(&rights), "Read in.c-b, write in.c-a, run x.y, jobs");
        rights.capabilities = rights.capabilities.with(of("trash"));
        assert_eq!(few_of(&rights), "Read in.c-b, write in.c-a, run x.y, 2 more");
        rights.capabilities = Capabilities::of(Capability::ManageBuckets);
        assert_eq!(few_of(&rights), "All buckets and components");
        assert_eq!(few_of(&Permissions { capabilities: Capabilities::ALL, ..rights }), "Everything");
    }

    #[test]
    fn a_change_says_what_it_takes_away_and_what_it_adds_and_counts_beyond_a_few() {
        let with = |buckets: &[(String, Access)]| Permissions {
            buckets: buckets.iter().map(|(id, access)| (BucketId::parse(id).unwrap(), *access)).collect(),
            ..Permissions::default()
        };
        let bucket = |id: &str, access| (id.to_owned(), access);
        let (reads, writes) = (with(&[bucket("in.a", Access::Read)]), with(&[bucket("in.a", Access::Write)]));
        let other = with(&[bucket("in.b", Access::Read), bucket("in.c", Access::Read)]);
        assert_eq!(change(&writes, &writes), "changes no right.");
        assert_eq!(change(&writes, &reads), "takes away the right to write bucket in.a. It adds none.");
        assert_eq!(change(&reads, &writes), "adds the right to write bucket in.a. It takes none away.");
        let both = "takes away the right to read bucket in.a, and adds the rights to read bucket in.b and read bucket in.c.";
        assert_eq!(change(&reads, &other), both);
        let many = |count: usize| {
            let buckets: Vec<_> = (0..count).map(|n| bucket(&format!("in.c-{n}"), Access::Read)).collect();
            change(&with(&buckets), &Permissions::default())
        };
        assert!(many(9).ends_with("read bucket in.c-7 and read bucket in.c-8. It adds none."), "{}", many(9));
        assert!(many(12).ends_with("read bucket in.c-5 and 4 others. It adds none."), "{}", many(12));
    }

    #[test]
    fn a_number_of_questions_and_others_does_not_say_how_many_of_each() {
        let said = [0, 1, 1204].map(|count| questions_and(count, "call"));
        assert_eq!(said, ["0 questions and calls", "1 question or call", "1,204 questions and calls"]);
    }

    #[test]
    fn numbers_have_commas_and_nouns_their_plural() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "call"), counted(0, "call")], ["1 call", "0 calls"]);
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
        assert!(expiry(Some(at)).into_string().ends_with("13 November 2017, 16:48 UTC</time>."));
        assert_eq!(expiry(None).into_string(), "Never expires.");
    }
}
