//! The usage of a token, and what other rights would have denied.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::{Value, json};

fn usage(held: &Held) -> String {
    format!("tokens/{}/usage", held.id)
}

fn reads(bucket: &str) -> Value {
    json!({"bucket": bucket, "access": "read"})
}

/// The path of the first link of a page with these words.
fn link_with(page: &str, words: &str) -> String {
    let (before, _) = page.split_once(&format!(">{words}</a>")).unwrap_or_else(|| panic!("{words}: {page}"));
    let href = before.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap();
    href.replace("&amp;", "&")
}

/// How many events a page of events shows.
async fn events_at(console: &ConsoleClient, path: &str) -> usize {
    console.open(path).await.expect(200).text().matches("<details data-event").count()
}

#[tokio::test]
async fn the_page_says_what_was_used_and_what_was_denied() {
    let jeton = Jeton::start().await;
    let wish =
        json!({"bucketPermissions": {"in.c-a": "write"}, "componentAccess": ["x"], "canCreateJobs": true});
    let held = jeton.create(&wish).await;
    for access in ["read", "read", "manage"] {
        jeton.may(&held.token, json!({"bucket": "in.c-a", "access": access})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    for words in [
        "3 questions and changes, the latest of them <time ",
        ">just now</time>. Its rights deny 1 of them.",
        "2 questions allowed",
        "1 denied",
        "15 January 2026: 2 allowed, 1 denied",
        ">manage bucket in.c-a</a>",
        "write bucket in.c-a",
        "run component x",
        "create jobs",
        "Read bucket in.c-a.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn of_a_token_that_asked_nothing_it_says_so() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    for words in [
        "It asked no question and changed no other token since",
        "No questions and no denied calls since",
        "Nothing was denied since",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn of_a_token_that_does_much_without_a_question_it_says_what_it_does_not_count() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    for _ in 0..3 {
        assert_eq!(jeton.verify(&manager.token).await, 200);
        jeton.create_by(&manager.token, &json!({})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&format!("{}?range=24h", usage(&manager))).await.expect(200).text();
    for words in [
        "No questions and no denied calls since <time ",
        "Allowed calls of Jeton, such as GET verify, lists and changes, are not",
        ">Questions and denied calls since <time datetime=\"2026-01-14T13:00:00Z\"",
        "3 questions and changes, the latest",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = console.open("summary?range=24h").await.expect(200).text();
    assert!(page.contains("Allowed calls of Jeton, such as GET verify"), "{page}");
}

#[tokio::test]
async fn a_token_without_rights_used_none_of_them() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    assert!(page.contains("<p>It has no rights.</p>") && !page.contains("were used"), "{page}");
}

#[tokio::test]
async fn a_range_counts_its_own_calls_alone_and_each_bar_leads_to_their_events() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    jeton.pass_seconds(20 * 86_400);
    jeton.may(&held.token, reads("in.c-b")).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    jeton.pass_seconds(2 * 3600);
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (range, questions, calls, denied, bar) in [
        ("24h", "3 questions", "2 questions allowed", "1 denied", "4 February 2026, 12:00 to 13:00 UTC"),
        ("7d", "3 questions", "2 questions allowed", "1 denied", "4 February 2026"),
        ("30d", "4 questions", "3 questions allowed", "1 denied", "15 January 2026"),
        ("6m", "4 questions", "3 questions allowed", "1 denied", "15 January 2026 to 21 January 2026"),
    ] {
        let page = console.open(&format!("{}?range={range}", usage(&held))).await.expect(200).text();
        assert!(page.contains(calls) && page.contains(denied), "{range}: {page}");
        assert!(page.contains(&format!("{questions} and changes, the latest of them ")), "{range}: {page}");
        assert!(page.contains(&format!("{bar}: ")), "{range}: {page}");
        let current = format!("range={range}\" aria-current=\"true\"");
        assert!(page.contains(&current), "{range}: {page}");
    }
    let day = console.open(&format!("{}?range=24h", usage(&held))).await.expect(200).text();
    let noon = link_with(&day, "4 February 2026, 12:00 to 13:00 UTC");
    assert_eq!(events_at(&console, &noon).await, 2);
    let month = console.open(&usage(&held)).await.expect(200).text();
    // The creation, and the question.
    assert_eq!(events_at(&console, &link_with(&month, "15 January 2026")).await, 2);
}

#[tokio::test]
async fn what_was_denied_is_told_by_right_also_once_it_is_granted_and_leads_to_its_events() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    for _ in 0..3 {
        jeton.may(&held.token, reads("in.c-b")).await;
    }
    let write = json!({"bucket": "in.c-a", "access": "write"});
    jeton.may(&held.token, write).await;
    for _ in 0..2 {
        let denied = jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({}));
        denied.send().await.expect(403);
    }
    // Now the number of further ones within the minute is stored.
    jeton.pass_seconds(61);
    jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({})).send().await.expect(403);
    let rights = json!({"bucketPermissions": {"in.c-a": "read", "in.c-b": "read"}});
    let path = format!("/v2/storage/tokens/{}", held.id);
    jeton.put(&path).token(&jeton.master).json(&rights).send().await.expect(200);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    let row = |words: &str| {
        let rows = page.split("<tr role=\"row\">").find(|row| row.contains(&format!(">{words}</a>")));
        rows.unwrap_or_else(|| panic!("{words}: {page}")).to_owned()
    };
    let granted = row("read bucket in.c-b");
    assert!(granted.contains(">3</td>") && granted.contains("Allowed now"), "{granted}");
    let missing = row("write bucket in.c-a");
    assert!(missing.contains(">1</td>") && !missing.contains("Allowed now"), "{missing}");
    let call = row("call “create” of Jeton");
    assert!(call.contains(">3</td>"), "{call}");
    assert!(page.contains("7 denied"), "{page}");
    assert_eq!(events_at(&console, &link_with(&page, "read bucket in.c-b")).await, 3);
    assert_eq!(events_at(&console, &link_with(&page, "write bucket in.c-a")).await, 1);
    // The first one of each minute, and one for all others of the first.
    assert_eq!(events_at(&console, &link_with(&page, "call “create” of Jeton")).await, 3);
}

#[tokio::test]
async fn tried_rights_stay_in_the_address_and_nothing_is_changed() {
    let jeton = Jeton::start().await;
    let wish = json!({"bucketPermissions": {"in.c-a": "write"}, "canCreateJobs": true});
    let held = jeton.create(&wish).await;
    for _ in 0..2 {
        jeton.may(&held.token, reads("in.c-a")).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let tried = async |fields: &[(&str, &str)]| {
        let fields = [&[("range", "7d")], fields].concat();
        let answer = console.submit(&usage(&held), &usage(&held), &fields).await.expect(303);
        answer.headers["location"].to_str().unwrap().to_owned()
    };
    let address = tried(&[("write", "in.c-b\r\nin.c-c"), ("jobs", "1")]).await;
    assert!(address.contains("?range=7d&tried=1&write=in.c-b%0Ain.c-c&jobs=1"), "{address}");
    let page = console.open(&address).await.expect(200).text();
    assert!(
        page.contains(
            "would have denied <strong>2 questions and changes</strong> since <time datetime=\"2026-01-09\""
        ),
        "{page}"
    );
    assert!(page.contains(">in.c-b\nin.c-c</textarea>"), "{page}");
    // Another range keeps them.
    let month = link_with(&page, "30 days");
    let page = console.open(&month).await.expect(200).text();
    assert!(page.contains("2 questions and changes</strong> since <time datetime=\"2025-12-17\""), "{page}");
    let page = console.open(&tried(&[("read", "in.c-a")]).await).await.expect(200).text();
    assert!(page.contains("would have denied no question and no change since"), "{page}");
    let page = console.open(&tried(&[]).await).await.expect(200).text();
    assert!(page.contains("would have denied <strong>2 questions"), "no rights are rights, too: {page}");
    let bad = console.open(&tried(&[("read", "nonsense")]).await).await.expect(400).text();
    assert!(bad.contains("Bucket id"), "{bad}");
    let detail = jeton.detail(&held.id).await;
    assert_eq!(
        (&detail["bucketPermissions"], &detail["canCreateJobs"]),
        (&json!({"in.c-a": "write"}), &json!(true))
    );
}

#[tokio::test]
async fn the_narrowest_rights_fill_the_edit_form_with_a_sentence_about_the_change_and_are_saved_there() {
    let jeton = Jeton::start().await;
    let wish = json!({
        "description": "Import", "bucketPermissions": {"in.c-a": "write"}, "componentAccess": ["x"], "canCreateJobs": true,
    });
    let held = jeton.create(&wish).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    let button = page.find("Use the narrowest").expect("a button");
    let form = &page[page[..button].rfind("<form").unwrap()..button];
    assert!(form.contains("name=\"read\" value=\"in.c-a\"") && form.contains("value=\"save\""), "{form}");
    let fields = [("read", "in.c-a"), ("then", "save")];
    let answer = console.submit(&usage(&held), &usage(&held), &fields).await.expect(303);
    let address = answer.headers["location"].to_str().unwrap();
    let own = format!("tokens/{}", held.id);
    assert!(address.ends_with(&format!("/{own}?tried=1&read=in.c-a#edit")), "{address}");
    let address = address.trim_end_matches("#edit");
    let page = console.open(address).await.expect(200).text();
    let sentence = "Nothing is saved yet. Saving this form takes away the rights to write bucket in.c-a, run component x and \
        create jobs. It adds none.";
    assert!(page.contains(sentence) && page.contains(">in.c-a</textarea>"), "{page}");
    assert!(page.contains("value=\"Import\""), "{page}");
    assert_eq!(jeton.detail(&held.id).await["canCreateJobs"], json!(true));
    let edit = [("description", "Import"), ("read", "in.c-a"), ("files", "own")];
    console.submit(address, &own, &edit).await.expect(303);
    let saved = jeton.detail(&held.id).await;
    assert_eq!(
        (&saved["bucketPermissions"], &saved["canCreateJobs"]),
        (&json!({"in.c-a": "read"}), &json!(false))
    );
    // The same link says then that there is nothing left to do.
    let page = console.open(address).await.expect(200).text();
    assert!(page.contains("Saving this form changes no right."), "{page}");
    let bad = console.open(&format!("{own}?tried=1&read=nonsense")).await.expect(400).text();
    assert!(bad.contains("Nothing was saved.") && !bad.contains("Nothing is saved yet"), "{bad}");
}

#[tokio::test]
async fn rights_that_are_too_long_for_an_address_are_shown_all_the_same() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let many = (0..900).map(|n| format!("in.c-{n}")).collect::<Vec<_>>().join(" ");
    let page = console.submit(&usage(&held), &usage(&held), &[("read", &many)]).await.expect(200).text();
    assert!(
        page.contains("would have denied <strong>1 question or change</strong>") && page.contains("in.c-899"),
        "{page}"
    );
    // Another range keeps them.
    assert!(page.contains("form=\"tried-rights\" name=\"another\" value=\"7d\""), "{page}");
    let another = [("read", many.as_str()), ("range", "24h"), ("another", "7d")];
    let page = console.submit(&usage(&held), &usage(&held), &another).await.expect(200).text();
    assert!(page.contains("value=\"7d\" aria-current=\"true\"") && page.contains("in.c-899"), "{page}");
    let save = [("read", many.as_str()), ("then", "save")];
    let page = console.submit(&usage(&held), &usage(&held), &save).await.expect(200).text();
    assert!(page.contains("takes away the right to read bucket in.c-a, and adds the rights to"), "{page}");
    assert!(page.contains("and 892 others.") && page.contains("name=\"shown\""), "{page}");
    let create = [("read", many.as_str()), ("then", "create")];
    let page = console.submit(&usage(&held), &usage(&held), &create).await.expect(200).text();
    assert!(page.contains("Create the token") && page.contains("in.c-899"), "{page}");
}

#[tokio::test]
async fn rights_that_no_edit_can_take_away_lead_to_a_new_token_without_them() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canManageBuckets": true})).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    assert!(page.contains("New token with these rights") && !page.contains("Use the narrowest"), "{page}");
    let fields = [("read", "in.c-a"), ("then", "create")];
    let answer = console.submit(&usage(&held), &usage(&held), &fields).await.expect(303);
    let address = answer.headers["location"].to_str().unwrap();
    assert!(address.ends_with("/tokens/new?tried=1&read=in.c-a"), "{address}");
    let page = console.open(address).await.expect(200).text();
    assert!(page.contains(">in.c-a</textarea>") && page.contains("Create the token"), "{page}");
}

#[tokio::test]
async fn a_new_token_is_said_to_be_without_a_used_right_that_the_console_cannot_grant() {
    let jeton = Jeton::start().await;
    let held = jeton.create_by_manage(&json!({"canManageTokens": true, "canManageBuckets": true})).await;
    jeton.create_by(&held.token, &json!({})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    assert!(!page.contains("New token"), "there would be no right left: {page}");
    jeton.may(&held.token, reads("in.c-a")).await;
    let page = console.open(&usage(&held)).await.expect(200).text();
    assert!(page.contains("New token without managing tokens"), "{page}");
    assert!(page.contains("A token that is created here may not manage tokens."), "{page}");
}

#[tokio::test]
async fn a_master_token_is_not_edited_by_an_address() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let id = jeton.master.split('-').nth(1).unwrap();
    let page = console.open(&format!("tokens/{id}?tried=1&read=in.c-a")).await.expect(200).text();
    assert!(!page.contains("Nothing is saved yet"), "{page}");
    let page = console.open(&format!("tokens/{id}/usage?tried=1")).await.expect(200).text();
    assert!(!page.contains("would have denied"), "{page}");
}

#[tokio::test]
async fn a_page_that_was_opened_before_the_sign_in_tries_no_rights() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    jeton.may(&held.token, reads("in.c-a")).await;
    let console = ConsoleClient::new(&jeton);
    let at = format!("/console/projects/{}/{}", jeton.project, usage(&held));
    console.send_form("/console/sign-in", &[("email", ADMIN), ("then", &at)]).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    let signed_in = console.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(signed_in.header("location"), Some(at.as_str()));
    let page = console.open(&at).await.expect(200).text();
    assert!(!page.contains("would have denied"), "{page}");
}
