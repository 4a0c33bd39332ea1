//! The rights of a token on the command line.

use std::collections::BTreeMap;

use clap::Args;
use jeton_client::{Capability, TokenInfo, TokenSettings};

/// What a token without rights may.
const NOTHING: &str = "nothing";

/// The kind of a token that neither is of a member nor makes tokens.
pub const LIMITED: &str = "limited";

/// What the token of a read-only member may.
const READ_ONLY: &str = "see everything, change nothing";

/// Buckets and components.
#[derive(Debug, Args)]
pub struct Scope {
    /// Grant reading of a bucket; may be given several times
    #[arg(long, value_name = "BUCKET")]
    read: Vec<String>,
    /// Grant writing of a bucket, which includes reading
    #[arg(long, value_name = "BUCKET")]
    write: Vec<String>,
    /// Grant running of a component
    #[arg(long = "component", value_name = "COMPONENT")]
    components: Vec<String>,
}

impl Scope {
    /// What was given, as settings of a token.
    pub fn settings(&self) -> TokenSettings {
        let read = self.read.iter().map(|bucket| (bucket.clone(), "read".to_owned()));
        let write = self.write.iter().map(|bucket| (bucket.clone(), "write".to_owned()));
        let buckets: BTreeMap<_, _> = read.chain(write).collect();
        TokenSettings {
            bucket_permissions: Some(buckets).filter(|buckets| !buckets.is_empty()),
            component_access: Some(self.components.clone()).filter(|components| !components.is_empty()),
            ..TokenSettings::default()
        }
    }
}

/// The kind of a token, in a word.
pub fn kind(token: &TokenInfo) -> &'static str {
    if token.is_master_token {
        "master"
    } else if is_of_reader(token) {
        "read-only"
    } else if token.capabilities.contains(Capability::ManageTokens) {
        "manager"
    } else {
        LIMITED
    }
}

/// Whether this is the token of a read-only member, which has no right that services ask about.
fn is_of_reader(token: &TokenInfo) -> bool {
    token.role.as_deref() == Some("readOnly")
}

/// Whether a token has no rights.
pub fn is_empty(token: &TokenInfo) -> bool {
    summary(token) == NOTHING
}

/// The rights of a token, on one line.
pub fn summary(token: &TokenInfo) -> String {
    if is_of_reader(token) {
        return READ_ONLY.to_owned();
    }
    let (all_buckets, others): (Vec<_>, Vec<_>) =
        token.capabilities.rows().partition(|row| row.capability == Capability::ManageBuckets);
    let mut rights: Vec<_> = all_buckets.iter().map(|row| row.short.to_owned()).collect();
    rights.extend(
        token.bucket_permissions.iter().map(|(bucket, access)| format!("{} {bucket}", access.as_str())),
    );
    rights.extend(token.component_access.iter().map(|component| format!("run {component}")));
    rights.extend(others.iter().map(|row| row.short.to_owned()));
    if rights.is_empty() { NOTHING.to_owned() } else { rights.join(", ") }
}

/// The rights of a token in a few words: buckets and components beyond the first few are counted.
pub fn brief(token: &TokenInfo) -> String {
    /// The most buckets, and the most components, that are named.
    const NAMED: usize = 3;
    let (buckets, components) = (&token.bucket_permissions, &token.component_access);
    if buckets.len() <= NAMED && components.len() <= NAMED {
        return summary(token);
    }
    let counted = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{number} {what}s")),
    };
    let (all_buckets, others): (Vec<_>, Vec<_>) =
        token.capabilities.rows().partition(|row| row.capability == Capability::ManageBuckets);
    let written = buckets.iter().filter(|(_, access)| access.as_str() == "write").count();
    let mut rights: Vec<_> = all_buckets.iter().map(|row| row.short.to_owned()).collect();
    rights.extend(counted(buckets.len(), "bucket").map(|buckets| match written {
        0 => buckets,
        written => format!("{buckets} ({written} write)"),
    }));
    rights.extend(counted(components.len(), "component"));
    rights.extend(others.iter().map(|row| row.short.to_owned()));
    rights.join(", ")
}
