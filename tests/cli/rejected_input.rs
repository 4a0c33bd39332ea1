//! Errors of `jeton`, with sentences that say what to do instead.

use jeton_tests::{
    client::{fetch, send},
    process::{Ended, Served, jeton},
    store::fresh_folder,
};

use crate::{files, remote::failed};

const HTTPS: (&str, &str) = ("JETON_PUBLIC_URL", "https://tokens.example.org");

#[track_caller]
fn rejected(ended: &Ended, sentence: &str) {
    assert!(!ended.status.success(), "{}", ended.said);
    assert!(ended.logged.contains(sentence), "{}", ended.logged);
    assert_eq!(ended.said, "");
}

#[test]
fn beyond_loopback_it_serves_only_with_an_https_address_and_real_mail() {
    for listen in [("JETON_LISTEN", "0.0.0.0:0"), ("JETON_LISTEN", "[::]:0"), ("PORT", "0")] {
        let folder = fresh_folder();
        let serve = |more: &[(&str, &str)]| {
            // A platform that sets PORT does not set the other one.
            let mut variables = vec![("JETON_LISTEN", ""), listen];
            variables.extend(more);
            jeton(&folder, &[], &variables)
        };
        rejected(&serve(&[]), "JETON_PUBLIC_URL must be set to an https:// address to listen on");
        rejected(
            &serve(&[("JETON_PUBLIC_URL", "http://127.0.0.1:1")]),
            "JETON_PUBLIC_URL must be set to an https://",
        );
        rejected(&serve(&[HTTPS]), "JETON_MAIL must name a real mailer");
        rejected(&serve(&[HTTPS, ("JETON_MAIL", "outbox:mails")]), "JETON_MAIL must name a real mailer");
        assert_eq!(files(&folder), [""; 0], "a refused start leaves nothing behind");
    }
}

#[test]
fn behind_a_proxy_of_this_machine_it_serves_only_with_real_mail_too() {
    for url in ["https://tokens.example.org", "HTTPS://Tokens.Example.org:443", "https://localhost"] {
        let folder = fresh_folder();
        let serve =
            |more: &[(&str, &str)]| jeton(&folder, &[], &[&[("JETON_PUBLIC_URL", url)], more].concat());
        rejected(&serve(&[]), "JETON_MAIL must name a real mailer");
        rejected(&serve(&[("JETON_MAIL", "outbox:mails")]), "JETON_MAIL must name a real mailer");
        assert_eq!(files(&folder), [""; 0], "a refused start leaves nothing behind");
    }
}

#[tokio::test]
async fn behind_a_proxy_of_this_machine_nothing_is_there_for_this_machine_alone() {
    let folder = fresh_folder();
    let mail = ("JETON_MAIL", "smtp://127.0.0.1:1?from=jeton@example.org");
    let jeton = Served::start_with(&folder, &[HTTPS, mail]);
    for path in ["/metrics", "/outbox"] {
        fetch(&format!("{}{path}", jeton.url()), &[]).await.expect(404);
    }
    assert!(!jeton.said().contains("-jt") && jeton.said().contains("jeton init"), "{}", jeton.said());
    assert!(files(&folder).iter().all(|file| file.starts_with("jeton.db")), "{:?}", files(&folder));
}

#[tokio::test]
async fn with_both_it_serves_on_the_port_of_the_platform_and_prints_no_secrets() {
    let folder = fresh_folder();
    let mail = ("JETON_MAIL", "smtp://127.0.0.1:1?from=jeton@example.org");
    let jeton = Served::start_with(&folder, &[("JETON_LISTEN", ""), ("PORT", "0"), HTTPS, mail]);
    assert!(jeton.url().starts_with("http://0.0.0.0:"), "{}", jeton.url());
    jeton.client().get("/health").send().await.expect(200);
    assert!(jeton.said().contains("jeton init"), "{}", jeton.said());
    assert!(files(&folder).iter().all(|file| file.starts_with("jeton.db")), "{:?}", files(&folder));
}

#[test]
fn a_bad_setting_is_named_and_not_repeated() {
    for (variable, value) in [
        ("JETON_STORE", "postgres:hunter2"),
        ("JETON_STORE", "sqlite:"),
        ("JETON_MAIL", "smtp://jeton:hunter2@mail.example.org"),
        ("JETON_MAIL", "ses:hunter2"),
        ("JETON_PUBLIC_URL", "https://hunter2@tokens.example.org"),
        ("JETON_PUBLIC_URL", "http://hunter2.example.org"),
        ("JETON_LISTEN", "hunter2"),
        ("JETON_TRUSTED_PROXIES", "hunter2"),
        ("JETON_LOG", "!!hunter2"),
        ("JETON_EDGE_SECRET", "hunter2"),
        ("JETON_CORS_ORIGINS", "hunter2"),
        ("JETON_STORE", "sqlite://hunter2.db"),
        ("JETON_STORE", "sqlite: hunter2.db"),
        ("JETON_STORE", "sqlite:hunter2.db?mode=ro"),
        ("JETON_STORE", "sqlite:hunter2/"),
        ("JETON_MAIL", "smtp://u:hunter2%zz@mail.example.org?from=j@example.org"),
        ("JETON_MAIL", "outbox: hunter2"),
        ("JETON_SEAL_ANCHOR", "file:hunter2"),
        ("JETON_SEAL_KEY", "hunter2"),
        ("JETON_OIDC_ISSUER", "hunter2"),
        ("JETON_OIDC_CLIENT_SECRET", "hunter2"),
        ("JETON_SIGN_IN", "hunter2"),
        ("JETON_GITHUB_KEYS", "hunter2"),
        ("JETON_METRICS", "hunter2"),
        ("JETON_NAME", "hunter2@example.org"),
        ("JETON_COLOR", "hunter2"),
        ("JETON_SUPPORT", "hunter2"),
        ("JETON_IMPRINT", "hunter2\u{202e}"),
        ("JETON_LOGO", "/nonexistent/hunter2.png"),
        ("JETON_LOGO", "/dev/null"),
        ("JETON_STOR", "sqlite:hunter2.db"),
        ("jeton_store", "sqlite:hunter2.db"),
    ] {
        for command in [[].as_slice(), &["serve"], &["sweep"], &["init", "manage-token"]] {
            let ended = jeton(&fresh_folder(), command, &[(variable, value)]);
            rejected(&ended, &format!("jeton: {variable} "));
            assert!(!ended.logged.contains("hunter2"), "{}", ended.logged);
        }
    }
}

#[test]
fn a_mistyped_setting_is_told_which_was_meant_and_no_store_is_made() {
    for (variable, value, sentence) in [
        ("JETON_STOR", "sqlite:x.db", "JETON_STOR is not a variable of Jeton; did you mean JETON_STORE?"),
        (
            "JETON_PUBLICURL",
            "https://x",
            "JETON_PUBLICURL is not a variable of Jeton; did you mean JETON_PUBLIC_URL?",
        ),
        ("JETON_STORE", "sqlite://x.db", "without extra slashes, such as sqlite:jeton.db"),
        ("JETON_CORS_ORIGINS", "https://*.example.org", "each named in full: there is no *"),
        ("JETON_CORS_ORIGINS", ",", "JETON_CORS_ORIGINS must be origins"),
        ("JETON_LOG", "jeton_servcie=debug", "JETON_LOG names jeton_servcie, which is not a part of Jeton"),
        ("JETON_LOG", "!!", "JETON_LOG must be a level, one of off, error, warn, info, debug, trace"),
    ] {
        let folder = fresh_folder();
        for command in [[].as_slice(), &["init", "manage-token"], &["sweep"]] {
            rejected(&jeton(&folder, command, &[(variable, value)]), sentence);
        }
        assert_eq!(files(&folder), [""; 0], "a refused start leaves nothing behind");
    }
    let folder = fresh_folder();
    for place in ["exec:/nonexistent", "exec:nonexistent-program", "file:/nonexistent/x", "file:."] {
        let variables = [("JETON_SEAL_KEY", &*"ab".repeat(32)), ("JETON_SEAL_ANCHOR", place)];
        for command in [[].as_slice(), &["sweep"]] {
            rejected(&jeton(&folder, command, &variables), "JETON_SEAL_ANCHOR must name a ");
        }
        assert_eq!(files(&folder), [""; 0], "{place}");
    }
    for mail in ["outbox:/dev/null", "outbox:/dev/null/mails"] {
        rejected(&jeton(&folder, &["sweep"], &[("JETON_MAIL", mail)]), "JETON_MAIL must name a directory");
    }
    let remote = jeton(&folder, &["token", "list"], &[("JETON_TOKN", "x")]);
    rejected(&remote, "JETON_TOKN is not a variable of Jeton; did you mean JETON_TOKEN?");
}

#[tokio::test]
async fn pages_of_an_allowed_site_may_call_the_storage_api_from_a_browser() {
    let folder = fresh_folder();
    let jeton = Served::start_with(&folder, &[("JETON_CORS_ORIGINS", "https://app.example.org")]);
    let master = crate::secret(&folder, "jeton-master-token");
    let (url, origin) = (jeton.url(), ("origin", "https://app.example.org"));
    let verify = format!("{url}/v2/storage/tokens/verify");
    let asks = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "x-storageapi-token"),
    ];
    let asked = send("OPTIONS", &verify, &asks).await.expect(204);
    assert_eq!(asked.header("access-control-allow-origin"), Some(origin.1));
    for (token, status) in [(master.as_str(), 200), ("nonsense", 401)] {
        let answer = fetch(&verify, &[origin, ("x-storageapi-token", token)]).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin.1));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.header("access-control-expose-headers").unwrap().contains("retry-after"));
    }
    let elsewhere = [("origin", "https://evil.example"), ("access-control-request-method", "GET")];
    assert_eq!(
        send("OPTIONS", &verify, &elsewhere).await.expect(405).header("access-control-allow-origin"),
        None
    );
    for path in ["/console", "/pickup/x", "/manage/tokens/verify"] {
        let answer = send("OPTIONS", &format!("{url}{path}"), &asks).await.expect(405);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn a_word_in_place_of_a_number_is_rejected_without_the_words_of_a_program() {
    for words in [
        &["member", "list", "--project", "abc"][..],
        &["member", "withdraw", "--project", "5", "eve@example.org"],
        &["member", "remove", "--project", "1.5", "eve@example.org"],
        &["project", "show", "Sales"],
        &["manage-token", "show", "5x"],
        &["manage-token", "events", "99999999999999999999999"],
        &["token", "create", "--project", ""],
    ] {
        let ended = jeton(&fresh_folder(), words, &[]);
        assert_eq!(ended.status.code(), Some(2), "{words:?}: {}", ended.logged);
        rejected(&ended, "this id is a number, as the lists show it");
    }
}

#[test]
fn a_second_server_on_the_same_file_is_rejected() {
    let folder = fresh_folder();
    let _first = Served::start(&folder);
    rejected(
        &jeton(&folder, &["serve"], &[]),
        "another `jeton serve` is running on the database jeton.db; stop it first",
    );
}

#[test]
fn a_store_that_cannot_be_used_is_said_without_the_words_of_a_program() {
    let folder = fresh_folder();
    std::fs::write(folder.join("notes.txt"), "Buy milk. ".repeat(100)).unwrap();
    let notes = jeton(&folder, &[], &[("JETON_STORE", "sqlite:notes.txt")]);
    rejected(&notes, "the database notes.txt cannot be used: file is not a database");
    let missing = jeton(&folder, &[], &[("JETON_STORE", "sqlite:not/there/jeton.db")]);
    rejected(&missing, "not/there/jeton.db");
    for ended in [notes, missing] {
        assert_eq!(ended.logged.trim_end().lines().count(), 1, "{}", ended.logged);
        assert!(!ended.logged.contains("panicked"), "{}", ended.logged);
    }
}

#[test]
fn help_names_every_command_and_every_variable() {
    let help = jeton(&fresh_folder(), &["--help"], &[]);
    assert!(help.status.success());
    for word in [
        "serve",
        "init",
        "sweep",
        "JETON_STORE",
        "JETON_MAIL",
        "JETON_PUBLIC_URL",
        "JETON_LISTEN",
        "JETON_LOG",
        "PORT",
    ] {
        assert!(help.said.contains(word), "{word} is missing: {}", help.said);
    }
    assert!(jeton(&fresh_folder(), &["init", "--help"], &[]).said.contains("manage-token"));
    assert!(jeton(&fresh_folder(), &["--version"], &[]).said.starts_with("jeton "));
    assert!(!jeton(&fresh_folder(), &["serv"], &[]).status.success());
}

#[test]
fn a_command_that_needs_a_store_makes_none_under_a_mistyped_name() {
    let folder = fresh_folder();
    let key = "0".repeat(64);
    std::fs::write(folder.join("empty.db"), "").unwrap();
    for store in ["sqlite:jeton.bd", "sqlite:nowhere/jeton.db", "sqlite:empty.db"] {
        for command in [
            &["sweep"][..],
            &["backup", "b.db"],
            &["export", "5", "--to", "five.jsonl", "--yes"],
            &["export", "5", "--reopen", "--yes"],
            &["activate", "5", "--yes"],
            &["verify-history", "--key", &key],
            &["export-history", "5", "--to", "five.ndjson"],
        ] {
            let ended = jeton(&folder, command, &[("JETON_STORE", store)]);
            let sentence =
                format!("there is no database {}", folder.join(&store["sqlite:".len()..]).display());
            rejected(&ended, &sentence);
        }
    }
    assert_eq!(files(&folder), ["empty.db"]);
    let ended = jeton(&folder, &["sweep"], &[("JETON_STORE", "sqlite:.")]);
    rejected(&ended, "it is a folder");
    for command in [&["serve"][..], &["init", "manage-token"]] {
        rejected(&jeton(&folder, command, &[("JETON_STORE", "sqlite:.")]), "it is a folder");
    }
    assert_eq!(files(&folder), ["empty.db"]);
}

#[test]
fn what_cannot_be_an_id_is_rejected_before_anything_is_asked() {
    let nowhere = |arguments: &[&str]| {
        let variables =
            [("JETON_URL", "http://127.0.0.1:9"), ("JETON_TOKEN", "1-2-jt"), ("JETON_MANAGE_TOKEN", "jtm-1")];
        jeton(&fresh_folder(), arguments, &variables)
    };
    let share = "0123456789abcdef";
    for id in ["", "abc", "0", "05", "5/copies", ".."] {
        for command in [
            &["token", "show", id][..],
            &["token", "update", id, "--jobs"],
            &["token", "delete", id, "--yes"],
            &["token", "delete", "5", "--copy", id, "--yes"],
            &["token", "refresh", id, "--yes"],
            &["token", "share", id, "eve@example.org"],
            &["token", "shares", id],
            &["token", "withdraw-share", id, share],
            &["token", "withdraw-share", "5", id],
            &["token", "send-share", id, share],
            &["token", "send-share", "5", id],
            &["token", "events", id],
            &["advise", id],
            &["member", "remove", "--project", "5", id, "--yes"],
        ] {
            let complaint = failed(&nowhere(command), 2).to_owned();
            assert!(complaint.contains(&format!("invalid value '{id}' for")), "{command:?}: {complaint}");
        }
    }
    for id in ["", "abc", "-", "5/copies"] {
        for command in [
            &["member", "list", "--project", id][..],
            &["member", "withdraw", "--project", "5", id],
            &["member", "send-again", "--project", "5", id],
            &["manage-token", "show", id],
            &["manage-token", "refresh", id, "--yes"],
            &["manage-token", "disable", id],
            &["manage-token", "enable", id],
            &["manage-token", "delete", id, "--yes"],
            &["manage-token", "events", id],
            &["project", "show", id],
            &["token", "create", "--project", id],
            &["export", id, "--to", "x"],
            &["activate", id],
        ] {
            let complaint = failed(&nowhere(command), 2).to_owned();
            assert!(complaint.contains(&format!("invalid value '{id}' for")), "{command:?}: {complaint}");
        }
    }
}

#[test]
fn a_complaint_about_what_was_typed_quotes_no_token() {
    let secret = "Zk3vQ9xT1mB7nC5pL2rS8wD4fG6hJ0kYaEuIoXzVtNq";
    let token = format!("12-345-jt{secret}");
    for command in [
        &["token", "show", &token][..],
        &["advise", &token],
        &["manage-token", "show", &token],
        &["member", "remove", "--project", "5", &token],
        &["export", &token],
        &[&token],
    ] {
        let ended = jeton(&fresh_folder(), command, &[]);
        let complaint = failed(&ended, 2);
        assert!(complaint.contains("***") && !complaint.contains(&secret[..20]), "{complaint}");
    }
}
