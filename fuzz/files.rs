//! Files that come from elsewhere: of a move, of sealed history, of anchors, and backups.

use std::fs;

use bolero::check;
use jeton_core::time::Timestamp;
use jeton_service::{
    history::{Anchors, BadLines, Expected, verify_lines},
    relocation::{self, Bad},
};
use jeton_store_sqlite::Restoring;

#[test]
fn relocation_files() {
    check!().for_each(|bytes: &[u8]| match relocation::check(bytes) {
        Ok(parts) => {
            assert!(parts.project.closed.is_some(), "what is accepted is closed");
            assert_eq!(parts.digest, jeton_core::seal::Digest::of(bytes));
        }
        Err(Bad::File(why)) => assert!(!why.is_empty()),
        Err(Bad::Io(error)) => panic!("{error}"),
    });
}

#[test]
fn history_files() {
    let (expected, now) = (Expected::default(), Timestamp::from_millis(1_795_000_000_000));
    check!().for_each(|bytes: &[u8]| match verify_lines(bytes, &expected, now) {
        Ok(report) => assert!(!report.findings.is_empty(), "without a key nothing is as it was sealed"),
        Err(BadLines::Not(why)) => assert!(!why.is_empty()),
        Err(BadLines::Io(error)) => panic!("{error}"),
    });
}

#[test]
fn anchors() {
    check!().for_each(|bytes: &[u8]| match Anchors::parse(bytes) {
        Ok(anchors) => assert!(anchors.projects().next().is_some()),
        Err(why) => assert!(!why.is_empty()),
    });
}

#[test]
fn backups() {
    let folder = tempfile::tempdir().unwrap();
    let (backup, target) = (folder.path().join("backup"), folder.path().join("jeton.db"));
    check!().with_iterations(200).for_each(|bytes: &[u8]| {
        fs::write(&backup, bytes).unwrap();
        // Whatever has no mark, or is damaged, is refused, and nothing is where the database is to be.
        let _ = Restoring::begin(&backup, &target, None, |_| ()).map(drop);
        assert!(!target.exists());
    });
}
