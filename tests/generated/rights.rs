//! A capability is one row of a table: no other file names it, and its stored form stays the same.

use std::{fmt::Write as _, fs, path::Path};

use jeton_core::permission::{
    Access, BucketId, Capabilities, Capability, ComponentId, Permissions, capability::TABLE,
};
use jeton_tests::program;

/// How many production files may name one capability without a meaning beyond its row.
const FILES: usize = 4;

/// The stored JSON of earlier versions, byte for byte.
const NOTHING: &str = r#"{"buckets":{},"components":[],"manageBuckets":false,"manageTokens":false,"readAllFileUploads":false,"purgeTrash":false,"createJobs":false}"#;
const SOME: &str = r#"{"buckets":{"in.c-a":"write","in.c-b":"read"},"components":["b","x.y"],"manageBuckets":false,"manageTokens":false,"readAllFileUploads":true,"purgeTrash":true,"createJobs":false}"#;
const MANAGER: &str = r#"{"buckets":{},"components":["x.y"],"manageBuckets":true,"manageTokens":true,"readAllFileUploads":false,"purgeTrash":true,"createJobs":false}"#;
const EVERYTHING: &str = r#"{"buckets":{},"components":[],"manageBuckets":true,"manageTokens":true,"readAllFileUploads":true,"purgeTrash":true,"createJobs":true}"#;

#[test]
fn rights_that_earlier_builds_stored_are_read_and_written_to_the_letter() {
    let read = |text| serde_json::from_str::<Permissions>(text).unwrap();
    for stored in [NOTHING, SOME, MANAGER, EVERYTHING] {
        // A capability that is newer than the sample follows, and is not granted.
        let younger = TABLE.iter().filter(|row| !stored.contains(&format!("\"{}\"", row.word)));
        let mut expected = stored.strip_suffix('}').unwrap().to_owned();
        for row in younger {
            write!(expected, ",\"{}\":false", row.word).unwrap();
        }
        expected.push('}');
        assert_eq!(serde_json::to_string(&read(stored)).unwrap(), expected);
    }
    assert_eq!(read(NOTHING), Permissions::default());
    let bucket = |name| BucketId::parse(name).unwrap();
    let some = Permissions {
        buckets: [(bucket("in.c-a"), Access::Write), (bucket("in.c-b"), Access::Read)].into(),
        components: ["b", "x.y"].map(|id| ComponentId::parse(id).unwrap()).into(),
        capabilities: Capabilities::of(Capability::ReadAllFileUploads).with(Capability::PurgeTrash),
    };
    assert_eq!(read(SOME), some);
}

#[test]
fn a_capability_is_named_by_its_row_alone_so_iterate_the_table_rather_than_name_one() {
    let meaning = [Capability::ManageBuckets, Capability::ManageTokens];
    let mut files = Vec::new();
    for folder in ["shared", "functions", "client", "cli", "infra"] {
        sources(&program::root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "the sources are not where they are looked for");
    for capability in Capability::ALL.into_iter().filter(|capability| !meaning.contains(capability)) {
        // `purgeTrash`, `PurgeTrash`, `purge_trash` and `canPurgeTrash` are one name.
        let name = capability.row().word.to_lowercase();
        let naming: Vec<_> =
            files.iter().filter(|(_, text)| text.contains(&name)).map(|(at, _)| at).collect();
        assert!(
            naming.len() <= FILES,
            "{name} is named by {naming:#?}; what these decide by hand belongs into a column of \
             shared/core/src/permission/capability.rs"
        );
    }
}

/// The sources below a folder, each in lower case and without `_`.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "js") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text.to_lowercase().replace('_', "")));
        }
    }
}
