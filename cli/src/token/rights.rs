//! What a token may do, as people type and read it.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use jeton_client::TokenInfo;

/// Buckets and components.
#[derive(Debug, Args)]
pub struct Scope {
    /// A bucket it may read; may be given several times
    #[arg(long, value_name = "BUCKET")]
    read: Vec<String>,
    /// A bucket it may write, and so read
    #[arg(long, value_name = "BUCKET")]
    write: Vec<String>,
    /// A component it may run
    #[arg(long = "component", value_name = "COMPONENT")]
    components: Vec<String>,
}

impl Scope {
    /// The buckets, none when none is named.
    pub fn buckets(&self) -> Option<BTreeMap<String, String>> {
        let read = self.read.iter().map(|bucket| (bucket.clone(), "read".to_owned()));
        let write = self.write.iter().map(|bucket| (bucket.clone(), "write".to_owned()));
        Some(read.chain(write).collect()).filter(|buckets: &BTreeMap<_, _>| !buckets.is_empty())
    }

    /// The components, none when none is named.
    pub fn components(&self) -> Option<BTreeSet<String>> {
        Some(self.components.iter().cloned().collect())
            .filter(|components: &BTreeSet<_>| !components.is_empty())
    }
}

/// What a token is among the others of its project.
pub fn kind(token: &TokenInfo) -> &'static str {
    if token.is_master_token {
        "master"
    } else if token.can_manage_tokens {
        "manager"
    } else {
        "limited"
    }
}

/// What a token may do, in a line.
pub fn summary(token: &TokenInfo) -> String {
    let mut rights = Vec::new();
    if token.can_manage_buckets {
        rights.push("all buckets and components".to_owned());
    }
    rights.extend(token.bucket_permissions.iter().map(|(bucket, access)| format!("{access} {bucket}")));
    rights.extend(token.component_access.iter().map(|component| format!("run {component}")));
    let flags = [
        (token.can_manage_tokens, "tokens"),
        (token.can_read_all_file_uploads, "files"),
        (token.can_purge_trash, "trash"),
        (token.can_create_jobs, "jobs"),
    ];
    rights.extend(flags.into_iter().filter(|(granted, _)| *granted).map(|(_, name)| name.to_owned()));
    if rights.is_empty() { "nothing".to_owned() } else { rights.join(", ") }
}
