//! `GET /v2/storage/events`, of one token, of a bucket or table, and one by one

use futures_util::future::join_all;
use jeton_service::limits::denied_events::tell_counts;
use jeton_tests::{
    client::{Answer, Call},
    jeton::{Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/events";

/// A token that has posted these messages, oldest first, and the ids of these events.
async fn posted(jeton: &Jeton, messages: &[&str]) -> (Held, Vec<String>) {
    let held = jeton.create(&json!({"description": "poster"})).await;
    let mut ids = Vec::new();
    for message in messages {
        ids.push(jeton.post_event(&held.token, &json!({"component": "it", "message": message})).await);
    }
    (held, ids)
}

async fn messages(jeton: &Jeton, token: &str, query: &str) -> Vec<String> {
    pluck(&jeton.events(token, &format!("{PATH}?{query}")).await, "message")
}

#[tokio::test]
async fn a_master_sees_the_project_and_others_what_they_did_themselves() {
    let jeton = Jeton::start().await;
    let (one, _) = posted(&jeton, &["mine"]).await;
    let (_, others) = posted(&jeton, &["theirs"]).await;
    let manager = jeton.create_manager(json!({})).await;
    assert_eq!(messages(&jeton, &one.token, "").await, ["mine"]);
    assert!(messages(&jeton, &manager.token, "component=it").await.is_empty());
    let all = messages(&jeton, &jeton.master, "component=it").await;
    assert_eq!(all, ["theirs", "mine"]);
    let hidden = jeton.get(&format!("{PATH}/{}", others[0])).token(&one.token).send().await;
    assert_eq!(hidden.expect_error(404, "storage.events.notFound"), "Event not found");
}

#[tokio::test]
async fn an_event_that_is_unknown_or_of_another_project_is_not_found() {
    let jeton = Jeton::start().await;
    let foreign = jeton.foreign().await;
    let theirs = jeton.post_event(&foreign.token, &json!({"component": "it", "message": "x"})).await;
    for id in [theirs.as_str(), "01958f48-b1fc-7f05-b9b9-8a4a7b385bc3", "123", "foo"] {
        let answer = jeton.get(&format!("{PATH}/{id}")).token(&jeton.master).send().await;
        assert_eq!(answer.expect_error(404, "storage.events.notFound"), "Event not found");
    }
}

#[tokio::test]
async fn detail_and_list_show_the_same_event_in_the_same_bytes() {
    let jeton = Jeton::start().await;
    let (held, ids) = posted(&jeton, &["x"]).await;
    let own = path(&held.id);
    let list = jeton.read(&jeton.master, &format!("{PATH}?limit=1")).await.text();
    for caller in [&jeton.master, &held.token] {
        for path in [format!("{PATH}/{}", ids[0]), format!("{own}/events/{}", ids[0])] {
            assert_eq!(format!("[{}]", jeton.read(caller, &path).await.text()), list);
        }
        let answer = jeton.read(caller, &format!("{own}/events")).await;
        assert_eq!(answer.json().as_array().unwrap().len(), 2);
        assert!(answer.text().starts_with(&list[..list.len() - 1]));
    }
}

#[tokio::test]
async fn the_events_of_a_token_are_those_by_it_and_about_it() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["by it"]).await;
    jeton.share(&held.id, "bob@example.org").await;
    let names = pluck(&jeton.events(&held.token, &format!("{}/events", path(&held.id))).await, "event");
    assert_eq!(names, ["storage.tokenShared", "ext.it.", "storage.tokenCreated"]);
    assert_eq!(messages(&jeton, &held.token, "").await, ["by it"]);
}

#[tokio::test]
async fn the_events_of_another_token_are_for_managers() {
    let jeton = Jeton::start().await;
    let (held, ids) = posted(&jeton, &["x"]).await;
    let limited = jeton.create(&json!({"canManageBuckets": true})).await;
    let manager = jeton.create_manager(json!({})).await;
    let events = format!("{}/events", path(&held.id));
    let one = format!("{events}/{}", ids[0]);
    for path in [&events, &one] {
        jeton.get(path).token(&limited.token).send().await.expect_error(403, "accessDenied");
        jeton.read(&manager.token, path).await;
    }
    for id in [jeton.foreign().await.id.as_str(), "281474976710655"] {
        let answer = jeton.get(&format!("{}/events", path(id))).token(&manager.token).send().await;
        answer.expect_error(404, "storage.tokens.notFound");
    }
    let answer = jeton.get("/v2/storage/tokens/foo/events").token(&jeton.master).send().await.expect(404);
    assert!(answer.field("error").contains("resource not found"));
}

#[tokio::test]
async fn the_history_of_a_deleted_token_can_be_read_until_retention_ends() {
    let jeton = Jeton::start().await;
    let (held, ids) = posted(&jeton, &["x"]).await;
    jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
    jeton.read(&jeton.master, &format!("{}/events/{}", path(&held.id), ids[0])).await;
    // Six months after 15 January, less a second; then all of them.
    jeton.pass_seconds(181 * 86_400 - 1);
    assert_eq!(jeton.history(&held.id).await.len(), 3);
    jeton.pass_seconds(1);
    let one = jeton.get(&format!("{PATH}/{}", ids[0])).token(&jeton.master).send().await;
    one.expect_error(404, "storage.events.notFound");
    assert!(jeton.events(&jeton.master, PATH).await.is_empty());
}

#[tokio::test]
async fn a_question_lies_with_its_token_and_not_in_the_feed_of_the_project() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"componentAccess": ["a"]})).await;
    jeton.may(&held.token, json!({"component": "a"})).await;
    let question = jeton.last_event(&held.id).await;
    assert_eq!((&question["event"], &question["origin"]), (&json!("test.asked"), &json!("question")));
    assert!(messages(&jeton, &jeton.master, "q=event:test.asked").await.is_empty());
    let one = format!("{PATH}/{}", question["uuid"].as_str().unwrap());
    jeton.read(&held.token, &one).await;
    let uri = question["uri"].as_str().unwrap();
    jeton.read(&jeton.master, uri.strip_prefix(&jeton.url).unwrap()).await;
}

#[tokio::test]
async fn events_of_buckets_and_tables_are_for_masters() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    for (kind, id) in [("bucket", "in.c-main"), ("table", "in.c-main.users")] {
        let event = json!({"component": "it", "message": kind, "objectType": kind, "objectId": id});
        jeton.post_event(&manager.token, &event).await;
        let path = format!("/v2/storage/{kind}s/{id}/events");
        let events = jeton.events(&jeton.master, &path).await;
        assert_eq!(pluck(&events, "message"), [kind]);
        assert_eq!((&events[0]["objectId"], &events[0]["objectType"]), (&json!(id), &json!(kind)));
        jeton.get(&path).token(&manager.token).send().await.expect_error(403, "accessDenied");
    }
    assert!(jeton.events(&jeton.master, "/v2/storage/tables/in.c-main.other/events").await.is_empty());
    assert!(jeton.events(&jeton.master, "/v2/storage/tables/in.c-main/events").await.is_empty());
}

#[tokio::test]
async fn filters_by_component_configuration_and_run_all_hold_at_once() {
    let jeton = Jeton::start().await;
    let since = jeton.post_event(&jeton.master, &json!({"component": "a", "message": "before"})).await;
    for (component, configuration, message) in [("a", "1", "a1"), ("a", "2", "a2"), ("b", "1", "b1")] {
        let event = json!({
            "component": component, "configurationId": configuration, "runId": "7.8", "message": message,
        });
        jeton.post_event(&jeton.master, &event).await;
    }
    for (query, expected) in [
        ("component=a", ["a2", "a1"].as_slice()),
        ("configurationId=1", &["b1", "a1"]),
        ("runId=7.8", &["b1", "a2", "a1"]),
        ("component=a&configurationId=1", &["a1"]),
        ("component=a&runId=7", &["a2", "a1"]),
        ("component=a&runId=7.", &[]),
        ("component=a&runId=7.8.9", &[]),
        ("component=&configurationId=&runId=&q=", &["b1", "a2", "a1"]),
    ] {
        let query = format!("sinceId={since}&{query}");
        assert_eq!(messages(&jeton, &jeton.master, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_query_matches_fields_and_words() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["test -", "test - search-123"]).await;
    let event = json!({
        "component": "ex-sfdc", "configurationId": "sys.c-sfdc.account-12", "message": "third", "type": "warn",
        "runId": "1.2", "objectType": "table", "objectId": "in.c-main.users", "objectName": "Users of it",
    });
    jeton.post_event(&held.token, &event).await;
    for (query, expected) in [
        ("search-123", ["test - search-123"].as_slice()),
        ("test", &["test - search-123", "test -"]),
        ("event:ext.ex-sfdc.sys.c-sfdc.account-12", &["third"]),
        ("configurationId:sys.c-sfdc.account-12", &["third"]),
        ("objectId:in.c-main.users%20AND%20objectType:table", &["third"]),
        ("objectName:%22Users%20of%20it%22", &["third"]),
        ("type:warn+AND+runId:1.2", &["third"]),
        ("message:thi*", &["third"]),
        ("component:it%20OR%20third", &["third", "test - search-123", "test -"]),
        ("idBranch:1%20AND%20third", &["third"]),
        ("idBranch:2", &[]),
        ("component:ex-sfd", &[]),
    ] {
        assert_eq!(messages(&jeton, &held.token, &format!("q={query}")).await, expected, "{query}");
    }
    let own = format!("q=token.id:{}%20AND%20project.id:{}", held.id, jeton.project);
    assert_eq!(messages(&jeton, &jeton.master, &own).await.len(), 3);
}

#[tokio::test]
async fn a_query_that_does_not_parse_says_so() {
    let jeton = Jeton::start().await;
    for query in [":%20success", "success:", "/GET", "*tables*", "a%20AND", "nofield:x", "%22open"] {
        let answer = jeton.get(&format!("{PATH}?q={query}")).token(&jeton.master).send().await;
        assert!(answer.expect(400).field("error").starts_with("Failed to parse query"), "{query}");
    }
}

#[tokio::test]
async fn a_query_takes_not_parentheses_and_who_acted_from_where_and_whom_it_was_mailed_to() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["one", "two", "three"]).await;
    jeton.share(&held.id, "Bob@example.org").await;
    for (query, expected) in [
        ("NOT+one", ["three", "two"].as_slice()),
        ("-one+-two", &["three"]),
        ("component:it+AND+NOT+(one+OR+two)", &["three"]),
        ("message:(one+OR+three)", &["three", "one"]),
        ("one+OR+two+AND+by:poster", &["two", "one"]),
        ("(one+OR+two)+by:POST*", &["two", "one"]),
        ("remoteAddr:127.0.0.1", &["three", "two", "one"]),
        ("-remoteAddr:127.*", &[]),
    ] {
        assert_eq!(messages(&jeton, &held.token, &format!("q={query}")).await, expected, "{query}");
    }
    for (query, expected) in [("recipient:bob@example.org", 1), ("recipient:bob*", 1), ("recipient:bo", 0)] {
        let path = format!("{}/events?q={query}", path(&held.id));
        assert_eq!(jeton.events(&jeton.master, &path).await.len(), expected, "{query}");
    }
    let deep = format!("{PATH}?q={}a{}", "(".repeat(11), ")".repeat(11));
    for (path, why) in [
        (format!("{PATH}?q=a+(b+OR+c"), "a parenthesis is not closed (at character 3)"),
        (deep, "its parentheses are nested deeper than 10 levels (at character 11)"),
    ] {
        let rejected = jeton.get(&path).token(&jeton.master).send().await;
        let said = rejected.expect_error(400, "storage.events.invalidQuery");
        assert_eq!(said, format!("Failed to parse query: {why}"));
    }
}

#[tokio::test]
async fn a_list_from_one_time_to_another_has_the_events_at_the_first_and_none_at_the_second() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "poster"})).await;
    // At 12:00, 12:01, 12:02 and, on the next day, at 12:02.
    for (message, passes) in [("1", 60), ("2", 60), ("3", 86_400), ("4", 0)] {
        let about = json!({"objectType": "bucket", "objectId": "in.c-main"});
        let mut event = json!({"component": "it", "message": message});
        event.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        jeton.post_event(&held.token, &event).await;
        jeton.pass_seconds(passes);
    }
    let feeds = [
        PATH.to_owned(),
        format!("{}/events", path(&held.id)),
        "/v2/storage/buckets/in.c-main/events".to_owned(),
    ];
    for (query, expected) in [
        ("from=2026-01-15T12:01:00Z", "432"),
        ("to=2026-01-15T12:01:00Z", "1"),
        ("from=2026-01-15T12:01:00Z&to=2026-01-15T12:02:00Z", "2"),
        ("from=2026-01-15T12:01:00.001Z&to=2026-01-15T12:02:00.001Z", "3"),
        ("from=2026-01-15T13:01:00+01:00&to=2026-01-16&sortOrder=asc", "23"),
        ("from=2026-01-15T13:01:00%2B0100&to=2026-01-16", "32"),
        ("from=2026-01-16", "4"),
        ("from=2025-01-01&to=2027-01-01&limit=3", "432"),
        ("from=&to=", "4321"),
        ("from=2026-01-17", ""),
    ] {
        for feed in &feeds {
            let listed = jeton.events(&jeton.master, &format!("{feed}?{query}&q=component:it")).await;
            let listed = pluck(&listed, "message").concat();
            assert_eq!(listed, expected, "{feed} {query}");
        }
    }
    for query in ["from=2026-01-16&to=2026-01-15", "from=2026-01-16&to=2026-01-16T00:00:00Z"] {
        let rejected = jeton.get(&format!("{PATH}?{query}")).token(&jeton.master).send().await;
        assert_eq!(rejected.expect_error(400, "validationError"), "to must be after from");
    }
}

#[tokio::test]
async fn a_range_is_paged_to_its_end_and_no_further() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for message in ["1", "2", "3", "4", "5"] {
        jeton.post_event(&held.token, &json!({"component": "it", "message": message})).await;
        jeton.pass_seconds(60);
    }
    for (order, expected) in [("desc", "432"), ("asc", "234")] {
        let mut next =
            format!("{PATH}?from=2026-01-15T12:01:00Z&to=2026-01-15T12:04:00Z&limit=1&sortOrder={order}");
        let mut seen = String::new();
        loop {
            let page = jeton.read(&held.token, &next).await;
            seen += &pluck(page.json().as_array().unwrap(), "message").concat();
            let Some(link) = page.header("link") else { break };
            let url = link.split_once('>').unwrap().0;
            next = url.strip_prefix(&format!("<{}", jeton.url)).unwrap().to_owned();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn a_list_is_newest_first_and_paged_by_limit_offset_since_and_max() {
    let jeton = Jeton::start().await;
    let (held, ids) = posted(&jeton, &["1", "2", "3", "4", "5"]).await;
    let list = async |query: String| messages(&jeton, &held.token, &query).await.concat();
    assert_eq!(list(String::new()).await, "54321");
    assert_eq!(list("limit=2".to_owned()).await, "54");
    assert_eq!(list("limit=2&offset=2".to_owned()).await, "32");
    assert_eq!(list("offset=5".to_owned()).await, "");
    assert_eq!(list(format!("sinceId={}", ids[1])).await, "543");
    assert_eq!(list(format!("maxId={}", ids[3])).await, "321");
    assert_eq!(list(format!("sinceId={}&maxId={}", ids[0], ids[4])).await, "432");
    assert_eq!(list("sortOrder=asc&limit=3".to_owned()).await, "123");
    assert_eq!(list(format!("sortOrder=asc&sinceId={}", ids[2])).await, "45");
    assert_eq!(list("sortOrder=desc&limit=100&offset=0&forceUuid=1".to_owned()).await, "54321");
}

#[tokio::test]
async fn the_order_of_events_is_the_order_of_their_uuids() {
    let jeton = Jeton::start().await;
    let (_, ids) = posted(&jeton, &["1"; 50]).await;
    assert!(ids.is_sorted());
    assert!(ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'7' && *id == id.to_lowercase()));
}

#[tokio::test]
async fn what_a_list_cannot_mean_is_named() {
    let jeton = Jeton::start().await;
    for (query, field) in [
        ("limit=10001", "limit"),
        ("limit=0", "limit"),
        ("offset=10001", "offset"),
        ("offset=-1", "offset"),
        ("sinceId=7", "sinceId"),
        ("maxId=x", "maxId"),
        ("sortOrder=up", "sortOrder"),
    ] {
        let answer = jeton.get(&format!("{PATH}?{query}")).token(&jeton.master).send().await;
        assert!(answer.expect_error(400, "validationError").contains(field), "{query}");
    }
    jeton.read(&jeton.master, &format!("{PATH}?limit=10000&offset=10000")).await;
}

/// The path and query of the next page's link.
fn next(jeton: &Jeton, link: &str) -> String {
    let (url, rel) = link.split_once('>').unwrap();
    assert_eq!(rel, "; rel=\"next\"");
    url.strip_prefix('<').unwrap().strip_prefix(&jeton.url).unwrap().to_owned()
}

#[tokio::test]
async fn a_link_leads_from_page_to_page_in_either_order() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["1", "2", "3", "4", "5"]).await;
    for (order, expected) in [("desc", ["54", "32", "1"]), ("asc", ["12", "34", "5"])] {
        let mut path = Some(format!("{}/events?component=it&limit=2&sortOrder={order}", path(&held.id)));
        for expected in expected {
            let answer = jeton.read(&held.token, &path.unwrap()).await;
            let Value::Array(events) = answer.json() else { panic!("no list") };
            assert_eq!(pluck(&events, "message").concat(), expected);
            path = answer.header("link").map(|link| next(&jeton, link));
        }
        assert_eq!(path, None);
    }
}

#[tokio::test]
async fn an_answer_is_never_larger_than_a_lambda_function_can_send() {
    let jeton = Jeton::start().await;
    let event = json!({"component": "it", "message": "\"".repeat(95_000)});
    join_all((0..28).map(|_| jeton.post_event(&jeton.master, &event))).await;
    let first = jeton.read(&jeton.master, &format!("{PATH}?component=it")).await;
    let sent = serde_json::to_string(&first.text()).unwrap();
    assert!(sent.len() < 6_100_000, "{}", sent.len());
    let rest = jeton.read(&jeton.master, &next(&jeton, first.header("link").unwrap())).await;
    let count = |answer: &Answer| answer.json().as_array().unwrap().len();
    assert_eq!(count(&first) + count(&rest), 28);
}

#[tokio::test]
async fn an_answer_ends_at_5_megabytes_and_links_to_the_rest() {
    let jeton = Jeton::start().await;
    let event = json!({"component": "it", "message": "x".repeat(190_000)});
    join_all((0..28).map(|_| jeton.post_event(&jeton.master, &event))).await;
    let first = jeton.read(&jeton.master, &format!("{PATH}?component=it")).await;
    assert!(first.body.len() <= 5_000_000);
    let rest = jeton.read(&jeton.master, &next(&jeton, first.header("link").unwrap())).await;
    let count = |answer: &Answer| answer.json().as_array().unwrap().len();
    assert_eq!(count(&first) + count(&rest), 28);
    assert_eq!(rest.header("link"), None);
}

#[tokio::test]
async fn no_events_are_an_empty_list() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let answer = jeton.read(&held.token, PATH).await;
    assert_eq!((answer.text().as_str(), answer.content_type()), ("[]", Some("application/json")));
}

#[tokio::test]
async fn a_denied_call_of_a_token_leaves_an_event_that_names_the_route() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let answer = jeton.get(&path(&jeton.master_id)).token(&held.token).send().await;
    answer.expect_error(403, "accessDenied");
    let event = jeton.last_event(&held.id).await;
    assert_eq!((&event["event"], &event["type"]), (&json!("storage.accessDenied"), &json!("warn")));
    assert_eq!(event["params"]["route"], "/v2/storage/tokens/{token}");
    assert_eq!(event["params"]["token"], jeton.master_id);
    assert_eq!(event["token"]["id"], held.id);
    let shared = format!("{}/share", path(&jeton.master_id));
    let answer = jeton.post(&shared).token(&jeton.master).json(&json!({"recipientEmail": "a@b.cz"}));
    answer.send().await.expect_error(403, "storage.token.cannotShareMasterToken");
    assert_eq!(jeton.last_event(&jeton.master_id).await["event"], "storage.accessDenied");
}

#[tokio::test]
async fn a_page_that_ends_where_the_feed_ends_links_to_nothing() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["1", "2", "3"]).await;
    let history = format!("{}/events", path(&held.id));
    let full = jeton.read(&held.token, &format!("{history}?limit=4")).await;
    assert_eq!(full.json().as_array().unwrap().len(), 4);
    assert_eq!(full.header("link"), None);
    assert!(jeton.read(&held.token, &format!("{history}?limit=3")).await.header("link").is_some());
}

#[tokio::test]
async fn one_call_looks_at_ten_thousand_events_and_its_link_keeps_the_rest_of_the_offset() {
    let jeton = Jeton::start().await;
    let (held, _) = posted(&jeton, &["wanted"; 3]).await;
    for _ in 0..101 {
        let other = json!({"component": "it", "message": "other"});
        join_all((0..100).map(|_| jeton.post_event(&held.token, &other))).await;
    }
    let first = jeton.read(&held.token, &format!("{PATH}?q=wanted&offset=2")).await;
    assert_eq!(first.json(), json!([]));
    let rest = jeton.read(&held.token, &next(&jeton, first.header("link").unwrap())).await;
    assert_eq!(rest.json().as_array().unwrap().len(), 1);
    assert_eq!(rest.header("link"), None);
}

#[tokio::test]
async fn a_denied_call_is_in_the_history_of_the_token_it_was_about() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let stronger = jeton.create(&json!({"canPurgeTrash": true})).await;
    let refresh = format!("{}/refresh", path(&stronger.id));
    jeton.post(&refresh).token(&manager.token).send().await.expect_error(403, "accessDenied");
    assert_eq!(jeton.history(&stronger.id).await, ["storage.accessDenied", "storage.tokenCreated"]);
}

/// The recorded denials: how many each event stands for, the newest first.
async fn denied_counts(jeton: &Jeton, id: &str) -> Vec<u64> {
    let path = format!("/v2/storage/tokens/{id}/events?q=event:storage.accessDenied");
    let events = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    let count = |event: &Value| event["params"].get("count").map_or(1, |count| count.as_u64().unwrap());
    events.as_array().unwrap().iter().map(count).collect()
}

#[tokio::test]
async fn denied_calls_that_repeat_are_one_event_a_minute_with_their_number() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let rejected = async |call: Call| {
        call.token(&held.token).send().await.expect_error(403, "accessDenied");
    };
    for _ in 0..57 {
        rejected(jeton.post("/v2/storage/tokens")).await;
    }
    assert_eq!(denied_counts(&jeton, &held.id).await, [1], "the first one at once");
    let other = format!("/v2/storage/tokens/{}", jeton.master_id);
    rejected(jeton.get(&other)).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [1, 1], "another kind is another event");
    jeton.pass_seconds(60);
    rejected(jeton.post("/v2/storage/tokens")).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [56, 1, 1, 1]);
    let told = jeton.last_event(&held.id).await;
    assert!(told["message"].as_str().unwrap().ends_with(" (56 more times)"), "{told}");
    assert_eq!(told["params"]["until"], "2026-01-15T12:00:00+0000");
}

#[tokio::test]
async fn denied_calls_of_one_route_are_one_event_a_minute_whatever_ids_they_name() {
    let jeton = Jeton::start().await;
    let (held, manager) = (jeton.create(&json!({})).await, jeton.create_manager(json!({})).await);
    let stronger = jeton.create(&json!({"canPurgeTrash": true})).await;
    let strongest = jeton.create(&json!({"canPurgeTrash": true, "canCreateJobs": true})).await;
    for id in 1..40 {
        jeton.get(&path(&id.to_string())).token(&held.token).send().await.expect(403);
    }
    assert_eq!(denied_counts(&jeton, &held.id).await, [1]);
    for id in [&stronger.id, &strongest.id, &stronger.id] {
        jeton.post(&format!("{}/refresh", path(id))).token(&manager.token).send().await.expect(403);
    }
    assert_eq!(denied_counts(&jeton, &manager.id).await, [1]);
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [38, 1]);
    let told = jeton.last_event(&manager.id).await;
    assert_eq!((&told["params"]["count"], &told["params"]["token"]), (&json!(2), &Value::Null));
    assert_eq!(denied_counts(&jeton, &strongest.id).await, [0; 0], "nobody knows how many were about it");
}

#[tokio::test]
async fn what_was_counted_is_told_when_its_minute_is_over_or_the_process_ends() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let rejected = async || {
        jeton.post("/v2/storage/tokens").token(&held.token).send().await.expect_error(403, "accessDenied");
    };
    for _ in 0..3 {
        rejected().await;
    }
    tell_counts(&jeton.app, false).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [1], "the minute is not over");
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [2, 1]);
    rejected().await;
    rejected().await;
    tell_counts(&jeton.app, true).await;
    assert_eq!(denied_counts(&jeton, &held.id).await, [1, 1, 2, 1]);
    tell_counts(&jeton.app, true).await;
    assert_eq!(denied_counts(&jeton, &held.id).await.len(), 4);
}

#[tokio::test]
async fn denied_calls_at_the_same_time_are_one_event() {
    let jeton = Jeton::start().await;
    let limited = jeton.create(&json!({})).await;
    let rejected =
        (0..20).map(|_| jeton.post("/v2/storage/tokens").token(&limited.token).json(&json!({})).send());
    for answer in join_all(rejected).await {
        answer.expect_error(403, "accessDenied");
    }
    let denied = async || {
        let history = jeton.history(&limited.id).await;
        history.iter().filter(|event| *event == "storage.accessDenied").count()
    };
    assert_eq!(denied().await, 1);
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    assert_eq!(denied().await, 2);
    assert_eq!(jeton.last_event(&limited.id).await["params"]["count"], 19);
}
