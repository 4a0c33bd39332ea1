//! The first start, and the next one.

use std::{fs, path::Path, process::Command};

use jeton_tests::{
    client::{Client, fetch},
    mailbox::{Invitation, Received},
    process::{self, Served},
    secrets::written,
    store::fresh_folder,
};
use serde_json::{Value, json};

use crate::{files, home::Home, mode, secret, verify};

#[tokio::test]
async fn with_its_output_redirected_the_secrets_are_in_files_that_only_their_owner_can_read() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let answer = verify(&jeton.client(), &master).await.expect(200).json();
    assert_eq!((&answer["isMasterToken"], &answer["admin"]["name"]), (&json!(true), &json!("Admin")));
    let manage = secret(&folder, "jeton-manage-token");
    jeton.client().get("/manage/tokens/verify").manage(&manage).send().await.expect(200);
    for file in files(&folder) {
        let wanted = if file == "outbox" { 0o700 } else { 0o600 };
        assert_eq!(mode(&folder.join(&file)), wanted, "{file}");
    }
    let said = jeton.has_said("/outbox");
    assert!(said.contains("jeton-master-token") && said.contains("jeton-manage-token"), "{said}");
}

#[tokio::test]
async fn redirected_output_the_log_the_metrics_and_the_database_hold_no_secret_however_much_is_logged() {
    let folder = fresh_folder();
    let jeton = Served::start_with(&folder, &[("JETON_LOG", "trace")]);
    let (client, master) = (jeton.client(), secret(&folder, "jeton-master-token"));
    let created = client.post("/v2/storage/tokens").token(&master).json(&json!({})).send().await.expect(201);
    let (own, token) = (format!("/v2/storage/tokens/{}", created.field("id")), created.field("token"));
    for form in [&master, &token].into_iter().flat_map(|secret| written(secret)) {
        let event = json!({"component": "a.b", "message": form, "params": {"log": form}});
        let event = client.post("/v2/storage/events").token(&token).json(&event);
        event.header("user-agent", &form).send().await.expect(201);
        let path = form.replace(|c: char| !(c.is_ascii_alphanumeric() || "-%._".contains(c)), "");
        client.get(&format!("/{path}")).send().await.expect(404);
    }
    let share = client.post(&format!("{own}/share")).token(&master);
    share.json(&json!({"recipientEmail": "b@example.org"})).send().await.expect(204);
    let mail = files(&folder.join("outbox")).into_iter().find(|file| file != "key").unwrap();
    let mail = fs::read_to_string(folder.join("outbox").join(mail)).unwrap();
    let invitation = Invitation::read(&Received::parse(mail));
    let outbox = secret(&folder, "outbox/key");
    fetch(&format!("{}/outbox?key={outbox}", jeton.url()), &[]).await.expect(303);
    let pick_up = |code: &str| {
        client.post(&invitation.path).json(&json!({"secret": invitation.secret, "code": code})).send()
    };
    pick_up("12345").await.expect(400);
    let copy = pick_up(&invitation.code).await.expect(200).field("token");
    let key = "Qx7mB2vKpL9sT4wYhN6cRfJ8dG3zAeUoV5iXkWqD1yZ";
    let refresh = client.post(&format!("{own}/refresh")).token(&token).header("idempotency-key", key);
    let renewed = refresh.send().await.expect(200).field("token");
    let leaked = client.post("/v2/storage/tokens/leaked").json(&json!({"tokens": [renewed]}));
    leaked.send().await.expect(204);

    let metrics = fetch(&format!("{}/metrics", jeton.url()), &[]).await.expect(200).text();
    let database =
        [fs::read(folder.join("jeton.db")).unwrap(), fs::read(folder.join("jeton.db-wal")).unwrap()];
    let stored = String::from_utf8_lossy(&database.concat()).into_owned();
    assert!(
        stored.contains("storage.tokenLeaked") && metrics.contains("jeton"),
        "it was looked for where it could be"
    );
    assert!(jeton.logged().contains("\"route\""), "{}", jeton.logged());
    let manage = secret(&folder, "jeton-manage-token");
    // The last eight characters suffice: no part of a secret may be kept.
    for secret in [&master, &manage, &token, &copy, &renewed, &invitation.secret, &key.to_owned(), &outbox] {
        for place in [&jeton.said(), &jeton.logged(), &metrics, &stored] {
            assert!(!place.contains(&secret[secret.len() - 8..]), "a secret in: {place}");
        }
    }
}

#[tokio::test]
async fn it_says_where_the_console_the_reference_and_the_mails_are_and_who_may_sign_in() {
    let folder = fresh_folder();
    let jeton = Served::start_on_terminal(&folder, &[]);
    let said = jeton.has_said("/outbox?key=");
    let address = |name: &str| {
        let (_, after) = said.split_once(name).unwrap_or_else(|| panic!("{name} in {said}"));
        after.split_whitespace().next().unwrap().to_owned()
    };
    let html = [("accept", "text/html")];
    let console = fetch(&address("Console:"), &html).await.expect(200).text();
    assert!(console.contains("Email me a link"), "{console}");
    let reference = fetch(&address("Reference:"), &html).await.expect(200).text();
    assert!(reference.contains("Create a token"), "{reference}");
    fetch(&address("Mails:"), &html).await.expect(303);
    assert!(said.contains("Sign in to the console as admin@localhost."), "{said}");
    let start = fetch(jeton.url(), &html).await.expect(303);
    assert_eq!(start.header("location"), Some("/console"), "the bare address leads there, too");
}

#[test]
fn without_an_outbox_or_without_mail_it_says_how_to_sign_in_and_names_no_outbox() {
    let smtp = ("JETON_MAIL", "smtp://127.0.0.1:1?from=jeton@example.org");
    let oidc = [
        ("JETON_OIDC_ISSUER", "http://127.0.0.1:1/issuer"),
        ("JETON_OIDC_CLIENT_ID", "jeton"),
        ("JETON_OIDC_CLIENT_SECRET", "hunter2-hunter2"),
        ("JETON_OIDC_NAME", "Example ID"),
    ];
    let only = ("JETON_SIGN_IN", "oidc");
    for (variables, words) in [
        (vec![smtp], "JETON_MAIL sends them to real addresses"),
        ([&oidc[..], &[smtp]].concat(), "JETON_MAIL sends them to real addresses"),
        ([&oidc[..], &[smtp, only]].concat(), "with Example ID, which does not know this address"),
        ([&oidc[..], &[only]].concat(), "with Example ID, which does not know this address"),
    ] {
        let folder = fresh_folder();
        let jeton = Served::start_with(&folder, &variables);
        let said = jeton.has_said("Reference:");
        assert!(said.contains(words) && !said.contains("in the outbox"), "{said}");
        assert!(!said.contains("Sign in to the console as"), "{said}");
        let command = said.lines().find(|line| line.starts_with("jeton init member")).unwrap();
        let command = command.replace("YOUR@ADDRESS", "eve@example.org");
        let arguments: Vec<_> = command.split(' ').skip(1).collect();
        let added = process::jeton(&folder, &arguments, &variables);
        assert!(added.status.success(), "{}", added.logged);
    }
}

#[tokio::test]
async fn the_printed_command_runs_as_pasted() {
    // Folders may have such names.
    let folder = fresh_folder().join("Ada's first $HOME");
    fs::create_dir(&folder).unwrap();
    let jeton = Served::start(&folder);
    runs_as_pasted(&jeton.client(), &jeton.has_said("/outbox")).await;
}

#[tokio::test]
async fn on_a_terminal_the_secrets_are_on_the_screen_and_nowhere_else() {
    let folder = fresh_folder();
    let jeton = Served::start_on_terminal(&folder, &[]);
    let said = jeton.has_said("/outbox");
    assert!(said.contains("Save these now: they won't be shown again:"), "{said}");
    let master = said.split_once("master token: ").unwrap().1.lines().next().unwrap();
    verify(&jeton.client(), master).await.expect(200);
    let manage = said.split_once("manage token: ").unwrap().1.lines().next().unwrap();
    jeton.client().get("/manage/tokens/verify").manage(manage).send().await.expect(200);
    let known = |file: &String| file.starts_with("jeton.db") || file == "outbox";
    assert!(files(&folder).iter().all(known), "{:?}", files(&folder));
    // The secrets are in no command: other programs would see them there, and shells keep what is typed.
    for secret in [master, manage] {
        assert_eq!(said.matches(secret).count(), 1, "{said}");
    }
    let home = Home::new();
    let command = |begin: &str| arguments(said.lines().find(|line| line.starts_with(begin)).unwrap());
    let run = |input: &str, arguments: &[String]| {
        let ended = home.run(input, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(ended.status.success(), "{}", ended.logged);
        ended.said
    };
    run(master, &command("jeton login"));
    let token = run("", &command("jeton token create"));
    is_as_wished(&jeton.client(), token.trim()).await;
}

#[tokio::test]
async fn a_second_start_keeps_everything_and_shows_no_secrets() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let call = jeton.client().post("/v2/storage/tokens").token(&master).json(&json!({})).send().await;
    let created = call.expect(201).field("token");
    assert!(jeton.end().success());

    let before = files(&folder);
    for terminal in [false, true] {
        let jeton = if terminal { Served::start_on_terminal(&folder, &[]) } else { Served::start(&folder) };
        let said = jeton.has_said("/outbox");
        assert!(said.contains("jeton init"), "{said}");
        assert!(!said.contains("-jt") && !said.contains("jtm-"), "{said}");
        verify(&jeton.client(), &created).await.expect(200);
        assert!(jeton.end().success());
    }
    assert_eq!(files(&folder), before, "no further file");
}

/// Runs the command from the first start's output, in a shell in another folder, and checks the created token.
async fn runs_as_pasted(client: &Client, said: &str) {
    let command = &said[said.find("curl").unwrap_or_else(|| panic!("no command in: {said}"))..];
    let command = command.split_once("\n\n").unwrap().0;
    let output = shell(command, &fresh_folder());
    let token: Value = serde_json::from_str(&output).unwrap_or_else(|_| panic!("{command}\n{output}"));
    is_as_wished(client, token["token"].as_str().unwrap()).await;
}

/// The arguments of a command as it was printed, without the name of the program and a comment.
fn arguments(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap();
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.skip(1).collect()
}

/// Checks the token that the printed commands create.
async fn is_as_wished(client: &Client, token: &str) {
    let seen = verify(client, token).await.expect(200).json();
    assert_eq!(seen["bucketPermissions"], json!({"in.c-csv-import": "write"}));
    assert_eq!(seen["componentAccess"], json!(["keboola.ex-db-mysql"]));
    assert!(seen["expires"].is_string() && seen["isMasterToken"] == false, "{seen}");
}

fn shell(command: &str, folder: &Path) -> String {
    let output = Command::new("bash").args(["-c", command]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
