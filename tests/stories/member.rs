//! A member joins by an invitation, uses a master token, and is removed.

use jeton_tests::jeton::Jeton;
use serde_json::json;

const EVE: &str = "eve@example.org";

#[tokio::test]
async fn a_member_joins_by_invitation_and_gets_a_master_token_described_by_their_address() {
    let jeton = Jeton::start().await;
    let invitation = jeton.invite(EVE).await;
    let eve = jeton.pick_up(&invitation).await.expect(200).field("token");
    let who = jeton.get("/v2/storage/tokens/verify").token(&eve).send().await.expect(200).json();
    assert_eq!(who["description"], EVE);
    assert_eq!(who["isMasterToken"], true);
    assert!(jeton.may(&eve, json!({"bucket": "in.c-any", "access": "manage"})).await);
    assert!(jeton.members().await.contains(&EVE.to_owned()));
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.used");
    // A member is not invited again.
    let path = format!("/manage/projects/{}/users", jeton.project);
    jeton.post(&path).manage(&jeton.manage).json(&json!({"email": EVE})).send().await.expect(409);
}

#[tokio::test]
async fn an_auditor_joins_to_read_sees_the_project_and_becomes_an_admin_later() {
    let jeton = Jeton::start().await;
    let auditor = jeton.join_to_read(EVE).await;
    let held = jeton.create(&json!({"description": "audited"})).await;
    let path = format!("/v2/storage/tokens/{}", held.id);
    let detail = jeton.get(&path).token(&auditor.token).send().await.expect(200);
    assert_eq!(detail.field("description"), "audited");
    let project = jeton.get("/v2/storage/events").token(&auditor.token).send().await.expect(200);
    assert!(project.text().contains("storage.tokenCreated"));
    jeton.delete(&path).token(&auditor.token).send().await.expect_error(403, "readOnlyMember");
    assert!(!jeton.may(&auditor.token, json!({"bucket": "in.c-any", "access": "read"})).await);
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.set_role(EVE, "admin").await.expect(200);
    jeton.delete(&path).token(&auditor.token).send().await.expect(204);
}

#[tokio::test]
async fn a_master_token_is_neither_edited_nor_shared_nor_deleted() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let path = format!("/v2/storage/tokens/{}", eve.id);
    let share = json!({"recipientEmail": "colleague@example.org", "message": ""});
    for caller in [&eve.token, &jeton.master] {
        let edit = jeton.put(&path).token(caller).json(&json!({"description": "another"}));
        edit.send().await.expect_error(403, "accessDenied");
        let shared = jeton.post(&format!("{path}/share")).token(caller).json(&share).send().await;
        shared.expect_error(403, "storage.token.cannotShareMasterToken");
        jeton.delete(&path).token(caller).send().await.expect_error(403, "accessDenied");
    }
    let detail = jeton.get(&path).token(&eve.token).send().await.expect(200);
    assert_eq!(detail.field("description"), EVE);
    assert!(jeton.mail_to("colleague@example.org").await.is_empty());
}

#[tokio::test]
async fn a_master_token_is_refreshed_by_itself_and_by_no_other_master() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let path = format!("/v2/storage/tokens/{}/refresh", eve.id);
    jeton.post(&path).token(&jeton.master).send().await.expect_error(403, "accessDenied");
    assert_eq!(jeton.verify(&eve.token).await, 200);
    let refreshed = jeton.refresh(&eve).await;
    assert_eq!(jeton.verify(&eve.token).await, 401);
    assert_eq!(jeton.verify(&refreshed.token).await, 200);
}

#[tokio::test]
async fn with_a_member_goes_the_master_token_and_what_they_sent_but_not_the_tokens_they_made() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let made = jeton.create_by(&eve.token, &json!({"description": "made by Eve"})).await;
    let share = json!({"recipientEmail": "colleague@example.org", "message": "from Eve"});
    let path = format!("/v2/storage/tokens/{}/share", made.id);
    jeton.post(&path).token(&eve.token).json(&share).send().await.expect(204);
    let sent = jeton.invitation("colleague@example.org").await;
    jeton.remove_member(EVE).await;
    assert_eq!(jeton.verify(&eve.token).await, 401);
    assert_eq!(jeton.verify(&made.token).await, 200);
    jeton.pick_up(&sent).await.expect_error(410, "pickup.ended");
    let path = format!("/v2/storage/tokens/{}", made.id);
    let detail = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    assert_eq!(detail["shares"], json!([]), "a share that nobody can pick up is not open");
    assert!(!jeton.members().await.contains(&EVE.to_owned()));
}

#[tokio::test]
async fn an_invitation_that_is_withdrawn_or_replaced_admits_nobody() {
    let jeton = Jeton::start().await;
    let first = jeton.invite(EVE).await;
    let second = jeton.invite(EVE).await;
    jeton.pick_up(&first).await.expect_error(410, "pickup.ended");
    jeton.remove_member(EVE).await;
    jeton.pick_up(&second).await.expect_error(410, "pickup.ended");
    assert!(!jeton.members().await.contains(&EVE.to_owned()));
}
