//! The rights of a token, in words for people who do not know Jeton.

use jeton_core::permission::{Access, Capability, Permissions};

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
