//! Closing a busy project, and a whole store.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    task::Poll,
};

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
async fn manage_tokens_that_were_made_while_everything_closed_are_disabled_too() {
    let jeton = Jeton::start().await;
    let new_token = async |by: &str| {
        let created =
            jeton.post("/manage/tokens").manage(by).json(&json!({})).send().await.expect(201).json();
        (created["id"].as_u64().unwrap(), created["token"].as_str().unwrap().to_owned())
    };
    let mut before = Vec::new();
    for _ in 0..10 {
        before.push(new_token(&jeton.manage).await);
    }
    before.sort_unstable();
    // Ids are random: nearly all new ones are less than that of the one that creates them.
    let last = &before[9].1;
    let busy = AtomicUsize::new(0);
    let create_all = async |_| {
        let mut created = Vec::new();
        loop {
            let answer = jeton.post("/manage/tokens").manage(last).json(&json!({})).send().await;
            if answer.status.as_u16() != 201 {
                answer.expect_error(401, "storage.tokenDisabled");
                return created;
            }
            busy.fetch_add(1, Ordering::Relaxed);
            created.push(answer.field("token"));
        }
    };
    let closes = async {
        while busy.load(Ordering::Relaxed) < 10 {
            tokio::task::yield_now().await;
        }
        relocation::close_all(&jeton.app, |_| {}).await.unwrap();
    };
    let (created, ()) = tokio::join!(join_all((0..9).map(create_all)), closes);
    for token in created.iter().flatten().chain(before.iter().map(|(_, token)| token)) {
        let answer = jeton.get("/manage/tokens/verify").manage(token).send().await;
        answer.expect_error(401, "storage.tokenDisabled");
    }
}

#[tokio::test]
async fn manage_tokens_that_make_others_all_the_time_are_all_disabled_or_that_is_said() {
    let jeton = Jeton::start().await;
    let is_closed = AtomicBool::new(false);
    let create_all = async |_| {
        let mut created = vec![jeton.manage.clone()];
        while !is_closed.load(Ordering::Relaxed) {
            let newest = created.last().map(String::as_str).unwrap_or_default();
            let answer = jeton.post("/manage/tokens").manage(newest).json(&json!({})).send().await;
            match answer.status.as_u16() {
                201 => created.push(answer.field("token")),
                401 => return created,
                other => panic!("{other}: {}", answer.text()),
            }
        }
        created
    };
    let closes = async {
        let outcome = relocation::close_all(&jeton.app, |_| {}).await;
        is_closed.store(true, Ordering::Relaxed);
        outcome
    };
    let (created, outcome) = tokio::join!(join_all((0..3).map(create_all)), closes);
    match outcome {
        Err(error) => assert!(error.to_string().contains("stop the servers"), "{error}"),
        Ok(_) => {
            for token in created.concat() {
                let answer = jeton.get("/manage/tokens/verify").manage(&token).send().await;
                answer.expect_error(401, "storage.tokenDisabled");
            }
        }
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

#[tokio::test]
async fn when_everything_is_closed_nobody_gets_in_and_an_interrupted_close_goes_on() {
    let jeton = Jeton::start().await;
    let console =
        jeton_tests::console_client::ConsoleClient::signed_in(&jeton, jeton_tests::jeton::ADMIN).await;
    for _ in 0..20 {
        jeton.post("/v2/storage/tokens").token(&jeton.master).json(&json!({})).send().await.expect(201);
    }
    let closed = AtomicU64::new(0);
    let mut interrupted =
        Box::pin(relocation::close_all(&jeton.app, |done| closed.store(done, Ordering::Relaxed)));
    std::future::poll_fn(|context| match closed.load(Ordering::Relaxed) {
        0..5 => interrupted.as_mut().poll(context).map(|ended| panic!("it was not interrupted: {ended:?}")),
        _ => Poll::Ready(()),
    })
    .await;
    drop(interrupted);
    let all = relocation::close_all(&jeton.app, |_| {}).await.unwrap();
    let [project] = &all.projects[..] else { panic!("{all:?}") };
    assert!(project.was_closed && all.failed.is_empty(), "{all:?}");
    assert_eq!((all.sessions, all.manage_tokens), (1, 0), "manage tokens were disabled first");
    let again = relocation::close_all(&jeton.app, |_| panic!("a token was still open")).await.unwrap();
    assert_eq!((again.sessions, again.manage_tokens, again.projects.len()), (0, 0, 1));

    assert_eq!(jeton.verify(&jeton.master).await, 401);
    let manage = jeton.get("/manage/tokens/verify").manage(&jeton.manage).send().await;
    manage.expect_error(401, "storage.tokenDisabled");
    relocation::open(&jeton.app, jeton.project, |_| {}).await.unwrap();
    assert_eq!(jeton.verify(&jeton.master).await, 200);
    console.open("/console/sessions").await.expect(303);
    let events =
        jeton.get("/v2/storage/events?q=event:storage.memberSignedOut").token(&jeton.master).send().await;
    assert_eq!(events.expect(200).json().as_array().unwrap().len(), 1);
}
