//! Export files: their report of changes, and when they are appended to.

use std::{fs, os::unix::fs::PermissionsExt as _};

use jeton_service::history::{self, Expected, Finding};
use jeton_tests::store::fresh_folder;

use super::{FIRST, SECOND, Scene, day, expected};

#[tokio::test]
async fn a_file_can_be_verified_without_the_store_and_goes_on_exactly_where_it_ended() {
    let scene = Scene::sealed().await;
    let folder = fresh_folder();
    let (path, whole) = (folder.join("history.ndjson"), folder.join("whole.ndjson"));
    assert_eq!(scene.export(&path).await.unwrap(), 1);
    scene.live(2).await;
    assert_eq!(scene.export(&whole).await.unwrap(), 3);
    let bytes = fs::read(&whole).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 2);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(scene.export(&path).await.unwrap(), 0);
    for kept in (0..bytes.len()).step_by(97) {
        fs::write(&path, &bytes[..kept]).unwrap();
        scene.export(&path).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes, "cut after {kept} bytes");
    }
    let report = history::verify_file(&path, &expected(), scene.now(), |_, _| ()).unwrap();
    assert_eq!((report.days, report.findings), (3, vec![]));
    assert_eq!(report.judged, Some((day(FIRST), day("2026-01-17"))));
}

#[tokio::test]
async fn a_file_tells_every_line_that_is_changed_removed_or_there_twice() {
    let scene = Scene::sealed().await;
    scene.swept_after_midnight().await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is_found = |lines: &[&str]| {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        history::verify_file(&path, &expected(), scene.now(), |_, _| ())
            .map_or(true, |report| !report.findings.is_empty())
    };
    assert!(!is_found(&lines));
    for at in 0..lines.len() - 1 {
        let (mut without, mut twice, mut changed) = (lines.clone(), lines.clone(), lines.clone());
        without.remove(at);
        twice.insert(at, lines[at]);
        let other = lines[at].replacen(['2', 'a'], "7", 1);
        changed[at] = &other;
        for (what, lines) in [("removed", without), ("twice", twice), ("changed", changed)] {
            assert!(is_found(&lines), "line {at} {what}: {}", lines[at]);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_something_else_is_left_as_it_is() {
    let scene = Scene::sealed().await;
    let path = fresh_folder().join("notes.json");
    for text in ["my notes", "{\"my\":\"notes\"}\n", "{\"my\":\"notes\"}", "\n"] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        scene.export(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let other = Scene::sealed().await;
    fs::remove_file(&path).unwrap();
    other.export(&path).await.unwrap();
    let rejected = scene.export(&path).await.unwrap_err();
    assert!(rejected.to_string().ends_with("this is the history of another project"), "{rejected}");
}

#[tokio::test]
async fn a_beginning_or_an_end_that_is_gone_from_a_file_is_found() {
    let scene = Scene::sealed().await;
    scene.live(3).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let findings = |text: &str, expected: &Expected| {
        fs::write(&path, text).unwrap();
        history::verify_file(&path, expected, scene.now(), |_, _| ()).unwrap().findings
    };
    let of = |heads: std::ops::Range<usize>| {
        let ends: Vec<_> =
            text.match_indices("{\"head\"").map(|(at, _)| at + text[at..].find('\n').unwrap() + 1).collect();
        let from = if heads.start == 0 { 0 } else { ends[heads.start - 1] };
        text[from..ends[heads.end - 1]].to_owned()
    };
    assert_eq!(findings(&of(0..4), &expected()), []);
    assert_eq!(findings(&of(1..4), &expected()), [Finding::Beginning(day(SECOND))]);
    let last = day("2026-01-18");
    assert_eq!(findings(&of(0..3), &expected()), [Finding::Unsealed(last, last)]);
    let known = Expected { from: Some(day(SECOND)), until: Some(day("2026-01-17")), ..expected() };
    assert_eq!(findings(&of(1..3), &known), []);
    assert_eq!(findings(&of(2..3), &known), [Finding::Beginning(day("2026-01-17"))]);
}

#[tokio::test]
async fn a_file_that_was_changed_is_not_appended_to() {
    let scene = Scene::sealed().await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    scene.live(1).await;
    let text = fs::read_to_string(&path).unwrap();
    let other = Scene::sealed().await;
    for changed in [
        text.replace("\"two\"", "\"too\""),
        text.replace("\"sealed\":17", "\"sealed\":18"),
        text.replace("\"signature\":\"", "\"signature\":\"00"),
    ] {
        assert_ne!(changed, text);
        fs::write(&path, &changed).unwrap();
        scene.export(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    }
    fs::write(&path, &text).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 1);
    other.export(&path).await.unwrap_err();
    let (link, kept) = (fresh_folder().join("link"), fs::read(&path).unwrap());
    std::os::unix::fs::symlink(&path, &link).unwrap();
    scene.export(&link).await.unwrap_err();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    scene.export(&path).await.unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), kept);
    let unsealed = Scene::unsealed().await;
    let nothing = fresh_folder().join("nothing");
    let rejected = unsealed.export(&nothing).await.unwrap_err();
    assert!(rejected.to_string().contains("has no sealed day"), "{rejected}");
    assert!(!nothing.exists());
}

#[tokio::test]
async fn a_day_that_is_not_as_it_was_sealed_is_not_appended() {
    let scene = Scene::sealed().await;
    let folder = fresh_folder();
    let [path, new] = ["history.ndjson", "new.ndjson"].map(|name| folder.join(name));
    scene.export(&path).await.unwrap();
    let first_day = fs::read(&path).unwrap();
    scene.live(2).await;
    let tamper = async |from: &str, to: &str| {
        assert!(scene.place.tamper(&format!("\"{from}\""), Some((from, to))).await > 0);
    };
    tamper("daily", "dairy").await;
    for path in [&path, &new] {
        let rejected = scene.export(path).await.unwrap_err().to_string();
        assert!(rejected.contains("not as it was sealed (2026-01-16, "), "{rejected}");
        assert_eq!(fs::read(path).unwrap(), first_day);
    }
    tamper("two", "too").await;
    fs::remove_file(&new).unwrap();
    let rejected = scene.export(&new).await.unwrap_err().to_string();
    assert!(rejected.contains(&format!("({FIRST}, ")), "{rejected}");
    assert!(!new.exists(), "nothing of it is as it was sealed");
    tamper("dairy", "daily").await;
    tamper("too", "two").await;
    assert_eq!(scene.export(&path).await.unwrap(), 2);
    assert_eq!(scene.export(&path).await.unwrap(), 0);
}

#[tokio::test]
async fn each_kind_of_line_of_a_file_is_told_when_it_says_the_same_in_other_words() {
    let scene = Scene::sealed().await;
    scene.live(1).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let verified = |text: &str| {
        fs::write(&path, text).unwrap();
        history::verify_file(&path, &expected(), scene.now(), |_, _| ())
    };
    assert_eq!(verified(&text).unwrap().findings, []);
    let of_manage_tokens = r#"{"actor":{"token":null}}"#;
    for (what, changed) in [
        ("a space", text.replacen("{\"seal\":{", "{\"seal\": {", 1)),
        ("a field of a seal", text.replacen("{\"seal\":{", "{\"seal\":{\"note\":1,", 1)),
        ("a field of a head", text.replacen("{\"head\":{", "{\"head\":{\"note\":1,", 1)),
        ("a day twice", text.replacen("{\"head\":{", "{\"head\":{\"day\":\"2026-01-15\",", 1)),
        (
            "capitals",
            text.replacen("\"digest\":\"", "\"digest\":\"A", 1).replacen(
                "\"signature\":\"",
                "\"signature\":\"A",
                1,
            ),
        ),
        ("another key", text.replacen("\"key\":\"", "\"key\":\"0", 1)),
        ("lines of Windows", text.replace('\n', "\r\n")),
        ("two lines in another order", {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.swap(0, 1);
            lines.join("\n") + "\n"
        }),
        ("an empty line", text.replacen('\n', "\n\n", 1)),
        ("an event of nobody", format!("{of_manage_tokens}\n{text}")),
        ("no line", text.replacen("{\"head\":", "nonsense", 1)),
    ] {
        assert_ne!(changed, text, "{what}");
        let report = verified(&changed);
        assert!(report.is_err() || !report.unwrap().findings.is_empty(), "{what}");
    }
    assert!(verified(text.trim_end()).is_err(), "the end of the last line is gone");
    let spoilt = text.replacen("\"seals\":2,", "\"seals\":two,", 1);
    let report = verified(&spoilt).unwrap();
    assert_eq!(report.days, 1, "the other day is judged");
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::Line(..))), "{report:?}");
}

#[tokio::test]
async fn an_export_is_not_appended_to_a_file_that_lost_its_beginning_or_has_a_foreign_end() {
    let scene = Scene::sealed().await;
    scene.live(2).await;
    let path = fresh_folder().join("history.ndjson");
    scene.export(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    scene.live(1).await;
    let second = text.find("{\"head\"").map(|at| at + text[at..].find('\n').unwrap() + 1).unwrap();
    for (changed, why) in [
        (text[second..].to_owned(), "its beginning is gone"),
        (format!("{text}my notes"), "other content after its complete days"),
        (format!("{text}my notes\n"), "other content after its complete days"),
        (format!("{text}{{\"my\":\"notes\"}}\n"), "other content after its complete days"),
        (text.replacen("{\"seal\":{", "{\"seal\": {", 1), "not in the format of Jeton"),
    ] {
        fs::write(&path, &changed).unwrap();
        let rejected = scene.export(&path).await.unwrap_err().to_string();
        assert!(rejected.contains(why), "{rejected}");
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    }
    fs::write(&path, &text).unwrap();
    assert_eq!(scene.export(&path).await.unwrap(), 1);
}
