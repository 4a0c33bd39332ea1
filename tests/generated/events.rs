//! The table of events in docs/reference/events.md, from the kinds in the code; checks that a test names each of them.

use std::{fs, path::Path};

use jeton_core::event::{
    QUERY_EXAMPLES,
    names::{EventKind, KINDS},
    query_fields,
};
use jeton_tests::{copy, program};

#[test]
fn every_kind_of_event_is_in_the_reference_with_its_params() {
    let rows: Vec<_> = KINDS.iter().map(row).collect();
    let head = "| event | `type` | when | `params` |\n| --- | --- | --- | --- |";
    copy::is_part(
        "docs/reference/events.md",
        "<!-- table: events -->",
        "<!-- end -->",
        &format!("{head}\n{}", rows.join("\n")),
    );
}

#[test]
fn the_reference_shows_the_search_by_examples() {
    let rows: Vec<_> =
        QUERY_EXAMPLES.iter().map(|(query, finds)| format!("| `{query}` | {finds} |")).collect();
    copy::is_part(
        "docs/reference/events.md",
        "<!-- table: search examples -->",
        "<!-- end -->",
        &format!("| search | finds |\n| --- | --- |\n{}", rows.join("\n")),
    );
}

#[test]
fn every_field_of_the_search_is_in_the_reference() {
    let rows: Vec<_> = query_fields().map(|(name, about)| format!("| `{name}` | {about} |")).collect();
    copy::is_part(
        "docs/reference/events.md",
        "<!-- table: search fields -->",
        "<!-- end -->",
        &format!("| field | what it holds |\n| --- | --- |\n{}", rows.join("\n")),
    );
}

fn row(kind: &EventKind) -> String {
    let EventKind { name, r#type, about, params } = kind;
    let params = params.iter().map(|param| match param.about {
        "" => format!("`{}`", param.name),
        about => format!("`{}` ({about})", param.name),
    });
    let params = params.collect::<Vec<_>>().join(", ");
    format!("| `{name}` | {} | {about} | {params} |", r#type.as_str())
}

#[test]
fn a_test_names_every_kind_of_event() {
    let root = program::root();
    let mut tested = String::new();
    for folder in ["tests", "shared/core/src", "shared/service/src"] {
        read(&root.join(folder), &mut tested);
    }
    let untested: Vec<_> =
        KINDS.iter().filter(|kind| !tested.contains(kind.name)).map(|kind| kind.name).collect();
    assert!(untested.is_empty(), "no test names {untested:?}");
}

/// The text of every test below a folder, without this one and snapshots.
fn read(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            if !entry.ends_with("tests/generated") {
                read(&entry, into);
            }
        } else if entry.extension().is_some_and(|kind| kind == "rs") && !entry.ends_with("event/names.rs") {
            into.push_str(&fs::read_to_string(&entry).unwrap());
        }
    }
}
