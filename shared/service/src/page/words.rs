//! What a token may do, in words for people who have never heard of Jeton.

use jeton_core::permission::{Access, Permissions};

/// One sentence for each right; one that says so when there is none.
pub fn may(permissions: &Permissions) -> Vec<String> {
    let mut may = Vec::new();
    if permissions.manage_buckets {
        may.push("Read, write, create and drop every bucket, and run every component.".to_owned());
    }
    may.extend(permissions.buckets.iter().map(|(bucket, access)| match access {
        Access::Read => format!("Read bucket {bucket}."),
        Access::Write => format!("Read and write bucket {bucket}."),
    }));
    if !permissions.manage_buckets {
        may.extend(permissions.components.iter().map(|component| format!("Run component {component}.")));
    }
    let flags = [
        (permissions.manage_tokens, "Create and manage other tokens."),
        (permissions.read_all_file_uploads, "Read all uploaded files."),
        (permissions.purge_trash, "Empty the trash."),
        (permissions.create_jobs, "Start jobs."),
    ];
    may.extend(flags.into_iter().filter(|(granted, _)| *granted).map(|(_, sentence)| sentence.to_owned()));
    if may.is_empty() {
        may.push("Nothing but say who it is.".to_owned());
    }
    may
}
