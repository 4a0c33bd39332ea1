//! The cost of one event search, whatever was posted before.

use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::json;

const PATH: &str = "/v2/storage/events";

/// A token that has posted so many events of the maximum size.
async fn large_history(jeton: &Jeton, events: usize) -> Held {
    let held = jeton.create(&json!({"description": "poster"})).await;
    for _ in 0..events {
        let event = json!({"component": "it", "message": "a ".repeat(100_000)});
        jeton.post_event(&held.token, &event).await;
    }
    held
}

/// The path of the next page in an answer.
fn next(jeton: &Jeton, answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let url = link.strip_prefix('<')?.split_once(">; rel=\"next\"")?.0;
    Some(url.strip_prefix(jeton.url.as_str()).unwrap().to_owned())
}

#[tokio::test]
async fn a_query_of_more_than_20_terms_is_rejected_wherever_one_is_taken() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (terms, status) in [(20, 200), (21, 400), (495, 400)] {
        let query = format!("q={}", "a+".repeat(terms));
        let own = format!("/v2/storage/tokens/{}/events", jeton.master_id);
        for path in
            [PATH, &own, "/v2/storage/buckets/in.c-main/events", "/v2/storage/tables/in.c-main.t/events"]
        {
            let answer =
                jeton.get(&format!("{path}?{query}")).token(&jeton.master).send().await.expect(status);
            if status == 400 {
                let error = answer.expect_error(400, "storage.events.invalidQuery");
                assert!(error.contains("more than 20 terms"), "{error}");
            }
        }
        console.open(&format!("events?{query}")).await.expect(status);
        console.open(&format!("export?format=csv&{query}")).await.expect(status);
    }
}

#[tokio::test]
async fn a_search_that_finds_nothing_examines_16_megabytes_and_says_where_to_go_on() {
    let jeton = Jeton::start().await;
    // 101 events of 200 KB, including the creation.
    let held = large_history(&jeton, 100).await;
    let (mut path, mut calls) = (format!("{PATH}?limit=10000&q=nothing"), 1);
    loop {
        let answer = jeton.get(&path).token(&held.token).send().await.expect(200);
        assert_eq!(answer.json(), json!([]));
        let Some(rest) = next(&jeton, &answer) else {
            assert_eq!(answer.header("x-searched-to"), None, "all was searched");
            break;
        };
        assert_eq!(answer.header("x-searched-to"), Some("2026-01-15T12:00:00+0000"));
        (path, calls) = (rest, calls + 1);
    }
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn a_search_in_the_console_that_finds_nothing_says_how_far_back_it_looked_and_goes_on() {
    let jeton = Jeton::start().await;
    let held = large_history(&jeton, 100).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let none = console.open(&format!("tokens/{}/events?q=nothing", held.id)).await.expect(200).text();
    let since = none.split_once("No matching events since <time ").unwrap().1;
    assert!(since.split('<').next().unwrap().ends_with(">15 January 2026, 12:00 UTC"), "{none}");
    assert!(none.contains("Search older events"), "{none}");
    let next = none.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let end = console.open(&next).await.expect(200).text();
    assert!(end.contains("No matching events<") && !end.contains("rel=\"next\""), "{end}");
}

#[tokio::test]
async fn advice_examines_as_many_bytes_as_a_search_and_says_where_to_go_on() {
    let jeton = Jeton::start().await;
    let held = large_history(&jeton, 100).await;
    let path = format!("/v2/storage/tokens/{}/advice", held.id);
    let first = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    let next = first["next"].as_str().expect("not all was examined");
    let second = jeton.get(&format!("{path}?maxId={next}")).token(&jeton.master).send().await.expect(200);
    assert_eq!(second.json()["next"], json!(null));
}
