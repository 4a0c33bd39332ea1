//! Tokens of a removed member

use jeton_core::{id::TokenId, store::Commit, token::Token};
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

const EVE: &str = "eve@example.org";

async fn remove(jeton: &Jeton, who: &str, query: &str) -> Answer {
    let path = format!("/manage/projects/{}/users/{who}{query}", jeton.project);
    jeton.delete(&path).manage(&jeton.manage).send().await
}

async fn member_id(jeton: &Jeton, master: &str) -> String {
    jeton.verified(master).await["admin"]["id"].to_string()
}

/// Eve, a token that she created, and one of another member.
async fn scene(jeton: &Jeton) -> (Held, Held, Held) {
    let eve = jeton.join(EVE).await;
    let hers = jeton.create_by(&eve.token, &json!({"description": "hers", "canManageBuckets": true})).await;
    (eve, hers, jeton.create(&json!({"description": "ours"})).await)
}

fn names(removed: &Value) -> Vec<(&str, bool)> {
    let tokens = removed["tokens"].as_array().unwrap().iter();
    tokens.map(|token| (token["description"].as_str().unwrap(), token["ended"].as_bool().unwrap())).collect()
}

#[tokio::test]
async fn the_answer_names_the_tokens_that_go_on() {
    let jeton = Jeton::start().await;
    let (_, hers, ours) = scene(&jeton).await;
    let removed = remove(&jeton, EVE, "?endTokens=false").await.expect(200).json();
    assert_eq!(names(&removed), [("hers", false)]);
    assert_eq!((&removed["tokens"][0]["id"], &removed["more"]), (&json!(hers.id), &json!(false)));
    assert_eq!((jeton.verify(&hers.token).await, jeton.verify(&ours.token).await), (200, 200));
}

#[tokio::test]
async fn the_tokens_of_a_member_end_with_them_where_that_is_asked_for() {
    let jeton = Jeton::start().await;
    let (eve, hers, ours) = scene(&jeton).await;
    let configuration = "/v2/storage/components/keboola.ex-db/configs/7/token";
    let of_configuration =
        Held::from(&jeton.put(configuration).token(&eve.token).json(&json!({})).send().await.expect(201));
    let removed = remove(&jeton, EVE, "?endTokens=true").await.expect(200).json();
    assert_eq!(removed["tokens"].as_array().unwrap().len(), 2, "{removed}");
    assert!(names(&removed).iter().all(|(_, ended)| *ended), "{removed}");
    for dead in [&eve, &hers, &of_configuration] {
        assert_eq!(jeton.verify(&dead.token).await, 401);
    }
    assert_eq!(jeton.verify(&ours.token).await, 200);
    assert_eq!(jeton.history(&hers.id).await[0], "storage.tokenDeleted");
    remove(&jeton, EVE, "?endTokens=maybe").await.expect(400);
}

#[tokio::test]
async fn the_tokens_of_a_member_are_listed_before_they_are_removed_and_nothing_changes() {
    let jeton = Jeton::start().await;
    let (eve, hers, ours) = scene(&jeton).await;
    let id = member_id(&jeton, &eve.token).await;
    let made = jeton.create_by(&eve.token, &json!({"description": "also hers"})).await;
    let tokens = |who: &str| {
        let path = format!("/manage/projects/{}/users/{who}/tokens", jeton.project);
        jeton.get(&path).manage(&jeton.manage).send()
    };
    let (before, history) = (jeton.detail(&hers.id).await, jeton.history(&hers.id).await);
    let listed = tokens(EVE).await.expect(200).json();
    let mut named = names(&listed);
    named.sort_unstable();
    assert_eq!((named, &listed["more"]), (vec![("also hers", false), ("hers", false)], &json!(false)));
    assert!(listed["tokens"].as_array().unwrap().iter().any(|token| token["id"] == hers.id.as_str()));
    assert_eq!(tokens(&id).await.expect(200).json(), listed);
    assert_eq!((jeton.detail(&hers.id).await, jeton.history(&hers.id).await), (before, history));
    for valid in [&eve, &hers, &ours, &made] {
        assert_eq!(jeton.verify(&valid.token).await, 200);
    }
    // As the removal says.
    let removed = remove(&jeton, EVE, "?endTokens=false").await.expect(200).json();
    assert_eq!(removed, listed);
    tokens(EVE).await.expect_error(404, "notFound");
    assert_eq!(tokens(&id).await.expect(200).json(), listed, "they go on");
    remove(&jeton, &id, "?endTokens=true").await.expect(200);
    tokens(&id).await.expect_error(404, "notFound");
    tokens("nobody@example.org").await.expect_error(404, "notFound");
    tokens("4711").await.expect_error(404, "notFound");
    jeton.invite("carl@example.org").await;
    assert_eq!(tokens("carl@example.org").await.expect(200).json(), json!({"tokens": [], "more": false}));
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_goes_on_by_the_id_of_the_member() {
    let jeton = Jeton::start().await;
    let (eve, hers, _) = scene(&jeton).await;
    let id = member_id(&jeton, &eve.token).await;
    remove(&jeton, &id, "").await.expect(204);
    assert_eq!(jeton.verify(&hers.token).await, 200);
    let removed = remove(&jeton, &id, "?endTokens=true").await.expect(200).json();
    assert_eq!(names(&removed), [("hers", true)]);
    assert_eq!(jeton.verify(&hers.token).await, 401);
    remove(&jeton, &id, "?endTokens=true").await.expect_error(404, "notFound");
}

#[tokio::test]
async fn a_token_does_not_name_who_has_left() {
    let jeton = Jeton::start().await;
    let (_, hers, _) = scene(&jeton).await;
    assert_eq!(jeton.verified(&hers.token).await["adminOwner"]["email"], EVE);
    remove(&jeton, EVE, "").await.expect(204);
    let verified = jeton.get("/v2/storage/tokens/verify").token(&hers.token).send().await.expect(200);
    let detail = jeton.get(&path(&hers.id)).token(&jeton.master).send().await.expect(200);
    let list = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200);
    for answer in [&verified, &detail, &list] {
        assert!(!answer.text().contains(EVE), "{}", answer.text());
    }
    assert_eq!(verified.json()["creatorToken"]["description"], "former member");
    assert_eq!(jeton.history(&hers.id).await[0], "storage.tokenMemberLeft");
}

/// The descriptions of the tokens that a query finds, in any order.
async fn found(jeton: &Jeton, query: &str) -> Vec<String> {
    let list = jeton.read(&jeton.master, &format!("/v2/storage/tokens?{query}")).await.json();
    let mut found = pluck(list.as_array().unwrap(), "description");
    found.sort();
    found
}

#[tokio::test]
async fn the_tokens_of_who_has_left_are_found_by_their_address_also_after_they_joined_again() {
    let jeton = Jeton::start().await;
    let (eve, hers, _) = scene(&jeton).await;
    let manager = json!({"canManageTokens": true, "description": "manager"});
    let manager = jeton.create_manager(manager).await;
    jeton.create_by(&manager.token, &json!({"description": "of the manager"})).await;
    jeton.create_by(&eve.token, &json!({"description": "also hers"})).await;
    assert_eq!(found(&jeton, "creator=EVE@example.org").await, ["also hers", "hers"]);
    remove(&jeton, EVE, "").await.expect(204);
    assert_eq!(found(&jeton, "creator=EVE@example.org").await, ["also hers", "hers"]);
    assert!(found(&jeton, "creator=eva@example.org").await.is_empty());
    let stored = jeton.app.store.token(jeton.project, hers.id.parse().unwrap()).await.unwrap().unwrap();
    let record = serde_json::to_string(&stored).unwrap();
    assert!(stored.identity.former_address.is_some() && !record.contains("eve"), "{record}");

    let eve = jeton.join(EVE).await;
    jeton.create_by(&eve.token, &json!({"description": "new"})).await;
    assert_eq!(found(&jeton, &format!("creator={EVE}")).await, ["also hers", "hers", "new"]);
    assert_eq!(found(&jeton, &format!("creator={EVE}&creatorGone=true")).await, ["also hers", "hers"]);
    let action = json!({"filter": {"creator": EVE, "creatorGone": true}, "action": "delete"});
    let call = jeton.post("/v2/storage/tokens/actions").token(&jeton.master).json(&action);
    assert_eq!(call.send().await.expect(200).json()["changed"], 2);
    assert_eq!(found(&jeton, &format!("creator={EVE}")).await, ["new"]);
}

#[tokio::test]
async fn a_token_that_an_earlier_version_left_with_a_name_forgets_it_when_it_is_used() {
    let jeton = Jeton::start().await;
    let (eve, hers, _) = scene(&jeton).await;
    let (project, id) = (jeton.project, hers.id.parse::<TokenId>().unwrap());
    let named = jeton.app.store.token(project, id).await.unwrap().unwrap();
    remove(&jeton, EVE, "").await.expect(204);
    let now = jeton.app.store.token(project, id).await.unwrap().unwrap();
    let as_before = Token { version: now.version + 1, identity: named.identity, ..now };
    let event = as_before.deleted_event(
        &jeton.app.event_context(jeton.app.clock.now(), jeton_core::event_context::Actor::Jeton),
    );
    let writes = vec![jeton_core::store::Write::ReplaceToken(as_before)];
    jeton.app.store.commit(&Commit { writes, events: vec![event] }).await.unwrap();
    assert_eq!(jeton.verify(&eve.token).await, 401);

    let detail = jeton.get(&path(&hers.id)).token(&jeton.master).send().await.expect(200);
    assert!(!detail.text().contains(EVE), "{}", detail.text());
    let verified = jeton.get("/v2/storage/tokens/verify").token(&hers.token).send().await.expect(200);
    assert!(!verified.text().contains(EVE), "{}", verified.text());
    let stored = jeton.app.store.token(project, id).await.unwrap().unwrap();
    assert!(stored.identity.member.is_none() && stored.identity.former_member.is_some());
}
