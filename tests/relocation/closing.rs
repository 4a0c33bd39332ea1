//! Closing a busy project.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use jeton_service::relocation;
use jeton_tests::jeton::Jeton;
use serde_json::json;

#[tokio::test]
async fn whatever_was_made_while_it_closed_is_closed_too() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let by_manage = format!("/manage/projects/{}/tokens", jeton.project);
    let busy = AtomicUsize::new(0);
    let makes = async |number: usize| {
        let mut made = Vec::new();
        loop {
            let call = match number % 3 {
                0 => jeton.post("/v2/storage/tokens").token(&jeton.master),
                1 => jeton.post("/v2/storage/tokens").token(&manager.token),
                _ => jeton.post(&by_manage).manage(&jeton.manage),
            };
            let answer = call.json(&json!({})).send().await;
            match answer.status.as_u16() {
                201 => {
                    busy.fetch_add(1, Ordering::Relaxed);
                    made.push(answer.field("token"));
                }
                401 | 409 => return made,
                other => panic!("{other}: {}", answer.text()),
            }
        }
    };
    let closes = async {
        while busy.load(Ordering::Relaxed) < 30 {
            tokio::task::yield_now().await;
        }
        relocation::close(&jeton.app, jeton.project, |_| {}).await.unwrap();
    };
    let (made, ()) = tokio::join!(join_all((0..9).map(makes)), closes);
    let made = made.concat();
    for token in made.iter().chain([&jeton.master, &manager.token]) {
        assert_eq!(jeton.verify(token).await, 401);
    }
    relocation::open(&jeton.app, jeton.project, |_| {}).await.unwrap();
    for token in made.iter().chain([&jeton.master, &manager.token]) {
        assert_eq!(jeton.verify(token).await, 200);
    }
}

#[tokio::test]
async fn nobody_joins_leaves_or_signs_in_while_it_is_closed() {
    let jeton = Jeton::start().await;
    let invitation = jeton.invite("eve@example.org").await;
    let console =
        jeton_tests::console_client::ConsoleClient::signed_in(&jeton, jeton_tests::jeton::ADMIN).await;
    relocation::close(&jeton.app, jeton.project, |_| {}).await.unwrap();
    let users = format!("/manage/projects/{}/users", jeton.project);
    let bob = json!({"email": "bob@example.org"});
    jeton.post(&users).manage(&jeton.manage).json(&bob).send().await.expect_error(409, "projectClosed");
    let admin = format!("{users}/{}", jeton_tests::jeton::ADMIN);
    jeton.delete(&admin).manage(&jeton.manage).send().await.expect_error(409, "projectClosed");
    jeton.pick_up(&invitation).await.expect_error(409, "projectClosed");
    console.open("tokens").await.expect(409);
    relocation::open(&jeton.app, jeton.project, |_| {}).await.unwrap();
    console.open("tokens").await.expect(200);
    jeton.pick_up(&invitation).await.expect(200);
    let told = jeton.events(&jeton.master, "/v2/storage/events").await;
    for name in ["storage.projectClosed", "storage.projectOpened"] {
        assert_eq!(told.iter().filter(|event| event["event"] == name).count(), 1, "{name}");
    }
}
