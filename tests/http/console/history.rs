//! Histories and their export.

use jeton_core::{event::names, event_context::Actor};
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::{Map, Value, json};

#[tokio::test]
async fn the_history_of_a_token_is_filtered_and_paged() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    for number in 0..60 {
        let event = json!({"component": "it", "message": format!("Step {number}"), "type": "success"});
        jeton.post_event(&held.token, &event).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let own = format!("tokens/{}/events", held.id);
    let first = console.open(&own).await.expect(200).text();
    assert!(first.contains("Step 59") && first.contains("Step 10<") && !first.contains("Step 9<"), "{first}");
    let next = first.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let second = console.open(&next).await.expect(200).text();
    assert!(
        second.contains("Step 9<") && second.contains("storage.tokenCreated") && !second.contains("Step 10<")
    );
    let filtered = console.open(&format!("{own}?q=%22Step%207%22&type=success")).await.expect(200).text();
    assert_eq!(filtered.matches("data-event=").count(), 1);
    let created = console.open(&format!("{own}?event=storage.tokenCreated")).await.expect(200).text();
    assert_eq!(created.matches("data-event=").count(), 1);
    let bad = console.open(&format!("{own}?q=AND")).await.expect(400).text();
    assert!(bad.contains("This search can't be read: ") && !bad.contains("Failed to parse"), "{bad}");
    let order = console.open(&format!("{own}?from=2026-01-02&to=2026-01-01")).await.expect(400).text();
    assert!(order.contains("“Before” must be after “From”") && order.contains(">Before <"), "{order}");
}

#[tokio::test]
async fn the_activity_of_a_project_is_that_of_all_tokens_and_members() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "Import"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("events").await.expect(200).text();
    for words in ["Created token Import", "admin@example.org signed in", "storage.memberSignInMailed"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn an_export_holds_what_the_filter_shows_and_no_formula() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "=HYPERLINK(\"https://evil.example\")"})).await;
    let event = json!({"component": "it", "message": "+1, \"quoted\"\nline", "type": "warn"});
    jeton.post_event(&held.token, &event).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let own = format!("tokens/{}/export", held.id);
    let csv = console.open(&format!("{own}?format=csv")).await.expect(200);
    assert_eq!(csv.content_type(), Some("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"token-{}.csv\"", held.id);
    assert_eq!(csv.header("content-disposition"), Some(disposition.as_str()));
    let csv = csv.text();
    assert!(csv.starts_with("\u{feff}created,event,type,message,"), "{csv}");
    assert!(csv.contains("\"'+1, \"\"quoted\"\"\nline\"") && csv.contains("\"'=HYPERLINK("), "{csv}");

    let lines = console.open(&format!("{own}?format=ndjson&type=warn")).await.expect(200);
    assert_eq!(lines.content_type(), Some("application/x-ndjson"));
    let lines: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["message"]), (1, &json!("+1, \"quoted\"\nline")));
    console.open("export?format=csv").await.expect(200);
    console.open("export").await.expect(400);
}

#[tokio::test]
async fn a_page_of_events_is_not_many_times_as_large_as_they_are_whatever_they_hold() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    // Formatted with indentation, numbers at this depth take sixty times as much.
    let deep = (0..60).fold(json!(vec![0; 40_000]), |inner, _| json!([inner]));
    let event = json!({"component": "it", "message": "&".repeat(90_000), "params": {"a": deep}});
    for _ in 0..3 {
        jeton.post_event(&held.token, &event).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for page in ["events", &format!("tokens/{}/events", held.id)] {
        let page = console.open(page).await.expect(200).text();
        assert!(page.len() < 300_000, "{}", page.len());
        assert_eq!(page.matches("The export has the full text.").count(), 3);
    }
    let export = console.open(&format!("tokens/{}/export?format=ndjson", held.id)).await.expect(200);
    assert!(export.body.len() > 400_000, "an export has all of it");
}

#[tokio::test]
async fn an_export_searches_as_far_back_as_there_are_events() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let event = |message: &str| json!({"component": "it", "message": message});
    jeton.post_event(&held.token, &event("The one that is looked for")).await;
    // A list reads 16 MiB of events in one call.
    for number in 0..90 {
        let of = jeton.app.event_context(jeton.app.clock.now(), Actor::Jeton);
        let log = Map::from_iter([("description".to_owned(), json!("x".repeat(190_000)))]);
        let newer = of.event_in(jeton.project, names::TOKEN_UPDATED, format!("Newer {number}"), log);
        jeton.app.store.append(&newer, 1).await.unwrap();
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let ask = "export?q=%22looked%20for%22";
    let csv = console.open(&format!("{ask}&format=csv")).await.expect(200);
    assert_eq!((csv.header("link"), csv.text().lines().count()), (None, 2));
    let lines = console.open(&format!("{ask}&format=ndjson")).await.expect(200).text();
    assert!(lines.contains("The one that is looked for") && lines.lines().count() == 1, "{lines}");
}

#[tokio::test]
async fn a_page_of_events_has_names_fields_and_examples_of_the_search_and_links_to_tokens() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It ran"})).await;
    jeton.pass_seconds(86_400);
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It ran again"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("events?from=2026-01-15&to=2026-01-16").await.expect(200).text();
    assert!(page.contains("It ran") && !page.contains("It ran again"), "{page}");
    let token = format!("href=\"/console/projects/{}/tokens/{}\">Import</a>", jeton.project, held.id);
    for words in [
        "<option value=\"storage.tokenShared\">",
        "<code>remoteAddr</code>",
        "<code>NOT by:ci</code>",
        "type=\"date\" value=\"2026-01-15\"",
        &token,
        "format=csv",
        "from=2026%2D01%2D15",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("manage.tokenCreated"), "{page}");
    let wrong = console.open("events?from=yesterday").await.expect(400).text();
    assert!(wrong.contains("“From” must be a time") && wrong.contains("value=\"yesterday\""), "{wrong}");
}

#[tokio::test]
async fn the_history_of_an_expired_token_says_when_it_expired() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import", "expiresIn": 60})).await;
    jeton.pass_seconds(3600);
    assert_eq!(jeton.sweep().await, 1);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open(&format!("tokens/{}/events", held.id)).await.expect(200).text();
    for words in [">Expired</span>", "This token expired on <time datetime=\"2026-01-15T12:01:00Z\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("This token was deleted"), "{page}");
}

#[tokio::test]
async fn every_page_of_a_deleted_token_leads_to_its_history_which_says_that_it_is_deleted() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It ran"})).await;
    let eve = jeton.join("eve@example.org").await;
    let made = jeton.create_by(&eve.token, &json!({"description": "hers"})).await;
    jeton.delete(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master).send().await.expect(204);
    jeton.remove_member("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (id, name, event) in
        [(&held.id, "Import", "It ran"), (&eve.id, "eve@example.org", "storage.tokenCreated")]
    {
        let own = format!("/console/projects/{}/tokens/{id}", jeton.project);
        for page in ["", "/usage"] {
            let answer = console.open(&format!("{own}{page}")).await.expect(303);
            assert_eq!(answer.header("location"), Some(format!("{own}/events").as_str()));
        }
        let page = console.open(&format!("{own}/events")).await.expect(200).text();
        for words in [name, event, ">Deleted</span>", "This token was deleted on", "storage.tokenDeleted"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        for gone in ["/refresh", "/share", "/delete", "/usage"] {
            assert!(!page.contains(&format!("{own}{gone}")), "{gone}: {page}");
        }
        let lines = console.open(&format!("{own}/export?format=ndjson")).await.expect(200).text();
        assert!(lines.contains(event), "{lines}");
        // The links of the activity lead there.
        assert!(console.open("events").await.expect(200).text().contains(&format!("href=\"{own}\"")));
    }
    assert_eq!(jeton.verify(&made.token).await, 200);
    for never in ["9999999", &format!("{}1", held.id)] {
        for page in ["", "/usage", "/events", "/export?format=csv"] {
            console.open(&format!("tokens/{never}{page}")).await.expect(404);
        }
    }
    // Nor is it one of another project.
    let other = jeton.new_project("Second warehouse", ADMIN).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    console.open(&format!("/console/projects/{other}/tokens/{}/events", held.id)).await.expect(404);
}

#[tokio::test]
async fn an_event_names_a_manage_token_as_such_and_says_that_a_call_was_denied() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let path = format!("/manage/projects/{}/users", jeton.project);
    let eve = json!({"email": "eve@example.org"});
    jeton.post(&path).manage(&jeton.manage).json(&eve).send().await.expect(204);
    jeton.post("/v2/storage/tokens").token(&held.token).json(&json!({})).send().await.expect(403);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("events").await.expect(200).text();
    assert!(page.contains("By the manage token “test”, from"), "{page}");
    assert!(page.contains(">Denied create: ") && !page.contains(">Refused"), "{page}");
}

/// The tag of the only field with the focus.
fn focused(page: &str) -> &str {
    assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
    page.split(" autofocus").next().unwrap().rsplit_once('<').unwrap().1
}

#[tokio::test]
async fn an_error_in_a_search_for_events_stands_at_its_field_which_has_the_focus() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (query, field) in [
        ("from=2026-01-15&to=2026-01-15", "to"),
        ("from=yesterday", "from"),
        ("q=AND", "q"),
        ("to=soon&q=x", "to"),
    ] {
        let page = console.open(&format!("events?{query}")).await.expect(400).text();
        let tag = focused(&page);
        for part in [format!("id=\"{field}\""), format!("aria-describedby=\"{field}-problem\"")] {
            assert!(tag.contains(&part) && tag.contains("aria-invalid=\"true\""), "{query}: {tag}");
        }
        assert_eq!(page.matches(&format!("id=\"{field}-problem\"")).count(), 1, "{query}: {page}");
        assert!(!page.contains("No matching events"), "{query}: {page}");
        assert!(page.contains(&format!("href=\"#{field}\"")), "{query}: {page}");
    }
}
