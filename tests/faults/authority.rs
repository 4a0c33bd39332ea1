//! Revocation during a call: a call whose right is revoked meanwhile changes nothing, because its
//! authentication is a condition of its commit.
//!
//! The proxy holds the call at one of its requests until the revocation was answered.

use std::sync::Arc;

use jeton_core::store::Store;
use jeton_tests::{
    client::{Answer, Call},
    console_client::ConsoleClient,
    dynamodb,
    fault_proxy::{FaultProxy, Waiting},
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::{Value, json};

/// A Jeton whose table is behind a proxy, and the same without the proxy.
struct Scene {
    jeton: Jeton,
    direct: Jeton,
    proxy: FaultProxy,
}

impl Scene {
    async fn new() -> Self {
        let table = dynamodb::create_table().await;
        let proxy = FaultProxy::start().await;
        let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
        let direct: Arc<dyn Store> = Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table));
        Self { direct: jeton.front_on(direct).await, jeton, proxy }
    }

    /// A manager's copy.
    async fn manager(&self) -> Held {
        let rights = json!({"description": "before", "componentAccess": ["a.b", "c.d"]});
        self.direct.create_manager(rights).await
    }

    /// Holds the next call where it reads a token of the project, after its authentication.
    fn before_the_token_is_read(&self) -> Waiting {
        self.proxy.hold("GetItem", format!("P#{}", self.jeton.project), 0)
    }

    /// Makes a call, and revokes rights in the middle of it.
    async fn interrupted(&self, call: Call, at: Waiting, by: impl Future<Output = ()>) -> Answer {
        let (answer, ()) = tokio::join!(call.send(), at.meanwhile(by));
        answer
    }

    async fn by_master(&self, call: Call, body: Value, status: u16) {
        call.token(&self.direct.master).json(&body).send().await.expect(status);
    }

    async fn detail(&self, id: &str) -> Value {
        let path = format!("/v2/storage/tokens/{id}");
        self.direct.get(&path).token(&self.direct.master).send().await.expect(200).json()
    }
}

fn path(token: &Held) -> String {
    format!("/v2/storage/tokens/{}", token.id)
}

#[tokio::test]
async fn a_token_that_is_disabled_while_it_changes_itself_stays_disabled() {
    let scene = Scene::new().await;
    let token = scene.manager().await;
    let call = scene.jeton.put(&path(&token)).token(&token.token).json(&json!({"isDisabled": false}));
    let disabled = scene.by_master(scene.direct.put(&path(&token)), json!({"isDisabled": true}), 200);
    let answer = scene.interrupted(call, scene.before_the_token_is_read(), disabled).await;
    answer.expect_error(401, "storage.tokenDisabled");
    assert_eq!(scene.direct.verify(&token.token).await, 401);
}

#[tokio::test]
async fn a_token_that_is_narrowed_while_it_changes_itself_stays_narrow() {
    let scene = Scene::new().await;
    let token = scene.manager().await;
    let wide = json!({"componentAccess": ["a.b", "c.d"]});
    let call = scene.jeton.put(&path(&token)).token(&token.token).json(&wide);
    let narrowed = scene.by_master(scene.direct.put(&path(&token)), json!({"componentAccess": ["a.b"]}), 200);
    let answer = scene.interrupted(call, scene.before_the_token_is_read(), narrowed).await;
    answer.expect_error(403, "accessDenied");
    assert_eq!(scene.detail(&token.id).await["componentAccess"], json!(["a.b"]));
}

#[tokio::test]
async fn a_copy_that_ends_while_it_changes_or_shares_its_token_does_neither() {
    let scene = Scene::new().await;
    for ended in ["refresh", "copies/2"] {
        for shares in [false, true] {
            let token = scene.manager().await;
            let copy = scene.direct.shared_copy(&token.id).await;
            let call = if shares {
                let to = json!({"recipientEmail": "eve@example.org"});
                scene.jeton.post(&format!("{}/share", path(&token))).json(&to)
            } else {
                scene.jeton.put(&path(&token)).json(&json!({"description": "after"}))
            };
            let end = format!("{}/{ended}", path(&token));
            let ends = async {
                if ended == "refresh" {
                    scene.by_master(scene.direct.post(&end), json!({}), 200).await;
                } else {
                    scene.by_master(scene.direct.delete(&end), json!({}), 204).await;
                }
            };
            let call = call.token(&copy.token);
            let answer = scene.interrupted(call, scene.before_the_token_is_read(), ends).await;
            answer.expect_error(401, "storage.tokenInvalid");
            let detail = scene.detail(&token.id).await;
            assert_eq!(detail["description"], "before", "{ended}");
            assert_eq!(detail["shares"], json!([]), "{ended}");
        }
    }
}

#[tokio::test]
async fn an_invitation_is_worth_nothing_once_its_inviter_is_removed_even_if_it_is_being_accepted() {
    let scene = Scene::new().await;
    scene.direct.join("eve@example.org").await;
    let eve = ConsoleClient::signed_in(&scene.jeton, "eve@example.org").await;
    eve.submit("members", "members", &[("email", "stranger@example.org")]).await.expect(200);
    let invitation = scene.direct.invitation("stranger@example.org").await;
    let typed = json!({"secret": invitation.secret, "code": invitation.code});
    let call = scene.jeton.post(&invitation.path).json(&typed);
    let share = invitation.path.rsplit('/').next().unwrap();
    let commit = scene.proxy.hold("TransactWriteItems", format!("S#{share}"), 0);
    let answer = scene.interrupted(call, commit, scene.direct.remove_member("eve@example.org")).await;
    answer.expect_error(410, "pickup.ended");
    assert_eq!(scene.direct.members().await, [ADMIN]);
}

#[tokio::test]
async fn a_share_is_worth_nothing_once_its_sender_is_refreshed_even_if_it_is_being_picked_up() {
    let scene = Scene::new().await;
    let (sender, token) = (scene.manager().await, scene.direct.create(&json!({})).await);
    let to = json!({"recipientEmail": "bob@example.org"});
    let share = scene.direct.post(&format!("{}/share", path(&token))).token(&sender.token).json(&to);
    share.send().await.expect(204);
    let invitation = scene.direct.invitation("bob@example.org").await;
    let typed = json!({"secret": invitation.secret, "code": invitation.code});
    let call = scene.jeton.post(&invitation.path).json(&typed);
    let share = invitation.path.rsplit('/').next().unwrap();
    let commit = scene.proxy.hold("TransactWriteItems", format!("S#{share}"), 0);
    let refresh = scene.direct.post(&format!("{}/refresh", path(&sender)));
    let refreshed = scene.by_master(refresh, json!({}), 200);
    scene.interrupted(call, commit, refreshed).await.expect_error(410, "pickup.ended");
    assert_eq!(scene.detail(&token.id).await["copies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_share_is_not_picked_up_while_its_sender_loses_the_right_to_share_the_token() {
    let scene = Scene::new().await;
    let (sender, token) =
        (scene.manager().await, scene.direct.create(&json!({"componentAccess": ["c.d"]})).await);
    let to = json!({"recipientEmail": "bob@example.org"});
    let share = scene.direct.post(&format!("{}/share", path(&token))).token(&sender.token).json(&to);
    share.send().await.expect(204);
    let invitation = scene.direct.invitation("bob@example.org").await;
    let typed = json!({"secret": invitation.secret, "code": invitation.code});
    let call = scene.jeton.post(&invitation.path).json(&typed);
    let share = invitation.path.rsplit('/').next().unwrap();
    let commit = scene.proxy.hold("TransactWriteItems", format!("S#{share}"), 0);
    let narrowed =
        scene.by_master(scene.direct.put(&path(&sender)), json!({"componentAccess": ["a.b"]}), 200);
    scene.interrupted(call, commit, narrowed).await.expect_error(409, "pickup.senderMayNotShare");
    assert_eq!(scene.detail(&token.id).await["copies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_ends_while_it_is_used_changes_nothing_more() {
    let scene = Scene::new().await;
    let here = ConsoleClient::signed_in(&scene.jeton, ADMIN).await;
    let elsewhere = ConsoleClient::signed_in(&scene.jeton, ADMIN).await;
    let page = elsewhere.open("/console/sessions").await.expect(200).text();
    let mut ends = page.split("href=\"/console/sessions/").skip(1);
    let own = elsewhere.cookie("__Host-jeton-session").unwrap();
    let end = ends.find_map(|rest| {
        let id = rest.split('"').next().unwrap();
        (!own.starts_with(id)).then(|| format!("/console/sessions/{id}"))
    });
    let end = end.expect("the other session is listed");
    let master = format!("V#{}#{}", scene.jeton.project, scene.jeton.master_id);
    let commit = scene.proxy.hold("TransactWriteItems", master, 0);
    let (created, ended) = tokio::join!(
        here.submit("tokens/new", "tokens", &[("description", "late"), ("onlyVerify", "1")]),
        commit.meanwhile(elsewhere.submit(&end, &end, &[])),
    );
    ended.expect(303);
    assert_ne!(created.status, 201, "{}", created.text());
    let list = scene.direct.get("/v2/storage/tokens").token(&scene.direct.master).send().await.json();
    assert_eq!(list.as_array().unwrap().len(), 1, "only the master token is there: {list}");
}
