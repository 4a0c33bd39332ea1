//! A manage token loses its rights while it is in use.

use jeton_tests::client::Answer;
use serde_json::{Value, json};

use crate::{Two, answered, at_once, expect_only};

const TOKENS: &str = "/manage/tokens";

/// A manage token: its path and its string.
async fn created(two: &Two) -> (String, String) {
    let made = two.jeton.post(TOKENS).manage(&two.jeton.manage).json(&json!({})).send().await.expect(201);
    (format!("{TOKENS}/{}", made.json()["id"]), made.field("token"))
}

async fn count(two: &Two, path: &str) -> usize {
    let list = two.jeton.get(path).manage(&two.jeton.manage).send().await.expect(200).json();
    list.as_array().unwrap().len()
}

async fn storage_tokens(two: &Two) -> usize {
    let list = two.jeton.get("/v2/storage/tokens").token(&two.jeton.master).send().await.expect(200).json();
    list.as_array().unwrap().len()
}

/// The revocation of a manage token's rights.
async fn ends(two: &Two, how: usize, path: &str, token: &str) -> Answer {
    let call = match how % 4 {
        0 => two.other.delete(path),
        1 => two.other.put(path).json(&json!({"isDisabled": true})),
        2 => two.other.post(&format!("{path}/refresh")).json(&json!({})),
        _ => two.other.post("/v2/storage/tokens/leaked").json(&json!({"tokens": [token]})),
    };
    call.manage(&two.jeton.manage).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_manage_token_makes_nothing_once_its_end_was_answered() {
    let two = Two::start().await;
    let of_project = format!("/manage/projects/{}/tokens", two.jeton.project);
    for round in 0..12 {
        let (path, token) = created(&two).await;
        let make = |n: usize| {
            let path = if n.is_multiple_of(2) { TOKENS } else { &of_project };
            two.front(n).post(path).manage(&token).json(&json!({"description": "made"})).send()
        };
        let (answers, left) = tokio::join!(at_once(16, make), async {
            let ended = ends(&two, round, &path, &token).await;
            assert!(ended.status.is_success(), "{}", ended.text());
            (count(&two, TOKENS).await, storage_tokens(&two).await)
        });
        expect_only(&answers, &[201, 401]);
        assert_eq!((count(&two, TOKENS).await, storage_tokens(&two).await), left, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_manage_token_does_not_undo_its_own_end() {
    let two = Two::start().await;
    for round in 0..12 {
        let (path, token) = created(&two).await;
        let undo = |n: usize| {
            let call = if n.is_multiple_of(2) {
                two.front(n).put(&path).json(&json!({"description": format!("{round} {n}")}))
            } else {
                two.front(n).put(&path).json(&json!({"isDisabled": false}))
            };
            call.manage(&token).send()
        };
        let (_, ended) = tokio::join!(at_once(16, undo), ends(&two, round, &path, &token));
        assert!(ended.status.is_success(), "{}", ended.text());
        let verify = two.jeton.get("/manage/tokens/verify").manage(&token).send().await;
        assert_eq!(verify.status, 401, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_manage_tokens_that_delete_themselves_at_once_leave_one_that_works() {
    let two = Two::start().await;
    for _ in 0..8 {
        let (path, token) = created(&two).await;
        let own = two.jeton.get("/manage/tokens/verify").manage(&two.jeton.manage).send().await.expect(200);
        let first = format!("{TOKENS}/{}", own.json()["id"]);
        let off = json!({"isDisabled": true});
        let answers = at_once(2, |n| {
            let (path, token) = if n == 0 { (&first, &two.jeton.manage) } else { (&path, &token) };
            two.front(n).put(path).manage(token).json(&off).send()
        })
        .await;
        expect_only(&answers, &[200, 409]);
        assert_eq!(answered(&answers, 200).len(), 1, "{answers:?}");
        // The busy one enables the other again, for the next round.
        let (by, other): (&String, &String) =
            if answers[0].status == 200 { (&token, &first) } else { (&two.jeton.manage, &path) };
        let on: Value = json!({"isDisabled": false});
        two.jeton.put(other).manage(by).json(&on).send().await.expect(200);
        two.jeton.delete(&path).manage(&two.jeton.manage).send().await.expect(204);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_of_one_manage_token_one_wins() {
    let two = Two::start().await;
    let (path, _) = created(&two).await;
    let refresh = format!("{path}/refresh");
    let answers =
        at_once(16, |n| two.front(n).post(&refresh).manage(&two.jeton.manage).json(&json!({})).send()).await;
    expect_only(&answers, &[200, 409]);
    let mut working = 0;
    for answer in answered(&answers, 200) {
        let token = answer.field("token");
        let verify = two.jeton.get("/manage/tokens/verify").manage(&token).send().await;
        working += usize::from(verify.status == 200);
    }
    assert_eq!(working, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_is_accepted_before_its_manage_token_is_deleted_or_not_at_all() {
    let two = Two::start().await;
    let users = format!("/manage/projects/{}/users", two.jeton.project);
    for round in 0..16 {
        let (path, token) = created(&two).await;
        let email = format!("eve{round}@example.org");
        two.jeton.post(&users).manage(&token).json(&json!({"email": email})).send().await.expect(204);
        let invitation = two.jeton.invitation(&email).await;
        let ((), joined) = tokio::join!(
            async {
                two.other.delete(&path).manage(&two.jeton.manage).send().await.expect(204);
            },
            two.front(round).pick_up(&invitation),
        );
        expect_only(std::slice::from_ref(&joined), &[200, 410]);
        two.jeton.pick_up(&invitation).await.expect(410);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_manage_token_that_refreshes_itself_all_the_time_is_refreshed_by_another() {
    let two = Two::start().await;
    for round in 0..8 {
        let (path, mut own) = created(&two).await;
        let refresh = format!("{path}/refresh");
        let itself = async {
            for turn in 0..200 {
                let call = two.front(turn).post(&refresh).manage(&own).json(&json!({}));
                match call.send().await {
                    lost if lost.status == 401 => return,
                    won => own = won.expect(200).field("token"),
                }
            }
            panic!("nobody stopped it");
        };
        let other = async {
            let call = two.front(round).post(&refresh).manage(&two.jeton.manage).json(&json!({}));
            let token = call.send().await.expect(200).field("token");
            two.jeton.get("/manage/tokens/verify").manage(&token).send().await.expect(200);
        };
        tokio::join!(itself, other);
    }
}
