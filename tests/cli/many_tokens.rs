//! `jeton token list` with filters, and `disable`, `enable` and `delete` of many tokens.

use jeton_tests::{
    process::{Ended, jeton},
    reading::pluck,
    store::fresh_folder,
};
use serde_json::{Value, json};

use crate::{
    remote::{self, Remote, failed, said},
    stub::{Stub, acted, answer},
    verify,
};

fn listed(remote: &Remote, options: &[&str]) -> Vec<String> {
    let list = remote::json(&remote.run(&[&["token", "list", "--json"], options].concat()));
    pluck(list.as_array().unwrap(), "description")
}

fn counts(answer: &Value) -> [u64; 3] {
    ["changed", "unchanged", "failed"].map(|name| answer[name].as_u64().unwrap())
}

#[test]
fn list_finds_tokens_by_its_options_in_the_order_that_is_asked_for() {
    let remote = Remote::start();
    remote.create(&["-d", "Příliš", "--read", "in.c-main", "--expires", "3d"]);
    let (id, _) = remote.create(&["-d", "Reports", "--component", "keboola.ex-db"]);
    said(&remote.run(&["token", "disable", &id, "--yes"]));
    for (options, expected) in [
        (&["--search", "prilis"][..], &["Příliš"][..]),
        (&["--bucket", "in.c-main"], &["Příliš"]),
        (&["--component", "keboola.ex-db"], &["Reports"]),
        (&["--disabled"], &["Reports"]),
        (&["--disabled=false", "--never-expires=false"], &["Příliš"]),
        (&["--expires-within", "4d"], &["Příliš"]),
        (&["--expires-within", "1d"], &[]),
        (&["--unused-for", "90d"], &[]),
        (&["--creator-gone"], &[]),
        (&["--never-expires", "--sort", "-description"], &["Reports", "admin@localhost"]),
        (&["--sort=-expires", "--search", "r"], &["Reports", "Příliš"]),
    ] {
        assert_eq!(listed(&remote, options), expected, "{options:?}");
    }
    let ended = remote.run(&["token", "list", "--sort", "id"]);
    assert!(failed(&ended, 2).contains("last-used"), "{}", ended.logged);
}

#[tokio::test]
async fn many_tokens_are_disabled_enabled_and_deleted_after_a_question_and_a_dry_run_only_tells() {
    let remote = Remote::start();
    let (_, first) = remote.create(&["-d", "Import 1"]);
    let (_, second) = remote.create(&["-d", "Import 2"]);
    let both = async |status| {
        for secret in [&first, &second] {
            verify(&remote.client(), secret).await.expect(status);
        }
    };
    let dry = remote.run(&["token", "disable", "--search", "import", "--dry-run"]);
    assert!(said(&dry).contains("Import 2") && dry.said.contains("would be disabled"), "{}", dry.said);
    assert_eq!(dry.logged, "2 tokens would be disabled.\n");
    both(200).await;
    let asked = remote.run_asked("Disable 2 tokens?", "n\n", &["token", "disable", "--search", "import"]);
    assert!(asked.said.contains("nothing is changed"), "{}", asked.said);
    both(200).await;

    for (action, done, status) in
        [("disable", "disabled", 401), ("enable", "enabled", 200), ("delete", "deleted", 401)]
    {
        let ended = remote.run(&["token", action, "--search", "IMPORT"]);
        assert!(failed(&ended, 2).contains("pass --yes to confirm"), "{}", ended.logged);
        let ended = remote.run(&["token", action, "--search", "IMPORT", "--yes", "--json"]);
        assert_eq!(counts(&remote::json(&ended)), [2, 0, 0], "{action}");
        assert_eq!(ended.logged, format!("2 tokens {done}.\n"));
        both(status).await;
    }
    let none = remote.run(&["token", "delete", "--search", "import"]);
    assert_eq!((said(&none).lines().count(), none.logged.as_str()), (1, "0 tokens deleted.\n"));
    for (more, is_dry) in [("--yes", false), ("--dry-run", true)] {
        let none = remote.run(&["token", "delete", "--search", "import", "--json", more]);
        assert_eq!(remote::json(&none)["dryRun"], is_dry);
    }
}

#[tokio::test]
async fn more_tokens_than_one_call_or_one_second_takes_are_all_changed() {
    let remote = Remote::start();
    let wish = json!({"description": "many"});
    for _ in 0..350 {
        remote.client().post("/v2/storage/tokens").token(&remote.master).json(&wish).send().await.expect(201);
    }
    for action in ["disable", "enable"] {
        let ended = remote.run(&["token", action, "--search", "many", "--yes", "--json"]);
        assert_eq!(counts(&remote::json(&ended)), [350, 0, 0], "{action}");
    }
}

/// An answer that asks for later.
fn too_many(seconds: u32) -> String {
    let body = json!({"error": "There are too many changes", "code": "changes.tooMany", "status": "error"});
    answer(429, &format!("Retry-After: {seconds}\r\n"), &body.to_string())
}

fn disable(stub: &Stub, more: &[&str]) -> Ended {
    let arguments = [&["token", "disable", "--search", "import", "--yes"], more].concat();
    let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-23-jtABC"), ("JETON_RETRY_FOR", "1s")];
    jeton(&fresh_folder(), &arguments, &variables)
}

#[test]
fn what_was_changed_before_a_part_that_fails_is_told() {
    let failed = json!({"error": "It is not available", "code": "internal", "status": "error"}).to_string();
    let answers = || vec![acted(&["1", "2"], None), acted(&["1"], Some("aa")), answer(500, "", &failed)];
    let ended = disable(&Stub::answering(answers()), &[]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    assert!(ended.said.contains("Import 1") && ended.said.contains("no answer says"), "{}", ended.said);
    for part in ["1 token disabled, 1 unknown.", "run the command again", "jeton: It is not available"] {
        assert!(ended.logged.contains(part), "{part}: {}", ended.logged);
    }
    let ended = disable(&Stub::answering(answers()), &["--json"]);
    let told: Value = serde_json::from_str(&ended.said).unwrap();
    assert_eq!((counts(&told), &told["next"]), ([1, 0, 1], &Value::Null));
    // Without any there is nothing to tell.
    let answers = vec![acted(&["1"], None), answer(500, "", &failed)];
    remote::failed(&disable(&Stub::answering(answers), &[]), 1);
}

#[test]
fn each_token_of_an_action_has_an_outcome_also_where_an_answer_is_lost() {
    let ids: Vec<_> = (1..=230).map(|number| number.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    // The second call has no answer, however often it is repeated, and the third is not made.
    let mut answers = vec![acted(&ids, None), acted(&ids[..99], None)];
    answers.extend([const { String::new() }; 40]);
    let ended = disable(&Stub::answering(answers), &["--json"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    let told: Value = serde_json::from_str(&ended.said).unwrap();
    assert_eq!((counts(&told), &told["next"]), ([99, 0, 130], &Value::Null));
    let of = |error: &str| {
        told["tokens"].as_array().unwrap().iter().filter(|token| token["error"] == error).count()
    };
    assert_eq!((of("no answer says whether it is changed"), of("not reached")), (100, 30));
    for part in [
        "99 tokens disabled, 100 unknown, 30 not reached.",
        "1 token is gone",
        "the command finds the rest when it is run again",
    ] {
        assert!(ended.logged.contains(part), "{part}: {}", ended.logged);
    }
    assert!(!ended.logged.contains("Look at the list"), "{}", ended.logged);
}

#[test]
fn it_is_told_that_the_service_asks_for_later_and_not_waited_for_hours() {
    let answers = vec![acted(&["1"], None), too_many(0), acted(&["1"], None)];
    let ended = disable(&Stub::answering(answers), &[]);
    said(&ended);
    let told = "The rate limit of changes is reached. The next call is in 0 s.";
    assert!(ended.logged.contains(told), "{}", ended.logged);
    let answers = vec![acted(&["1"], None), too_many(3600)];
    let ended = disable(&Stub::answering(answers), &[]);
    assert!(remote::failed(&ended, 1).contains("There are too many changes"), "{}", ended.logged);
}

#[test]
fn tokens_that_cannot_be_changed_are_named_and_fail_the_command() {
    let remote = Remote::start();
    let (_, manager) = remote.create(&["--project", &remote.project(), "--manage-tokens", "-d", "Manager"]);
    remote.create(&["-d", "strong", "--all-buckets"]);
    let ended = remote.run_as(&manager, &["token", "disable", "--search", "strong", "--yes"]);
    // The dry run has found nothing to ask for.
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    assert!(ended.said.contains("strong"), "{}", ended.said);
    assert!(ended.logged.contains("0 tokens disabled, 1 failed."), "{}", ended.logged);
}

#[test]
fn an_id_and_options_contradict_each_other_and_neither_is_too_little() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for action in ["disable", "enable", "delete"] {
        let ended = remote.run(&["token", action, &id, "--search", "import", "--yes"]);
        assert!(failed(&ended, 2).contains("not both"), "{}", ended.logged);
        let ended = remote.run(&["token", action, &id, "--dry-run", "--yes"]);
        assert!(
            failed(&ended, 2).contains("--dry-run is for options that say which tokens"),
            "{}",
            ended.logged
        );
        for options in [&["--yes"][..], &["--dry-run"]] {
            let ended = remote.run(&[&["token", action], options].concat());
            assert!(failed(&ended, 2).contains("pass the id of a token"), "{}", ended.logged);
        }
        // As of the empty variable of a script.
        for blank in ["", " ", "\u{301}"] {
            let ended = remote.run(&["token", action, "--search", blank, "--yes"]);
            assert!(failed(&ended, 1).contains("search must not be blank"), "{}", ended.logged);
        }
    }
    assert_eq!(listed(&remote, &["--disabled=false", "--search", "import"]), ["Import"]);
    let one = remote.run_asked("Disable token", "y\n", &["token", "disable", &id]);
    assert!(one.status.success() && one.said.contains("is disabled."), "{}", one.said);
    said(&remote.run(&["token", "enable", &id, "--yes"]));
}

#[test]
fn a_number_without_a_unit_is_no_duration() {
    let remote = Remote::start();
    for words in [
        &["token", "delete", "--unused-for", "90", "--yes"][..],
        &["token", "list", "--expires-within", "7"],
        &["token", "create", "--expires", "30"],
        &["token", "events", "--project", "--since", "90"],
    ] {
        let ended = remote.run(words);
        assert!(
            failed(&ended, 2).contains("such as 7d") || ended.logged.contains("or 7d"),
            "{}",
            ended.logged
        );
    }
    said(&remote.run(&["token", "list", "--unused-for", "0"]));
}

#[tokio::test]
async fn exactly_those_tokens_that_the_question_lists_are_changed() {
    let remote = Remote::start();
    // Tokens of one second have no order: the id says which one is deleted meanwhile.
    let ids: Vec<_> = (0..23).map(|number| remote.create(&["-d", &format!("race {number}")]).0).collect();
    let late = || {
        remote.create(&["-d", "race late"]);
        let (id, _) = remote.create(&["-d", "race gone"]);
        said(&remote.run(&["token", "delete", &id, "--yes"]));
        said(&remote.run(&["token", "delete", &ids[0], "--yes"]));
    };
    let delete = ["token", "delete", "--search", "race"];
    let asked = remote.run_asked_before("Delete 23 tokens?", late, "y\n", &delete);
    assert!(asked.status.success(), "{}", asked.said);
    let (list, rest) = asked.said.split_once("  and 3 more").unwrap();
    assert_eq!(list.lines().filter(|line| line.contains("  race ")).count(), 20, "{list}");
    assert!(rest.contains("1 token is gone") && rest.contains("22 tokens deleted."), "{rest}");
    assert_eq!(listed(&remote, &["--search", "race"]), ["race late"]);
}

#[test]
fn what_a_dry_run_has_found_not_to_change_is_told_beside_what_was_changed() {
    let remote = Remote::start();
    let (_, manager) = remote.create(&["--project", &remote.project(), "--manage-tokens", "-d", "Manager"]);
    remote.create(&["-d", "mix weak"]);
    remote.create(&["-d", "mix strong", "--all-buckets"]);
    let (id, _) = remote.create(&["-d", "mix over"]);
    said(&remote.run(&["token", "disable", &id, "--yes"]));
    let ended = remote.run_as(&manager, &["token", "disable", "--search", "mix", "--yes", "--json"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    let told: Value = serde_json::from_str(&ended.said).unwrap();
    let mut outcomes = pluck(told["tokens"].as_array().unwrap(), "outcome");
    outcomes.sort_unstable();
    assert_eq!(
        (counts(&told), outcomes),
        ([1, 1, 1], vec!["changed".into(), "failed".into(), "unchanged".into()])
    );
    assert!(ended.logged.contains("1 token disabled, 1 unchanged, 1 failed."), "{}", ended.logged);
}
