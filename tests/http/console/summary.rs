//! The summary of a project.

use jeton_core::{
    event::{Event, EventRange, Feed, Order, names},
    event_context::Actor,
};
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
    for _ in 0..100 {
        jeton.create(&json!({"description": "Unused"})).await;
    }
    let delete = json!({"action": "delete", "filter": {"search": "unused"}});
    let deleted = jeton.post("/v2/storage/tokens/actions").token(&jeton.master).json(&delete).send().await;
    assert_eq!(deleted.expect(200).json()["changed"], 100);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Busy<")[0], "3");
    // What was deleted may have asked before.
    assert!(page.contains("At least 3 questions allowed"), "{page}");
    let note = "counted of 100 tokens alone, of 2 that were used and 100 that were deleted or have expired";
    assert!(page.contains(note), "{page}");
}

#[tokio::test]
async fn who_changes_much_takes_no_place_of_a_token_that_asks() {
    let jeton = Jeton::start().await;
    let busy = jeton.create(&json!({"description": "Busy", "canCreateJobs": true})).await;
    jeton.may(&busy.token, json!({"capability": "purgeTrash"})).await;
    for _ in 0..3 {
        jeton.may(&busy.token, json!({"capability": "createJobs"})).await;
    }
    // Each of them was used today, and changes more than the busy one is denied.
    for number in 0..25 {
        let own = jeton.create_manager(json!({"description": format!("Manager {number}")})).await;
        for _ in 0..2 {
            jeton.create_by(&own.token, &json!({})).await;
        }
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary").await.expect(200).text();
    assert_eq!(row(&page, ">Busy<")[0], "3");
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
async fn every_token_that_was_used_is_among_the_active_ones_and_an_unknown_number_is_not_shown_as_one() {
    let jeton = Jeton::start().await;
    let old = jeton.create(&json!({"description": "Old"})).await;
    for _ in 0..4 {
        jeton.post_event(&old.token, &json!({"component": "it", "message": "It ran"})).await;
    }
    jeton.pass_seconds(2 * 86_400);
    for number in 0..110 {
        let wish = json!({"description": format!("Token {number}"), "canCreateJobs": true});
        let held = jeton.create(&wish).await;
        jeton.may(&held.token, json!({"capability": "createJobs"})).await;
        if number % 2 == 0 {
            jeton.may(&held.token, json!({"capability": "purgeTrash"})).await;
        }
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=7d").await.expect(200).text();
    // The master token is one of those that were used.
    let note = "Allowed questions are counted of 100 tokens alone, of 112 that were used";
    assert!(page.contains(note) && page.contains("of a day at random"), "{page}");
    for number in ["At least 99 questions allowed", "At least 100 questions allowed"] {
        if !page.contains(number) {
            continue;
        }
        let [_, _, count, ..] = number.split(' ').collect::<Vec<_>>()[..] else { unreachable!() };
        assert!(page.contains(&format!("17 January 2026: at least {count} allowed, 55 denied")), "{page}");
        assert!(page.contains(&format!("<td>at least {count}</td><td>55</td>")), "{page}");
    }
    assert!(page.contains("At least "), "{page}");
    // A day on which none of the questions was read is no day without questions.
    assert!(page.contains("16 January 2026: allowed not counted, 0 denied"), "{page}");
    // They are those of the latest day, so the old one is not among them, and what it did is.
    let of_old = row(&page, ">Old<");
    assert!(of_old[0] == "not counted" && of_old[3] == "4", "{of_old:?}");
    assert!(page.contains("And 92 other tokens, of which "), "{page}");
}

#[tokio::test]
async fn the_tokens_whose_questions_are_read_are_not_those_that_are_denied_or_change_most() {
    let jeton = Jeton::start().await;
    for number in 0..120 {
        let wish = json!({"description": format!("Token {number}"), "canCreateJobs": true});
        let held = jeton.create(&wish).await;
        let right = if number < 60 { "createJobs" } else { "purgeTrash" };
        jeton.may(&held.token, json!({"capability": right})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=7d").await.expect(200).text();
    // Of 60 that were allowed and 60 that were denied, about 50 of each are read. That all of the denied are has no chance.
    let (before, _) = page.split_once(" questions allowed").unwrap();
    let allowed: u32 = before.rsplit_once("At least ").unwrap().1.parse().unwrap();
    assert!(allowed > 40, "{allowed}");
}

#[tokio::test]
async fn a_token_that_was_used_without_an_event_is_among_the_active_ones_with_the_day() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Reads its rights"})).await;
    jeton.pass_seconds(3 * 86_400);
    jeton.verify(&held.token).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=24h").await.expect(200).text();
    assert_eq!(row(&page, ">Reads its rights<"), ["0", "0", "0", "0"]);
    assert!(page.contains(">today</"), "{page}");
}

#[tokio::test]
async fn a_busy_token_leaves_room_for_the_questions_of_the_others_and_has_at_least_its_share() {
    let jeton = Jeton::start().await;
    let quiet = jeton.create(&json!({"description": "Quiet", "canCreateJobs": true})).await;
    jeton.may(&quiet.token, json!({"capability": "createJobs"})).await;
    let busy = jeton.create(&json!({"description": "Busy", "canCreateJobs": true})).await;
    jeton.may(&busy.token, json!({"capability": "createJobs"})).await;
    let of_busy = Feed::Token(jeton.project, busy.id.parse().unwrap());
    let all = EventRange::all(Order::Descending, 1);
    let asked = jeton.app.store.events(&of_busy, all).await.unwrap().events.remove(0);
    for _ in 0..5_100 {
        let context = jeton.app.event_context(jeton.app.clock.now(), Actor::Jeton);
        let event = context.event_in(jeton.project, names::TOKEN_UPDATED, String::new(), Map::new());
        let again = Event { uuid: event.uuid, ..asked.clone() };
        jeton.app.store.append(&again, 1).await.unwrap();
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("summary?range=24h").await.expect(200).text();
    assert_eq!(row(&page, ">Quiet<")[0], "1");
    let of_busy = row(&page, ">Busy<");
    assert!(of_busy[0].starts_with("at least 4,9"), "{of_busy:?}");
    assert!(page.contains("At least 4,9"), "{page}");
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
