//! Roles of members: `admin` and `readOnly`.

use jeton_tests::{
    client::Answer,
    jeton::{ADMIN, Jeton},
    reading::{path, pluck},
    state::state_of,
};
use serde_json::{Value, json};

const EVE: &str = "eve@example.org";
const BOB: &str = "bob@example.org";

/// The members, by address with their role.
async fn roles(jeton: &Jeton) -> Vec<(String, String)> {
    let path = format!("/manage/projects/{}/users", jeton.project);
    let users = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    let field = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
    let mut roles: Vec<_> =
        users.as_array().unwrap().iter().map(|user| (field(user, "email"), field(user, "role"))).collect();
    roles.sort();
    roles
}

fn pairs(roles: &[(&str, &str)]) -> Vec<(String, String)> {
    roles.iter().map(|(email, role)| ((*email).to_owned(), (*role).to_owned())).collect()
}

/// The events of this kind in the project, newest first.
async fn events(jeton: &Jeton, kind: &str) -> Vec<Value> {
    let mut events = jeton.events(&jeton.master, "/v2/storage/events").await;
    events.retain(|event| event["event"] == kind);
    events
}

/// Whether a token may create another.
async fn creates(jeton: &Jeton, token: &str) -> bool {
    let answer = jeton.post("/v2/storage/tokens").token(token).json(&json!({})).send().await;
    if answer.status == 201 {
        return true;
    }
    answer.expect_error(403, "readOnlyMember");
    false
}

#[tokio::test]
async fn a_role_is_changed_and_told_and_what_the_token_of_the_member_is_goes_with_it() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (EVE, "admin")]));
    assert!(creates(&jeton, &eve.token).await);
    let question = json!({"bucket": "in.c-main", "access": "write"});
    assert!(jeton.may(&eve.token, question.clone()).await);

    let changed = jeton.set_role(EVE, "readOnly").await.expect(200).json();
    assert_eq!((&changed["email"], &changed["role"]), (&json!(EVE), &json!("readOnly")));
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (EVE, "readOnly")]));
    assert!(!creates(&jeton, &eve.token).await);
    assert!(!jeton.may(&eve.token, question.clone()).await, "services grant nothing by it");
    let verified = jeton.verified(&eve.token).await;
    assert_eq!((&verified["isMasterToken"], &verified["admin"]), (&json!(false), &Value::Null));
    assert_eq!((&verified["canManageBuckets"], &verified["role"]), (&json!(false), &json!("readOnly")));
    assert_eq!(jeton.verified(&jeton.master).await["role"], Value::Null, "an admin has `admin.role`");
    let told = &events(&jeton, "storage.memberRoleChanged").await[0];
    let id = changed["id"].clone();
    assert_eq!(
        told["params"],
        json!({"email": EVE, "member": id, "role": "readOnly", "roleBefore": "admin", "manageToken": told["params"]["manageToken"]})
    );
    assert!(jeton.history(&eve.id).await.contains(&"storage.memberRoleChanged".to_owned()));

    // The same once more is no change. Back again, everything is as before.
    jeton.set_role(&id.to_string(), "readOnly").await.expect(200);
    assert_eq!(events(&jeton, "storage.memberRoleChanged").await.len(), 1);
    jeton.set_role(&id.to_string(), "admin").await.expect(200);
    assert!(creates(&jeton, &eve.token).await);
    assert!(jeton.may(&eve.token, question).await);
    assert_eq!(jeton.verified(&eve.token).await["admin"]["role"], "admin");
}

#[tokio::test]
async fn an_invitation_carries_its_role_also_when_it_is_sent_again() {
    let jeton = Jeton::start().await;
    let first = jeton.invite_as(BOB, "readOnly").await;
    let list = format!("/manage/projects/{}/invitations", jeton.project);
    let pending = jeton.get(&list).manage(&jeton.manage).send().await.expect(200).json();
    assert_eq!(pending[0]["role"], "readOnly");
    assert_eq!(events(&jeton, "storage.memberInvited").await[0]["params"]["role"], "readOnly");
    jeton.post(&format!("{list}/{}/send", pending[0]["id"])).manage(&jeton.manage).send().await.expect(204);
    jeton.pick_up(&first).await.expect_error(410, "pickup.ended");
    let second = jeton.invitation(BOB).await;
    let look = jeton.post(&second.path).json(&json!({"secret": second.secret})).send().await.expect(200);
    assert_eq!(look.json()["canManageBuckets"], json!(false));
    assert!(look.text().contains("change nothing"), "{}", look.text());
    let joined = jeton.pick_up(&second).await.expect(200);
    assert!(!creates(&jeton, &joined.field("token")).await);
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (BOB, "readOnly")]));
    assert_eq!(events(&jeton, "storage.memberJoined").await[0]["params"]["role"], "readOnly");
}

#[tokio::test]
async fn the_latest_invitation_decides_and_none_is_accepted_twice() {
    let jeton = Jeton::start().await;
    let as_admin = jeton.invite_as(BOB, "admin").await;
    let to_read = jeton.invite_as(BOB, "readOnly").await;
    jeton.pick_up(&as_admin).await.expect_error(410, "pickup.ended");
    let token = jeton.pick_up(&to_read).await.expect(200).field("token");
    for invitation in [&as_admin, &to_read] {
        jeton.pick_up(invitation).await.expect(410);
    }
    let users = format!("/manage/projects/{}/users", jeton.project);
    let again = json!({"email": BOB, "role": "admin"});
    jeton.post(&users).manage(&jeton.manage).json(&again).send().await.expect_error(409, "conflict");
    assert!(!creates(&jeton, &token).await);
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (BOB, "readOnly")]));
}

#[tokio::test]
async fn a_repeated_pick_up_of_the_invitation_of_an_admin_is_no_way_back_after_a_demotion() {
    let jeton = Jeton::start().await;
    let invitation = jeton.invite(EVE).await;
    let pick_up = || {
        let body = json!({"secret": invitation.secret, "code": invitation.code});
        jeton.post(&invitation.path).header("idempotency-key", &"k".repeat(43)).json(&body).send()
    };
    let token = pick_up().await.expect(200).field("token");
    jeton.set_role(EVE, "readOnly").await.expect(200);
    assert_eq!(pick_up().await.expect(200).field("token"), token, "it is the same token");
    assert!(!creates(&jeton, &token).await);
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (EVE, "readOnly")]));
}

#[tokio::test]
async fn the_answer_of_an_admin_is_not_repeated_to_a_read_only_member() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let create = || {
        let call = jeton.post("/v2/storage/tokens").token(&eve.token);
        call.header("idempotency-key", &"c".repeat(43)).json(&json!({})).send()
    };
    let created = create().await.expect(201).field("token");
    assert_eq!(create().await.expect(201).field("token"), created);
    jeton.set_role(EVE, "readOnly").await.expect(200);
    let answer = create().await;
    assert!(!answer.text().contains(&created));
    answer.expect_error(403, "readOnlyMember");
}

#[tokio::test]
async fn a_refresh_before_the_demotion_gives_no_rights_after_it() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let refresh = |token: &str| {
        let call = jeton.post(&format!("{}/refresh", path(&eve.id))).token(token);
        call.header("idempotency-key", &"r".repeat(43)).json(&json!({"gracePeriod": 600})).send()
    };
    let refreshed = refresh(&eve.token).await.expect(200).field("token");
    jeton.set_role(EVE, "readOnly").await.expect(200);
    // The older copy may ask for the lost answer of its own refresh at most, and that token only reads.
    let again = refresh(&eve.token).await;
    assert!(again.status == 403 || again.field("token") == refreshed, "{}", again.text());
    assert!(!creates(&jeton, &refreshed).await);
    let own = renews(&jeton, &eve.id, &refreshed, json!({})).await.expect(200).field("token");
    assert!(!creates(&jeton, &own).await);
}

/// Refreshes a token, with a body.
async fn renews(jeton: &Jeton, id: &str, by: &str, body: Value) -> Answer {
    jeton.post(&format!("{}/refresh", path(id))).token(by).json(&body).send().await
}

#[tokio::test]
async fn a_read_only_member_refreshes_their_own_token_which_reads_as_before() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let keyed = || {
        let call = jeton.post(&format!("{}/refresh", path(&bob.id))).token(&bob.token);
        call.header("idempotency-key", &"o".repeat(43)).json(&json!({})).send()
    };
    let new = keyed().await.expect(200).field("token");
    assert_eq!((jeton.verify(&bob.token).await, jeton.verify(&new).await), (401, 200));
    assert_eq!(keyed().await.expect(200).field("token"), new, "a lost answer comes again");
    jeton.read(&new, "/v2/storage/tokens").await.expect(200);
    assert!(!creates(&jeton, &new).await);
    assert_eq!(jeton.verified(&new).await["isMasterToken"], json!(false));
    assert!(jeton.history(&bob.id).await.contains(&"storage.tokenRefreshed".to_owned()));
}

#[tokio::test]
async fn a_read_only_member_ends_copies_of_their_own_token_the_last_one_too() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let new =
        renews(&jeton, &bob.id, &bob.token, json!({"gracePeriod": 600})).await.expect(200).field("token");
    let end = |by: &str, copy: u8| jeton.delete(&format!("{}/copies/{copy}", path(&bob.id))).token(by).send();
    end(&bob.token, 2).await.expect(403);
    end(&new, 1).await.expect(204);
    assert_eq!((jeton.verify(&bob.token).await, jeton.verify(&new).await), (401, 200));
    end(&new, 1).await.expect(404);
    end(&new, 2).await.expect(204);
    assert_eq!(jeton.verify(&new).await, 401);
    assert_eq!(jeton.members().await, [ADMIN, BOB], "they are a member as before");
}

#[tokio::test]
async fn a_read_only_member_changes_nothing_else_of_their_token_and_no_token_of_others() {
    let jeton = Jeton::start().await;
    let (bob, eve) = (jeton.join_to_read(BOB).await, jeton.join_to_read(EVE).await);
    let made = jeton.create(&json!({})).await;
    jeton.share(&made.id, "recipient@example.org").await;
    let share = jeton.detail(&made.id).await["shares"][0]["id"].as_str().unwrap().to_owned();
    let master = jeton.verified(&jeton.master).await["id"].as_str().unwrap().to_owned();
    let own = path(&bob.id);
    let sends = json!({"recipientEmail": "new@example.org"});
    let mut calls = vec![
        jeton.post(&format!("{own}/share")).json(&sends),
        jeton.delete(&format!("{own}/shares/{share}")),
        jeton.put(&own).json(&json!({"description": "mine"})),
        jeton.delete(&own),
        jeton.delete(&format!("{}/shares/{share}", path(&made.id))),
    ];
    for id in [&made.id, &eve.id, &master] {
        calls.push(jeton.post(&format!("{}/refresh", path(id))));
        calls.push(jeton.delete(&format!("{}/copies/1", path(id))));
    }
    let before = state_of(&jeton).await;
    for call in calls {
        call.token(&bob.token).send().await.expect_error(403, "readOnlyMember");
    }
    let after = state_of(&jeton).await;
    assert_eq!(after.changes_since(&before), Vec::<String>::new());
    for token in [&bob.token, &eve.token, &made.token, &jeton.master] {
        assert_eq!(jeton.verify(token).await, 200);
    }
}

#[tokio::test]
async fn nobody_else_refreshes_the_token_of_a_read_only_member() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    for by in [&jeton.master, &manager.token] {
        renews(&jeton, &bob.id, by, json!({})).await.expect_error(403, "accessDenied");
        jeton.delete(&format!("{}/copies/1", path(&bob.id))).token(by).send().await.expect(403);
    }
    assert_eq!(jeton.verify(&bob.token).await, 200);
}

#[tokio::test]
async fn a_demotion_ends_what_was_sent_and_leaves_what_was_made() {
    let jeton = Jeton::start().await;
    let eve = jeton.join(EVE).await;
    let made = jeton.create_by(&eve.token, &json!({"description": "hers"})).await;
    let share = json!({"recipientEmail": "carl@example.org"});
    jeton.post(&format!("{}/share", path(&made.id))).token(&eve.token).json(&share).send().await.expect(204);
    let sent = jeton.invitation("carl@example.org").await;
    jeton.set_role(EVE, "readOnly").await.expect(200);
    jeton.pick_up(&sent).await.expect_error(410, "pickup.ended");
    assert_eq!(jeton.verify(&made.token).await, 200);
    jeton.set_role(EVE, "admin").await.expect(200);
    jeton.pick_up(&sent).await.expect_error(410, "pickup.ended");
}

#[tokio::test]
async fn the_last_admin_of_a_project_stays_one() {
    let jeton = Jeton::start().await;
    jeton.join_to_read(BOB).await;
    for member in [ADMIN, &jeton.verified(&jeton.master).await["admin"]["id"].to_string()] {
        let message = jeton.set_role(member, "readOnly").await.expect_error(409, "conflict");
        assert!(message.contains("the last admin"), "{message}");
    }
    assert!(creates(&jeton, &jeton.master).await);
    assert!(events(&jeton, "storage.memberRoleChanged").await.is_empty());
    jeton.set_role(BOB, "admin").await.expect(200);
    jeton.set_role(ADMIN, "readOnly").await.expect(200);
    jeton.set_role(BOB, "readOnly").await.expect_error(409, "conflict");
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "readOnly"), (BOB, "admin")]));
}

#[tokio::test]
async fn two_admins_who_are_demoted_at_the_same_time_leave_one() {
    let jeton = Jeton::start().await;
    jeton.join(EVE).await;
    for _ in 0..5 {
        let (ada, eve) = tokio::join!(jeton.set_role(ADMIN, "readOnly"), jeton.set_role(EVE, "readOnly"));
        let mut statuses = [ada.status.as_u16(), eve.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", ada.text(), eve.text());
        for member in [ADMIN, EVE] {
            jeton.set_role(member, "admin").await.expect(200);
        }
    }
}

#[tokio::test]
async fn only_a_member_has_a_role() {
    let jeton = Jeton::start().await;
    jeton.set_role("nobody@example.org", "readOnly").await.expect_error(404, "notFound");
    jeton.set_role("4711", "readOnly").await.expect_error(404, "notFound");
    let invitation = jeton.invite(BOB).await;
    let message = jeton.set_role(BOB, "readOnly").await.expect_error(409, "conflict");
    assert!(message.contains("has not joined yet"), "{message}");
    jeton.pick_up(&invitation).await.expect(200);
    let users = format!("/manage/projects/{}/users/{BOB}", jeton.project);
    jeton.put(&users).token(&jeton.master).json(&json!({"role": "readOnly"})).send().await.expect(401);
    assert_eq!(roles(&jeton).await, pairs(&[(ADMIN, "admin"), (BOB, "admin")]));
}

#[tokio::test]
async fn a_read_only_member_sees_the_project_over_the_api() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read(BOB).await;
    let seen = jeton.create(&json!({"description": "seen"})).await;
    let listed = jeton.read(&bob.token, "/v2/storage/tokens").await;
    assert_eq!(listed.json(), jeton.read(&jeton.master, "/v2/storage/tokens").await.json());
    assert!(pluck(listed.json().as_array().unwrap(), "description").contains(&"seen".to_owned()));
    for call in ["/v2/storage/events", "/v2/storage/events/export", &path(&seen.id)] {
        let read = jeton.read(&bob.token, call).await;
        assert_eq!(read.text(), jeton.read(&jeton.master, call).await.text(), "{call}");
        assert!(!read.text().contains(&seen.token));
    }
}
