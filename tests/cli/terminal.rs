//! What a terminal shows: tables in its width, colours and short rights.

use crate::remote::{Remote, json, redacted, said};

/// A server with a token for forty buckets, and one that is disabled.
fn prepared() -> Remote {
    let remote = Remote::start();
    let buckets: Vec<_> = (0..40).map(|number| format!("in.c-{number}")).collect();
    let mut arguments = vec!["-d", "Reports of all regions and products"];
    for (number, bucket) in buckets.iter().enumerate() {
        arguments.extend([if number < 12 { "--write" } else { "--read" }, bucket]);
    }
    remote.create(&arguments);
    let (id, _) = remote.create(&["-d", "Import"]);
    said(&remote.run(&["token", "disable", &id, "--yes"]));
    remote
}

/// Without colours.
fn plain(shown: &str) -> String {
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m"].iter().fold(shown.to_owned(), |text, code| text.replace(code, ""))
}

#[test]
fn rights_are_counted_on_a_terminal_and_listed_with_wide_and_in_a_pipe() {
    let remote = prepared();
    let list = ["token", "list"];
    let shown = remote.shown(200, &[], &list);
    assert!(shown.contains("40 buckets (12 write)") && !shown.contains("in.c-7"), "{shown}");
    let wide = remote.shown(200, &[], &["token", "list", "--wide"]);
    assert!(wide.contains("write in.c-7") && wide.contains("read in.c-39"), "{wide}");
    let piped = remote.run(&list);
    assert!(said(&piped).contains("read in.c-39"), "{}", piped.said);
}

#[test]
fn a_table_is_as_wide_as_the_terminal_and_shortens_texts_only() {
    let remote = prepared();
    let listed = remote.run(&["token", "list", "--json"]);
    let ids = jeton_tests::reading::pluck(
        serde_json::from_str::<Vec<serde_json::Value>>(&listed.said).unwrap().as_slice(),
        "id",
    );
    for width in [90, 100, 120] {
        let shown = plain(&remote.shown(width, &[], &["token", "list"]));
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 4, "{shown}");
        assert!(lines.iter().all(|line| line.chars().count() <= usize::from(width)), "{width}: {shown}");
        assert!(ids.iter().all(|id| shown.contains(id.as_str())), "{shown}");
    }
    assert!(plain(&remote.shown(90, &[], &["token", "list"])).contains('…'));
    // A terminal that is narrower than ids and times, and one that does not know its width.
    for width in [1, 0] {
        let shown = plain(&remote.shown(width, &[], &["token", "list"]));
        assert!(ids.iter().all(|id| shown.contains(id.as_str())), "{width}: {shown}");
    }
}

#[test]
fn names_and_counted_rights_are_told_apart_in_80_columns() {
    let remote = prepared();
    let buckets: Vec<_> = (0..40).map(|number| format!("in.c-{number}")).collect();
    for city in ["Prague", "Vienna"] {
        let description = format!("Nightly import of orders, {city}");
        let mut arguments = vec!["-d", description.as_str(), "--expires", "30d"];
        for (number, bucket) in buckets.iter().enumerate() {
            arguments.extend([if number < 12 { "--write" } else { "--read" }, bucket]);
        }
        remote.create(&arguments);
    }
    // A terminal that is too narrow for that gets longer lines.
    for width in [40, 60] {
        let shown = plain(&remote.shown(width, &[], &["token", "list"]));
        let line =
            |city: &str| shown.lines().find(|line| line.contains(city)).unwrap_or_else(|| panic!("{shown}"));
        for city in ["Prague", "Vienna"] {
            assert!(line(city).contains("40 buckets (12 write)"), "{width}: {shown}");
        }
    }
    for width in [80, 100, 120] {
        let shown = plain(&remote.shown(width, &[], &["token", "list"]));
        assert!(shown.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}: {shown}");
        for city in ["Prague", "Vienna"] {
            let line =
                shown.lines().find(|line| line.contains(city)).unwrap_or_else(|| panic!("{width}: {shown}"));
            assert!(line.contains("40 buckets (12 write)"), "{width}: {shown}");
        }
        let shown = redacted(&shown);
        let mut lines: Vec<_> = shown.lines().collect();
        lines[1..].sort_unstable();
        insta::assert_snapshot!(format!("list_in_{width}_columns"), lines.join("\n"));
    }
}

#[test]
fn long_rights_of_a_token_are_wrapped_on_a_terminal_and_one_line_elsewhere() {
    let remote = prepared();
    let tokens = remote.run(&["token", "list", "--search", "Reports", "--jq", ".[].id"]);
    let id = said(&tokens).trim_end();
    let shown = plain(&remote.shown(80, &[], &["token", "show", id]));
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!((0..40).all(|number| shown.contains(&format!("in.c-{number},")) || number == 9), "{shown}");
    for one_line in [
        remote.shown(80, &[], &["token", "show", id, "--wide"]),
        said(&remote.run(&["token", "show", id])).to_owned(),
    ] {
        let rights = one_line.lines().find(|line| line.starts_with("May:")).unwrap();
        assert!(rights.contains("in.c-0,") && rights.contains("in.c-39"), "{one_line}");
    }
}

#[test]
fn nothing_that_is_printed_is_invisible_and_json_means_the_same() {
    let remote = Remote::start();
    let hidden = "pay\u{200b}r\u{ad}o\u{2060}ll";
    let (id, _) = remote.create(&["-d", hidden]);
    for command in
        [&["token", "list"][..], &["token", "show", &id], &["token", "list", "--jq", ".[].description"]]
    {
        let ended = remote.run(command);
        assert!(said(&ended).contains("payroll"), "{:?}", ended.said);
    }
    let shown = remote.run(&["token", "show", &id, "--json"]);
    assert!(!said(&shown).contains(['\u{200b}', '\u{2060}', '\u{ad}']), "{:?}", shown.said);
    assert_eq!(json(&shown)["description"], hidden);
}

#[test]
fn colours_are_for_terminals_whose_users_want_them() {
    let remote = prepared();
    let list = ["token", "list"];
    let shown = remote.shown(150, &[], &list);
    let disabled = shown.lines().find(|line| line.contains("Import")).unwrap();
    assert!(disabled.starts_with("\u{1b}[2m"), "{shown:?}");
    let doctor = remote.shown(150, &[], &["doctor"]);
    assert!(doctor.contains("\u{1b}[32mok"), "{doctor:?}");
    assert!(!remote.shown(150, &[("NO_COLOR", "1")], &list).contains('\u{1b}'));
    assert!(remote.shown(150, &[("NO_COLOR", "")], &list).contains('\u{1b}'));
    assert!(!said(&remote.run(&list)).contains('\u{1b}'));
}

#[test]
fn a_description_steers_no_terminal() {
    let remote = Remote::start();
    remote.create(&["-d", "a\u{1b}[31mb"]);
    for arguments in [&["token", "list"][..], &["token", "events", "--project", "--export", "csv"]] {
        let shown = remote.shown(200, &[("NO_COLOR", "1")], arguments);
        assert!(shown.contains("a\u{fffd}[31mb") && !shown.contains('\u{1b}'), "{shown:?}");
        assert!(!shown.contains("\u{fffd}\r\n"), "the ends of lines are as usual: {shown:?}");
    }
}
