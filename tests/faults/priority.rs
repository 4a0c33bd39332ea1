//! Revocations get through although another process changes the token before each of their commits.

use std::sync::Arc;

use jeton_core::{
    event::{Event, first_uuid_at},
    id::{ManageTokenId, TokenId},
    manage::ManageToken,
    store::{Commit, CommitError, CommitStore as _, Revocable, TokenStore as _, Write},
    time::Timestamp,
    token::Token,
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::{
    client::Answer,
    dynamodb,
    fault_proxy::FaultProxy,
    jeton::{Held, Jeton, START},
    random::wrong_codes,
};
use serde_json::json;
use uuid::Uuid;

use crate::scene;

/// More changes than a revocation lets come first.
const MANY: usize = 20;

/// A Jeton whose table is behind a proxy, and another process on the table.
struct Scene {
    jeton: Jeton,
    proxy: FaultProxy,
    table: DynamoDb,
}

/// What another process did to a token.
#[derive(Default)]
struct Rivalry {
    changes: usize,
    conflicts: usize,
}

impl Scene {
    async fn new() -> Self {
        let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        Self { jeton, proxy, table: dynamodb::table_at(&dynamodb::endpoint(), &table) }
    }

    /// Lets another process change the token before each transaction of this call that concerns it.
    async fn although_others_come_first<T>(&self, id: &str, call: impl Future<Output = T>) -> (T, Rivalry) {
        self.although_others_change(self.token(id), call).await
    }

    /// The same of any token.
    async fn although_others_change<T>(&self, of: Revocable, call: impl Future<Output = T>) -> (T, Rivalry) {
        let mut rivalry = Rivalry::default();
        let partition = match of {
            Revocable::Token(project, token) => format!("V#{project}#{token}"),
            Revocable::ManageToken(id) => format!("M#{id}"),
        };
        let others = async {
            loop {
                let commit = self.proxy.hold("TransactWriteItems", &partition, 0);
                match commit.meanwhile(self.change(of)).await {
                    Ok(()) => rivalry.changes += 1,
                    Err(CommitError::Conflict(0)) => rivalry.conflicts += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let outcome = tokio::select! { outcome = call => outcome, () = others => unreachable!() };
        (outcome, rivalry)
    }

    /// Changes the token as another process, which takes no rights away.
    async fn change(&self, of: Revocable) -> Result<(), CommitError> {
        let (number, version, write) = match of {
            Revocable::Token(project, id) => {
                let Some(token) = self.table.token(project, id).await.unwrap() else { return Ok(()) };
                let version = token.version + 1;
                (id.number(), version, Write::ReplaceToken(Token { version, ..token }))
            }
            Revocable::ManageToken(id) => {
                let Some(token) = self.table.manage_token(id).await.unwrap() else { return Ok(()) };
                let version = token.version + 1;
                (id.number().into(), version, Write::ReplaceManageToken(ManageToken { version, ..token }))
            }
        };
        let now = Timestamp::from_millis(START);
        let uuid = u128::from(number) << 12 | u128::from(version);
        let uuid = Uuid::from_u128(first_uuid_at(now).as_u128() | uuid);
        let event =
            Event { uuid, project: Some(self.jeton.project), created: now, ..scene::event(1, "system") };
        self.table.commit(&Commit { writes: vec![write], events: vec![event] }).await
    }

    fn token(&self, id: &str) -> Revocable {
        Revocable::Token(self.jeton.project, TokenId::new(id.parse().unwrap()).unwrap())
    }

    /// What takes rights away from a token, by its master.
    async fn take_away(&self, what: &str, token: &Held, path: &str) -> Answer {
        let jeton = &self.jeton;
        let call = match what {
            "disable" => jeton.put(path).json(&json!({"isDisabled": true})),
            "narrow" => jeton.put(path).json(&json!({"componentAccess": ["a.b"]})),
            "refresh" => jeton.post(&format!("{path}/refresh")),
            "delete" => jeton.delete(path),
            "delete a copy" => jeton.delete(&format!("{path}/copies/1")),
            "leak" => {
                return jeton
                    .post("/v2/storage/tokens/leaked")
                    .json(&json!({"tokens": [token.token]}))
                    .send()
                    .await;
            }
            other => panic!("{other}"),
        };
        call.token(&jeton.master).send().await
    }
}

fn path(id: &str) -> String {
    format!("/v2/storage/tokens/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_rights_away_gets_through_although_another_process_comes_first_each_time() {
    let scene = Scene::new().await;
    for what in ["refresh", "disable", "narrow", "delete", "delete a copy", "leak"] {
        let token = scene.jeton.create_manager(json!({"componentAccess": ["a.b", "c.d"]})).await;
        let path = path(&token.id);
        let call = scene.take_away(what, &token, &path);
        let (answer, rivalry) = scene.although_others_come_first(&token.id, call).await;
        assert!(answer.status.is_success(), "{what}: {}", answer.text());
        assert!(rivalry.changes < MANY, "{what} let {} changes come first", rivalry.changes);
        if what != "narrow" {
            assert_eq!(scene.jeton.verify(&token.token).await, 401, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_change_of_another_process_is_stored_once_the_revocation_is() {
    let scene = Scene::new().await;
    let token = scene.jeton.create(&json!({})).await;
    let path = path(&token.id);
    let call = scene.take_away("refresh", &token, &path);
    let (answer, rivalry) = scene.although_others_come_first(&token.id, call).await;
    answer.expect(200);
    assert!(rivalry.conflicts > 0);
    assert_eq!(scene.change(scene.token(&token.id)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manage_token_loses_its_rights_although_another_process_changes_it_each_time() {
    let scene = Scene::new().await;
    let jeton = &scene.jeton;
    for what in ["disable", "refresh", "delete", "leak"] {
        let made =
            jeton.post("/manage/tokens").manage(&jeton.manage).json(&json!({})).send().await.expect(201);
        let (id, token) = (made.json()["id"].to_string(), made.field("token"));
        let path = format!("/manage/tokens/{id}");
        let call = match what {
            "disable" => jeton.put(&path).json(&json!({"isDisabled": true})),
            "refresh" => jeton.post(&format!("{path}/refresh")).json(&json!({})),
            "delete" => jeton.delete(&path),
            _ => jeton.post("/v2/storage/tokens/leaked").json(&json!({"tokens": [token]})),
        };
        let of = Revocable::ManageToken(ManageTokenId::new(id.parse().unwrap()).unwrap());
        let call = call.manage(&jeton.manage).send();
        let (answer, rivalry) = scene.although_others_change(of, call).await;
        assert!(answer.status.is_success(), "{what}: {}", answer.text());
        assert!(rivalry.changes < MANY, "{what} let {} changes come first", rivalry.changes);
        let verify = jeton.get("/manage/tokens/verify").manage(&token).send().await;
        assert_eq!(verify.status, 401, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_revocation_after_the_other_gets_through_although_another_process_comes_first_each_time() {
    let scene = Scene::new().await;
    let token = scene.jeton.create(&json!({})).await;
    let path = path(&token.id);
    for what in ["refresh", "refresh", "disable", "delete"] {
        let call = scene.take_away(what, &token, &path);
        let (answer, _) = scene.although_others_come_first(&token.id, call).await;
        assert!(answer.status.is_success(), "{what}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_withdrawn_and_locked_although_another_process_comes_first_each_time() {
    let scene = Scene::new().await;
    let jeton = &scene.jeton;
    let token = jeton.create(&json!({})).await;
    let shares = format!("{}/shares", path(&token.id));
    let invitation = jeton.share(&token.id, "colleague@example.org").await;
    let open = jeton.get(&shares).token(&jeton.master).send().await.expect(200).json();
    let share = format!("{shares}/{}", open[0]["id"].as_str().unwrap());
    let withdrawal = jeton.delete(&share).token(&jeton.master).send();
    scene.although_others_come_first(&token.id, withdrawal).await.0.expect(204);
    jeton.pick_up(&invitation).await.expect(410);
    let invitation = jeton.share(&token.id, "other@example.org").await;
    let guesses = async {
        for code in wrong_codes(&invitation.code).take(5) {
            jeton.type_code(&invitation, &code).await.expect(403);
        }
    };
    scene.although_others_come_first(&token.id, guesses).await;
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_removed_although_another_process_changes_their_master_token_each_time() {
    let scene = Scene::new().await;
    let eve = scene.jeton.join("eve@example.org").await;
    let removal = scene.jeton.remove_member("eve@example.org");
    scene.although_others_come_first(&eve.id, removal).await;
    assert_eq!(scene.jeton.verify(&eve.token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_takes_rights_away_although_another_process_changes_it_each_time() {
    let scene = Scene::new().await;
    let jeton = &scene.jeton;
    let (manager, token) = (jeton.create_manager(json!({})).await, jeton.create(&json!({})).await);
    let disabling =
        jeton.put(&path(&token.id)).token(&manager.token).json(&json!({"isDisabled": true})).send();
    scene.although_others_come_first(&manager.id, disabling).await.0.expect(200);
    assert_eq!(jeton.verify(&token.token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_use_of_a_copy_ends_older_ones_although_another_process_comes_first_each_time() {
    let scene = Scene::new().await;
    let jeton = &scene.jeton;
    let token = jeton.create(&json!({})).await;
    let call = jeton.post(&format!("{}/refresh", path(&token.id))).token(&token.token);
    let new = call.json(&json!({"keepOldUntilUsed": true})).send().await.expect(200).field("token");
    assert_eq!(jeton.verify(&token.token).await, 200);
    let (first_use, _) = scene.although_others_come_first(&token.id, jeton.verify(&new)).await;
    assert_eq!(first_use, 200);
    assert_eq!(jeton.verify(&token.token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_configuration_is_deleted_although_another_process_comes_first_each_time() {
    let scene = Scene::new().await;
    let jeton = &scene.jeton;
    let path = "/v2/storage/components/a.b/configs/7/token";
    let made = jeton.put(path).token(&jeton.master).json(&json!({})).send().await.expect(201);
    let deletion = jeton.delete(path).token(&jeton.master).send();
    scene.although_others_come_first(&made.field("id"), deletion).await.0.expect(204);
    assert_eq!(jeton.verify(&made.field("token")).await, 401);
}
