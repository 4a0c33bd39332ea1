//! The summary of a project.

use jeton_core::{event::names, event_context::Actor};
use jeton_service::limits::denied_events::tell_counts;
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::{Map, json};

/// The number on the tile with this label.
fn tile(page: &str, label: &str) -> String {
    let (before, _) =
        page.split_once(&format!("</strong> <span>{label}")).unwrap_or_else(|| panic!("{label}: {page}"));
    before.rsplit_once("<strong>").unwrap().1.to_owned()
}

/// The row of who was active.
fn row(page: &str, name: &str) -> Vec<String> {
    let row = page
        .split("<tr role=\"row\">")
        .skip(1)
        .find(|row| row.contains(name))
        .unwrap_or_else(|| panic!("{name}: {page}"));
    let cells = row
        .split("<td role=\"cell\" data-label=\"")
        .skip(2)
        .map(|cell| cell.split_once('>').unwrap().1.split("</td>").next().unwrap().to_owned());
    cells.take(4).collect()
}

#[tokio::test]
async fn tokens_are_counted_as_the_filters_of_the_list_find_them() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "Soon", "expiresIn": 100 * 86_400})).await;
    jeton.create(&json!({"description": "Never"})).await;
    let off = jeton.create(&json!({"description": "Off"})).await;
    jeton.pass_seconds(95 * 86_400);
    let path = format!("/v2/storage/tokens/{}", off.id);
    jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": true})).send().await.expect(200);
    let used = jeton.create(&json!({"description": "Used"})).await;
    jeton.verify(&used.token).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=24h").await.expect(200).text();
    // As the API counts them.
    for (label, show, filter) in [
        ("in all", "", ""),
        ("not used for 90 days", "?show=unused", "&unusedSince=2026-01-20"),
        ("expire within 30 days", "?show=expiring", "&expiresBefore=2026-05-21"),
        ("never expire", "?show=never", "&neverExpires=true"),
        ("disabled", "?show=disabled", "&isDisabled=true"),
        ("of members who have left", "?show=left", "&creatorGone=true"),
    ] {
        let path = format!("/v2/storage/tokens?count=true{filter}");
        let list = jeton.get(&path).token(&jeton.master).send().await.expect(200);
        assert_eq!(tile(&page, label), list.headers["x-total-count"].to_str().unwrap(), "{label}");
        assert!(page.contains(&format!("/tokens{show}\">")), "{page}");
    }
    assert_eq!(tile(&page, "not used for 90 days"), "3");
    // The master token, and the new one.
    assert_eq!(tile(&page, "used since <time datetime=\"2026-04-19\""), "2");
}

#[tokio::test]
async fn it_says_who_called_what_was_denied_and_who_changed_and_reported_something() {
    let jeton = Jeton::start().await;
    let import = jeton.create(&json!({"description": "Import", "canCreateJobs": true})).await;
    let export = jeton.create(&json!({"description": "Export"})).await;
    for _ in 0..3 {
        jeton.may(&import.token, json!({"capability": "createJobs"})).await;
        jeton.may(&export.token, json!({"capability": "createJobs"})).await;
    }
    jeton.post_event(&import.token, &json!({"component": "it", "message": "It ran"})).await;
    jeton.post("/v2/storage/tokens").token(&export.token).json(&json!({})).send().await.expect(403);
    // Now the number of further denied questions of the minute is stored.
    jeton.pass_seconds(61);
    jeton.may(&export.token, json!({"capability": "createJobs"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Import</a>"), ["3", "0", "0", "1"]);
    assert_eq!(row(&page, ">Export</a>"), ["0", "5", "0", "0"]);
    assert!(
        page.contains("3 questions allowed") && page.contains("15 January 2026: 3 allowed, 5 denied"),
        "{page}"
    );
    assert!(page.contains(">5 questions and calls</a> were denied since"), "{page}");
    assert!(!page.contains("were used last") && !page.contains("more events than"), "{page}");
    // The administrator created both, and signed in.
    let admin = row(&page, ADMIN);
    assert_eq!(admin[2], "3", "{admin:?}");
}

#[tokio::test]
async fn a_deleted_token_leads_to_its_history_and_a_quiet_range_is_empty() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Gone", "canCreateJobs": true})).await;
    jeton.may(&held.token, json!({"capability": "createJobs"})).await;
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It ran"})).await;
    jeton.delete(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master).send().await.expect(204);
    jeton.pass_seconds(3 * 86_400);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=7d").await.expect(200).text();
    assert!(page.contains("Gone") && page.contains(">Deleted<"), "{page}");
    assert!(page.contains(&format!("tokens/{}/events\">Gone</a>", held.id)), "{page}");
    assert_eq!(row(&page, ">Gone</a>"), ["1", "0", "0", "1"]);
    assert!(page.contains("1 question allowed"), "{page}");
    let page = console.open("summary?range=24h").await.expect(200).text();
    assert!(page.contains("No questions and no denied calls since <time"), "{page}");
    assert!(page.contains("17 January 2026, 13:00 UTC</time>.</p>"), "{page}");
    assert_eq!(tile(&page, "used since <time datetime=\"2026-01-17\""), "0");
}

#[tokio::test]
async fn deleted_tokens_take_no_place_of_those_that_were_used() {
    let jeton = Jeton::start().await;
    let busy = jeton.create(&json!({"description": "Busy", "canCreateJobs": true})).await;
    for _ in 0..3 {
        jeton.may(&busy.token, json!({"capability": "createJobs"})).await;
    }
    jeton.pass_seconds(1);
    for _ in 0..30 {
        jeton.create(&json!({"description": "Unused"})).await;
    }
    let delete = json!({"action": "delete", "filter": {"search": "unused"}});
    let deleted = jeton.post("/v2/storage/tokens/actions").token(&jeton.master).json(&delete).send().await;
    assert_eq!(deleted.expect(200).json()["changed"], 30);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Busy<")[0], "3");
    let note = "counted of 25 tokens alone, of 2 that were used and 30 that were deleted or have expired";
    assert!(page.contains(note), "{page}");
}

#[tokio::test]
async fn who_changes_much_takes_no_place_of_a_token_that_asks() {
    let jeton = Jeton::start().await;
    let busy = jeton.create(&json!({"description": "Busy", "canCreateJobs": true})).await;
    jeton.may(&busy.token, json!({"capability": "purgeTrash"})).await;
    jeton.may(&busy.token, json!({"capability": "createJobs"})).await;
    // Each of them was used today, and changes more than the busy one is denied.
    for number in 0..25 {
        let own = jeton.create_manager(json!({"description": format!("Manager {number}")})).await;
        for _ in 0..2 {
            jeton.create_by(&own.token, &json!({})).await;
        }
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Busy<")[0], "1");
}

#[tokio::test]
async fn a_token_that_deleted_itself_keeps_its_calls() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Gone", "canCreateJobs": true})).await;
    for _ in 0..7 {
        jeton.may(&held.token, json!({"capability": "createJobs"})).await;
    }
    jeton.delete(&format!("/v2/storage/tokens/{}", held.id)).token(&held.token).send().await.expect(204);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Gone</a>"), ["7", "0", "1", "0"]);
}

#[tokio::test]
async fn denied_calls_count_at_their_own_time_however_late_their_number_is_stored() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    jeton.pass_seconds(3590);
    for _ in 0..3 {
        jeton.may(&held.token, json!({"capability": "createJobs"})).await;
        jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({})).send().await.expect(403);
    }
    jeton.pass_seconds(120);
    tell_counts(&jeton.app, false).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let usage = format!("tokens/{}/usage", held.id);
    for page in ["summary", &usage] {
        let page = console.open(&format!("{page}?range=24h")).await.expect(200).text();
        assert!(page.contains("15 January 2026, 12:00 to 13:00 UTC: 0 allowed, 6 denied"), "{page}");
        assert!(page.contains("15 January 2026, 13:00 to 14:00 UTC: 0 allowed, 0 denied"), "{page}");
        assert!(page.contains(">2 minutes ago<"), "{page}");
    }
    // The range of the next day begins at 13:00, between the calls and their number.
    jeton.pass_seconds(86_400 - 3600);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for page in ["summary", &usage] {
        let page = console.open(&format!("{page}?range=24h")).await.expect(200).text();
        assert!(page.contains("No questions and no denied calls since"), "{page}");
        assert!(page.contains("15 January 2026, 13:00 UTC</time>"), "{page}");
        assert!(!page.contains("call “create” of Jeton"), "{page}");
    }
}

#[tokio::test]
async fn allowed_calls_are_those_of_the_tokens_that_were_used_last_and_the_page_says_so() {
    let jeton = Jeton::start().await;
    let old = jeton.create(&json!({"description": "Old"})).await;
    for _ in 0..4 {
        jeton.post_event(&old.token, &json!({"component": "it", "message": "It ran"})).await;
    }
    jeton.pass_seconds(2 * 86_400);
    let mut first = None;
    for number in 0..30 {
        let held =
            jeton.create(&json!({"description": format!("Token {number}"), "canCreateJobs": true})).await;
        jeton.may(&held.token, json!({"capability": "createJobs"})).await;
        // The ids of one second are in no order.
        jeton.pass_seconds(1);
        first.get_or_insert(held);
    }
    // All were used on one day. This one is the oldest, and its denied calls say that it is busy.
    for _ in 0..3 {
        jeton.may(&first.as_ref().unwrap().token, json!({"capability": "purgeTrash"})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    // The master token is one of those that were used.
    let note = "Allowed questions are counted of 25 tokens alone, of 32 that were used";
    assert!(page.contains(note), "{page}");
    assert!(page.contains("25 questions allowed") || page.contains("24 questions allowed"), "{page}");
    assert_eq!(row(&page, ">Token 0<")[0], "1");
    let of_old = row(&page, ">Old<");
    assert!(of_old[0].contains("Not counted") && of_old[3] == "4", "{of_old:?}");
}

#[tokio::test]
async fn a_page_that_reads_only_a_part_of_the_events_says_nothing_about_the_others() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Busy"})).await;
    jeton.may(&held.token, json!({"capability": "createJobs"})).await;
    jeton.pass_seconds(61);
    jeton.may(&held.token, json!({"capability": "createJobs"})).await;
    jeton.pass_seconds(60);
    // More than the page reads, all of it later than the denied calls.
    for number in 0..90 {
        let of = jeton.app.event_context(jeton.app.clock.now(), Actor::Jeton);
        let log = Map::from_iter([("description".to_owned(), json!("x".repeat(190_000)))]);
        let newer = of.event_in(jeton.project, names::TOKEN_UPDATED, format!("Newer {number}"), log);
        jeton.app.store.append(&newer, 1).await.unwrap();
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=24h").await.expect(200).text();
    assert!(page.contains("There are more events than this page reads."), "{page}");
    assert!(!page.contains("no denied calls since <time datetime=\"2026-01-14"), "{page}");
    assert!(page.contains("which is as far back as this page reads."), "{page}");
    assert!(page.contains(">Search for denied questions and calls since <time"), "{page}");
}

#[tokio::test]
async fn a_token_that_expired_is_not_said_to_be_deleted() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Short", "expiresIn": 3600})).await;
    jeton.may(&held.token, json!({"capability": "createJobs"})).await;
    jeton.pass_seconds(3600);
    jeton.sweep().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert!(page.contains("/events\">Short</a> <span class=\"badge\">Expired</span>"), "{page}");
}
