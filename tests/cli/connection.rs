//! Connection settings of commands: the URL and the token.

use std::{fs, os::unix::fs::PermissionsExt as _};

use jeton_tests::{
    process::{jeton, jeton_asks},
    random::mistyped,
    store::fresh_folder,
};

use crate::{
    home::Home,
    remote::{Remote, failed, said},
    stub::{Stub, answer},
};

#[test]
fn the_token_comes_from_a_file_or_from_standard_input() {
    let remote = Remote::start();
    let file = remote.file("token", &format!("{}\n", remote.master));
    assert!(said(&remote.run_given("", &["token", "verify", "--token-file", &file])).contains("master"));
    let given = remote.run_given(&format!("{}\n", remote.master), &["token", "verify", "--token-file", "-"]);
    assert!(said(&given).contains("master"));
}

#[test]
fn without_a_token_it_says_where_one_belongs() {
    let remote = Remote::start();
    assert!(failed(&remote.run_given("", &["token", "list"]), 2).contains("set JETON_TOKEN to a token"));
    let members = remote.run_given("", &["member", "list", "--project", "1"]);
    assert!(failed(&members, 2).contains("set JETON_MANAGE_TOKEN to a token"));
    let empty = remote.run_given("\n", &["token", "list", "--token-file", "-"]);
    assert!(failed(&empty, 2).contains("there is no token in -"), "{}", empty.logged);
    let missing = remote.run_given("", &["token", "list", "--token-file", "absent"]);
    assert!(failed(&missing, 1).contains("absent"), "{}", missing.logged);
}

#[test]
fn no_option_takes_a_token_since_everyone_on_the_machine_sees_arguments() {
    let remote = Remote::start();
    let ended = remote.run_given("", &["token", "list", "--token", &remote.master]);
    failed(&ended, 2);
}

#[test]
fn an_address_without_a_jeton_is_told_as_that() {
    let folder = fresh_folder();
    let list = |url| jeton(&folder, &["token", "verify"], &[("JETON_URL", url), ("JETON_TOKEN", "1-2-jtx")]);
    // Nothing listens on the discard port.
    let nobody = list("http://127.0.0.1:9");
    assert!(failed(&nobody, 1).contains("http://127.0.0.1:9 cannot be reached"), "{}", nobody.logged);
    assert!(nobody.logged.contains("JETON_URL"), "{}", nobody.logged);
    for url in ["/v2/storage", "ftp://127.0.0.1"] {
        assert!(failed(&list(url), 1).contains("invalid URL of Jeton: it must start with http://"));
    }
}

#[test]
fn no_failure_repeats_the_token() {
    let remote = Remote::start();
    let wrong = "1-2-jtABCDEFGH\u{e9}";
    let ended = remote.run_as(wrong, &["token", "verify"]);
    assert!(!ended.logged.contains("jtABCDEFGH"), "{}", ended.logged);
    assert_ne!(ended.status.code(), Some(0));
}

#[test]
fn an_address_with_a_password_is_rejected_and_not_repeated() {
    let folder = fresh_folder();
    let list = |url| jeton(&folder, &["token", "verify"], &[("JETON_URL", url), ("JETON_TOKEN", "1-2-jtx")]);
    for url in
        ["http://ada:hunter2@127.0.0.1:9", "http://127.0.0.1:9/?key=hunter2", "http://127.0.0.1:9/#hunter2"]
    {
        let rejected = list(url);
        assert!(failed(&rejected, 1).contains("invalid URL of Jeton"), "{}", rejected.logged);
        assert!(!rejected.logged.contains("hunter2"), "{}", rejected.logged);
    }
}

#[test]
fn an_address_that_ends_in_the_path_of_the_api_is_understood() {
    let remote = Remote::start();
    for end in ["/v2/storage", "/v2/storage/", "/"] {
        said(&remote.run_over(&format!("{}{end}", remote.url()), &["token", "verify"]));
    }
}

#[test]
fn plain_http_needs_no_certificates_and_https_says_that_it_does() {
    let remote = Remote::start();
    let folder = fresh_folder();
    let verify = |url: &str| {
        let none = folder.join("none").to_str().unwrap().to_owned();
        let places = [("SSL_CERT_FILE", none.as_str()), ("SSL_CERT_DIR", none.as_str())];
        let own = [("JETON_URL", url), ("JETON_TOKEN", remote.master.as_str())];
        jeton(&folder, &["token", "verify"], &[&places[..], &own].concat())
    };
    said(&verify(remote.url()));
    let rejected = verify("https://127.0.0.1:9");
    assert!(failed(&rejected, 1).contains("no CA certificates"), "{}", rejected.logged);
}

#[test]
fn a_token_of_the_wrong_kind_is_told_as_that() {
    let remote = Remote::start();
    let project = remote.project();
    let manage = remote.run_as(remote.manage(), &["token", "verify"]);
    assert_eq!(
        failed(&manage, 2),
        "jeton: JETON_TOKEN holds a manage token, but this command needs a storage token\n"
    );
    let file = remote.file("token", &remote.master);
    let members = ["member", "list", "--project", &project, "--token-file", &file];
    let storage = remote.run_given("", &members);
    let said = failed(&storage, 2);
    assert!(
        said.contains(&format!("{file} holds a storage token, but this command needs a manage token")),
        "{said}"
    );
    assert!(!said.contains(&remote.master[10..]) && !manage.logged.contains(&remote.manage()[8..]));
}

#[test]
fn a_token_file_that_others_can_read_is_warned_of() {
    let remote = Remote::start();
    let file = remote.file("token", &remote.master);
    for (mode, who) in [(0o644, Some("everyone")), (0o640, Some("its group")), (0o600, None), (0o400, None)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let ended = remote.run_given("", &["token", "verify", "--token-file", &file]);
        said(&ended);
        match who {
            Some(who) => {
                assert!(ended.logged.contains(&format!("warning: {who} on this machine can read {file}")));
            }
            None => assert_eq!(ended.logged, "", "{mode:o}"),
        }
    }
}

#[test]
fn an_address_of_a_page_or_of_a_path_of_the_api_is_told_as_that() {
    let remote = Remote::start();
    for end in ["/V2/Storage", "/v2/Storage/"] {
        said(&remote.run_over(&format!("{}{end}", remote.url()), &["token", "verify"]));
    }
    for end in [
        "/v2/storage/tokens",
        "/v2/storage/tokens/verify",
        "/V2/STORAGE/tokens/",
        "/v2",
        "/console",
        "/Console/projects/1/tokens",
        "/manage",
        "/manage/tokens",
        "/docs",
        "/pickup/x",
        "/outbox",
    ] {
        let rejected = remote.run_over(&format!("{}{end}", remote.url()), &["token", "verify"]);
        let wanted = format!("use {}", remote.url());
        assert!(failed(&rejected, 1).contains("invalid URL of Jeton"), "{end}: {}", rejected.logged);
        assert!(rejected.logged.contains(&wanted), "{end}: {}", rejected.logged);
    }
}

#[test]
fn a_token_is_read_however_it_was_pasted_and_what_is_none_is_told_as_that() {
    let remote = Remote::start();
    let verify = ["token", "verify"];
    let master = &remote.master;
    for written in [
        format!("\u{feff}{master}\r\n"),
        format!("\"{master}\""),
        format!("'{master}'\n"),
        format!("  \u{201c}{master}\u{201d} "),
        format!("Bearer {master}"),
        format!("JETON_TOKEN={master}\n"),
        format!("export JETON_TOKEN='{master}'\n"),
        format!("X-StorageApi-Token: {master}"),
    ] {
        said(&remote.run_as(&written, &verify));
        let file = remote.file("token", &written);
        said(&remote.run_given("", &["token", "verify", "--token-file", &file]));
    }
    for wrong in ["hello", "123", "{\"token\": \"x\"}", "JETON_TOKEN=", "Bearer", "1-2-jtx 3-4-jty"] {
        let rejected = remote.run_as(wrong, &verify);
        let told = failed(&rejected, 2);
        assert!(told.contains("JETON_TOKEN holds") && told.contains("not a token"), "{wrong}: {told}");
        assert!(!told.contains("Invalid access token") && !told.contains("jty"), "{told}");
    }
    let two = remote.file("two", &format!("{master}\n{master}x\n"));
    let rejected = remote.run_given("", &["token", "verify", "--token-file", &two]);
    assert!(failed(&rejected, 2).contains("not a token"), "{}", rejected.logged);
    // Anything in the form of a token is looked up.
    let rejected = remote.run_as(&mistyped(master), &verify);
    assert!(failed(&rejected, 3).contains("Invalid access token"), "{}", rejected.logged);
}

#[test]
fn a_call_whose_answer_is_lost_may_have_been_carried_out_unless_it_is_a_read() {
    let remote = Remote::start();
    let cut = || Stub::answering(vec![String::new(); 3]);
    // It is gone afterwards, and not waited for.
    let run_over = |stub: Stub, words: &[&str]| {
        let variables = [
            ("JETON_URL", stub.url()),
            ("JETON_TOKEN", remote.master.as_str()),
            ("JETON_MANAGE_TOKEN", "jtm-1-abc"),
            ("JETON_RETRY_FOR", "1s"),
        ];
        jeton(remote.folder(), words, &variables)
    };
    let share = "0123456789abcdef";
    for (words, what_to_do) in [
        (&["token", "create"][..], "the secret in its answer is lost"),
        (&["token", "refresh", "5", "--yes"], "the secret in its answer is lost"),
        (
            &["token", "share", "5", "eve@example.org"],
            "the pending shares before you repeat it: each time sends a mail.",
        ),
        (
            &["token", "send-share", "5", share],
            "the pending shares before you repeat it: each time sends a mail.",
        ),
        (&["token", "share", "5", "eve@example.org", "--separate-code"], "the code in its answer is lost"),
        (&["token", "send-share", "5", share, "--separate-code"], "the code in its answer is lost"),
        (
            &["member", "invite", "--project", "1", "eve@example.org"],
            "the invitations and the members of the project before you repeat it: each time sends a mail.",
        ),
        (
            &["member", "send-again", "--project", "1", "5"],
            "the invitations and the members of the project before you repeat it: each time sends a mail.",
        ),
        (&["token", "update", "5", "-d", "x"], "It can be repeated as it is: it sets the same state."),
        (
            &["token", "withdraw-share", "5", share],
            "`not found` then says that it was withdrawn, or picked up before: look at the copies of the token.",
        ),
        (
            &["member", "withdraw", "--project", "1", "5"],
            "`not found` then says that it was withdrawn, or accepted before: look at the members of the project.",
        ),
    ] {
        let told = run_over(cut(), words);
        let told = failed(&told, 1);
        assert!(told.contains("may have carried out the call") && told.contains(what_to_do), "{told}");
        for lost in ["the secret in", "the code in"] {
            assert_eq!(told.contains(lost), what_to_do.starts_with(lost), "{told}");
        }
        assert!(words[0] == "token" || !told.contains("share"), "{told}");
    }
    for words in [&["token", "list"][..], &["token", "disable", "--search", "x", "--dry-run"]] {
        let told = run_over(cut(), words);
        assert!(failed(&told, 1).contains("cannot be reached"), "{}", told.logged);
    }
}

#[test]
fn a_call_that_another_program_answers_with_success_may_have_been_carried_out() {
    for (status, page, words) in [
        (200, "<html>", &["token", "update", "5", "-d", "x"][..]),
        (200, "<html>", &["token", "withdraw-share", "5", "0123456789abcdef"]),
        (201, "<html>", &["token", "create"]),
        (201, "", &["token", "create"]),
        (201, "{}", &["token", "create"]),
    ] {
        let stub = Stub::answering(vec![answer(status, "Content-Type: text/html\r\n", page)]);
        let ended = jeton(&fresh_folder(), words, &[("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc")]);
        let told = failed(&ended, 1);
        assert!(told.contains("may have carried out the call"), "{words:?}: {told}");
        assert!(told.contains("is not one of Jeton"), "{words:?}: {told}");
    }
}

#[test]
fn a_share_whose_answer_has_no_code_though_one_was_asked_for_may_have_been_sent() {
    let share = ["token", "share", "5", "eve@example.org"];
    let send = ["token", "send-share", "5", "0123456789abcdef"];
    for words in [share, send] {
        let run = |more: &[&str]| {
            let stub = Stub::answering(vec![answer(204, "X-Request-Id: 5\r\n", "")]);
            let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc")];
            jeton(&fresh_folder(), &[&words[..], more].concat(), &variables)
        };
        let ended = run(&["--separate-code"]);
        let told = failed(&ended, 1);
        assert!(told.contains("its answer is lost: no code in the answer"), "{told}");
        assert!(told.contains("the code in its answer is lost: send the share again"), "{told}");
        said(&run(&[]));
    }
}

#[test]
fn a_success_of_another_program_without_a_body_changes_nothing_as_far_as_one_knows() {
    for (words, what) in [
        (&["token", "share", "5", "eve@example.org"][..], "look at the pending shares"),
        (&["token", "send-share", "5", "0123456789abcdef"], "look at the pending shares"),
        (&["token", "withdraw-share", "5", "0123456789abcdef"], "it can be repeated as it is"),
        (&["member", "invite", "--project", "1", "eve@example.org"], "look at the invitations"),
        (&["manage-token", "delete", "1", "--yes"], "it can be repeated as it is"),
    ] {
        let stub = Stub::answering(vec![answer(204, "", "")]);
        let variables =
            [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc"), ("JETON_MANAGE_TOKEN", "jtm-1-abc")];
        let ended = jeton(&fresh_folder(), words, &variables);
        let told = failed(&ended, 1);
        assert!(told.contains("without the header x-request-id"), "{words:?}: {told}");
        assert!(told.to_lowercase().contains(what), "{words:?}: {told}");
    }
}

/// A service that is not available at first, for longer than nothing is said about it.
fn restarting() -> Stub {
    let away = answer(503, "Retry-After: 2\r\n", r#"{"error": "Away", "code": "serviceUnavailable"}"#);
    Stub::answering(vec![away, answer(200, "", "[]")])
}

#[test]
fn a_service_that_restarts_is_waited_for_and_only_a_terminal_is_told() {
    let list = ["token", "list", "--json"];
    let stub = restarting();
    let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc")];
    let waited = jeton(&fresh_folder(), &list, &variables);
    assert_eq!((said(&waited), waited.logged.as_str()), ("[]\n", ""));
    let stub = restarting();
    let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc")];
    let waited = jeton_asks("trying again until", "", &fresh_folder(), &list, &variables);
    assert!(waited.said.contains("(Ctrl-C ends).") && waited.said.contains("[]"), "{}", waited.said);
    assert_eq!(waited.said.matches("trying again").count(), 1, "{}", waited.said);
}

#[test]
fn a_restart_is_waited_for_when_the_own_token_is_meant_though_its_id_is_asked_first() {
    for words in [&["token", "refresh", "--yes"][..], &["manage-token", "refresh", "--yes"]] {
        // Longer than verify is waited for.
        let away = answer(503, "Retry-After: 4\r\n", r#"{"error": "Away", "code": "serviceUnavailable"}"#);
        let no = answer(401, "", r#"{"error": "Invalid access token", "code": "storage.tokenInvalid"}"#);
        let stub = Stub::answering(vec![away, no]);
        let variables =
            [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc"), ("JETON_MANAGE_TOKEN", "jtm-1-abc")];
        let told = jeton(&fresh_folder(), words, &variables);
        assert!(failed(&told, 3).contains("Invalid access token"), "{}", told.logged);
    }
}

#[test]
fn the_time_for_retries_is_chosen_by_a_variable() {
    let list = |time: &str| {
        let stub = restarting();
        let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc"), ("JETON_RETRY_FOR", time)];
        jeton(&fresh_folder(), &["token", "list", "--json"], &variables)
    };
    for time in ["0", "1s"] {
        assert!(failed(&list(time), 1).contains("Away"), "{time}: it does not wait in vain");
    }
    said(&list("1m"));
    for (time, why) in
        [("10m", "it is 9m at most"), ("soon", "a duration is a number"), ("90", "a duration is a number")]
    {
        let told = list(time);
        assert!(failed(&told, 2).contains(&format!("JETON_RETRY_FOR: {why}")), "{}", told.logged);
    }
}

#[test]
fn an_empty_variable_for_a_token_does_not_lead_to_the_token_of_a_profile() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let ended = home.run_with(&[("JETON_TOKEN", " ")], "", &["token", "verify"]);
    assert!(failed(&ended, 2).contains("JETON_TOKEN is empty"), "{}", ended.logged);
    home.log_in(remote.url(), remote.manage(), &[]);
    let status = home.run_with(&[("JETON_TOKEN", " ")], "", &["status"]);
    assert_eq!(status.status.code(), Some(2));
    assert!(status.logged.contains("JETON_TOKEN is empty"), "{}", status.logged);
    assert!(status.said.contains("Manage token"), "{}", status.said);
    let doctor = home.run_with(&[("JETON_TOKEN", " ")], "", &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", doctor.said);
    said(&home.run_with(&[("JETON_TOKEN", "")], "", &["token", "verify", "--profile", "default"]));
}

#[test]
fn a_file_that_is_too_long_for_a_token_is_not_read_to_its_end() {
    let remote = Remote::start();
    let ended = remote.run_given("", &["token", "list", "--token-file", "/dev/zero"]);
    assert!(failed(&ended, 2).contains("too long to hold a token"), "{}", ended.logged);
}

#[test]
fn a_token_in_the_place_of_a_file_is_not_repeated() {
    let remote = Remote::start();
    let ended = remote.run_given("", &["token", "list", "--token-file", &remote.master]);
    assert!(!failed(&ended, 1).contains(&remote.master[12..]), "{}", ended.logged);
}
