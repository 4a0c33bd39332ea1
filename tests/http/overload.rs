//! Overload, and callers with too many wrong tokens.

use std::{cell::Cell, time::Duration};

use jeton_core::id::TokenId;
use jeton_service::{
    app::App,
    limits::answers::LARGEST,
    limits::throttle::{ConcurrencyLimit, WRONG_TOKENS},
};
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    reading::path,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test]
async fn who_finds_no_place_soon_is_told_to_come_again_and_nothing_is_changed() {
    let jeton = Jeton::start_as(|app| App { concurrency: ConcurrencyLimit::new(1), ..app }).await;
    let place = jeton.app.concurrency.acquire().await.unwrap();
    let verify = || jeton.get("/v2/storage/tokens/verify").token(&jeton.master).send();
    let rejected = verify().await;
    assert_eq!(rejected.header("retry-after"), Some("1"));
    assert_eq!(rejected.json()["reason"], "There are too many requests at once");
    rejected.expect_error(503, "serviceUnavailable");
    let create = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&json!({}));
    create.send().await.expect_error(503, "serviceUnavailable");
    jeton.get("/health").send().await.expect(200);

    drop(place);
    verify().await.expect(200);
    let tokens = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), 1, "what was refused was not made");
}

#[tokio::test]
async fn who_finds_a_place_soon_is_answered() {
    let jeton = Jeton::start_as(|app| App { concurrency: ConcurrencyLimit::new(1), ..app }).await;
    let place = jeton.app.concurrency.acquire().await.unwrap();
    let verify = jeton.get("/v2/storage/tokens/verify").token(&jeton.master).send();
    let leaves = async {
        while jeton.app.concurrency.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        drop(place);
    };
    tokio::join!(verify, leaves).0.expect(200);
}

#[tokio::test]
async fn who_sends_a_body_by_drops_keeps_no_place_from_others() {
    let jeton = Jeton::start_as(|app| App { concurrency: ConcurrencyLimit::new(1), ..app }).await;
    let mut slow = TcpStream::connect(jeton.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /v2/storage/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        jeton.get("/v2/storage/tokens/verify").token(&jeton.master).send().await.expect(200);
    }
}

#[tokio::test]
async fn bodies_that_come_slowly_make_room_for_others_and_change_nothing() {
    let jeton =
        Jeton::start_as(|app| App { concurrency: ConcurrencyLimit::default().with_room_for(250_000), ..app })
            .await;
    let address = jeton.url.strip_prefix("http://").unwrap();
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v2/storage/tokens HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             x-storageapi-token: {}\r\nconnection: close\r\ncontent-length: 30000\r\n\r\n{}",
            jeton.master,
            " ".repeat(29_000)
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // A client that sends at once is answered, however many others have begun to send.
    for _ in 0..8 {
        let wish = json!({"description": "at once", "ignored": "x".repeat(50_000)});
        jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish).send().await.expect(201);
    }
    let mut answer = String::new();
    slow[0].read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("too many requests"), "{answer}");
    // A client that wants its answer after all of this is answered too.
    drop(slow);
    jeton.get("/v2/storage/tokens/verify").token(&jeton.master).send().await.expect(200);
    let tokens = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    assert_eq!(tokens.as_array().unwrap().len(), 9, "what was cut off was not made");
}

#[tokio::test]
async fn a_source_of_many_wrong_tokens_is_slowed_and_its_right_ones_are_not() {
    let proxy = "127.0.0.0/8".parse().unwrap();
    let jeton = Jeton::start_as(|app| App { trusted_proxies: vec![proxy], ..app }).await;
    let held = jeton.create(&json!({})).await;
    let renewed = jeton.refresh(&held).await;
    let verify = |token: &str, from: &'static str| {
        jeton.get("/v2/storage/tokens/verify").token(token).header("x-forwarded-for", from).send()
    };
    for _ in 0..WRONG_TOKENS {
        verify(&held.token, "192.0.2.1").await.expect_error(401, "storage.tokenInvalid");
    }
    let slowed = verify(&held.token, "192.0.2.1").await;
    assert_eq!(slowed.header("retry-after"), Some("60"));
    slowed.expect_error(429, "tooManyWrongTokens");
    verify("nonsense", "192.0.2.1").await.expect_error(429, "tooManyWrongTokens");
    verify(&renewed.token, "192.0.2.1").await.expect(200);
    verify(&held.token, "192.0.2.2").await.expect_error(401, "storage.tokenInvalid");
    jeton.pass_seconds(60);
    verify(&held.token, "192.0.2.1").await.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn who_finds_no_room_for_a_list_is_told_to_come_again_and_small_answers_wait_for_nothing() {
    let jeton = Jeton::start_as(|app| App {
        concurrency: ConcurrencyLimit::default().with_room_for_answers(LARGEST),
        ..app
    })
    .await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({})).await;
    let under_way = jeton.app.concurrency.answers.room(None, None, LARGEST).await.unwrap();
    let lists = [
        "/v2/storage/tokens".to_owned(),
        "/v2/storage/events".to_owned(),
        format!("{}/events", path(&held.id)),
    ];
    let list = |list: &str| jeton.get(list).token(&jeton.master).manage(&jeton.manage).send();
    let is_over = Cell::new(false);
    let rejected = async {
        let (tokens, events, of_token, manage, export) = tokio::join!(
            list(&lists[0]),
            list(&lists[1]),
            list(&lists[2]),
            list("/manage/tokens"),
            console.open("export?format=csv")
        );
        for answer in [tokens, events, of_token, manage] {
            assert_eq!(answer.header("retry-after"), Some("1"));
            answer.expect_error(503, "serviceUnavailable");
        }
        assert_eq!(export.expect(503).header("retry-after"), Some("1"));
        is_over.set(true);
    };
    let waiting = || jeton.app.concurrency.answers.waiting();
    let meanwhile = async {
        // On a slow machine the wait of some is over before all of them wait.
        while waiting() < 5 && !is_over.get() {
            tokio::task::yield_now().await;
        }
        jeton.get("/health").send().await.expect(200);
        assert_eq!(jeton.verify(&held.token).await, 200);
        jeton.get(&path(&held.id)).token(&jeton.master).send().await.expect(200);
        jeton.create(&json!({})).await;
        jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
        assert!(waiting() <= 5, "nobody else waits");
    };
    tokio::join!(rejected, meanwhile);
    drop(under_way);
    list("/v2/storage/tokens").await.expect(200);
    list("/manage/tokens").await.expect(200);
    console.open("export?format=csv").await.expect(200);
}

#[tokio::test]
async fn only_changes_of_tokens_that_are_there_are_limited_to_so_many_a_second() {
    let jeton = Jeton::start().await;
    let (held, master) = (jeton.create(&json!({})).await, jeton.master_id.parse::<TokenId>().unwrap());
    let changes = &jeton.app.throttle.changes;
    // Uses the limit up all the time: otherwise some of it would be free again during the call.
    let flood = async {
        loop {
            for _ in 0..1000 {
                let _ = changes.count(jeton.project, master);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let mut flood = std::pin::pin!(flood);
    // Some of it is free again whenever the machine stands still for ten milliseconds.
    let mut calls = 0;
    let slowed = loop {
        let rename = json!({"description": format!("{calls}")});
        let call = jeton.put(&path(&held.id)).token(&jeton.master).json(&rename).send();
        let answer = tokio::select! {
            answer = call => answer,
            () = &mut flood => unreachable!("it never ends"),
        };
        if answer.status != 200 {
            break answer;
        }
        calls += 1;
        assert!(calls < 1000, "there is no end to it");
    };
    assert_eq!(slowed.header("retry-after"), Some("1"));
    slowed.expect_error(429, "changes.tooMany");
    jeton.create(&json!({})).await;
    let component = "/v2/storage/components/it/configs/1/token";
    jeton.put(component).token(&jeton.master).json(&json!({})).send().await.expect(201);
    jeton
        .put(&path(&held.id))
        .token(&jeton.master)
        .json(&json!({"isDisabled": true}))
        .send()
        .await
        .expect(200);
    jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
}
