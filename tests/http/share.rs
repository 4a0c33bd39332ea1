//! `POST /v2/storage/tokens/{token}/share`

use std::fs;

use jeton_core::{
    Error, budget,
    email::Email,
    id::{ProjectId, TokenId},
};
use jeton_tests::{
    client::Call,
    jeton::{ADMIN, Jeton},
    mailbox::Invitation,
    random::without,
    reading::path,
};
use serde_json::{Value, json};

const BOB: &str = "bob@example.org";

fn share(jeton: &Jeton, id: &str, by: &str, wish: &Value) -> Call {
    jeton.post(&format!("{}/share", path(id))).token(by).json(wish)
}

#[tokio::test]
async fn sharing_mails_link_and_code_and_never_the_token() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Nightly", "componentAccess": ["ex-db"]})).await;
    let wish = json!({"recipientEmail": BOB, "message": "Here you are"});
    let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    let mail = jeton.mail_to(BOB).await.remove(0);
    for word in ["Ada Admin", "Test project", "Nightly", "ex-db", "Here you are"] {
        assert!(mail.text.contains(word), "{word}");
    }
    let invitation = Invitation::read(&mail);
    assert!(mail.text.contains(&format!("{}{}#{}", jeton.url, invitation.path, invitation.secret)));
    assert!(invitation.code.len() == 6 && invitation.code.bytes().all(|b| b.is_ascii_digit()));
    let copy = jeton.pick_up(&invitation).await.expect(200).field("token");
    assert!(!mail.raw.contains(&held.token) && !mail.raw.contains(&copy));
}

#[tokio::test]
async fn sharing_leaves_an_event_of_the_sharer_that_names_the_recipient() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let open = jeton.share(&held.id, BOB).await;
    let query = format!("/v2/storage/events?q=token.id:{}&limit=1", jeton.master_id);
    let event = jeton.events(&jeton.master, &query).await.remove(0);
    assert_eq!(event["event"], "storage.tokenShared");
    assert_eq!((&event["params"]["recipientEmail"], &event["objectId"]), (&json!(BOB), &json!(held.id)));
    assert!(!event.to_string().contains(&open.secret));
    let ids = [&event["uuid"], &event["objectId"], &event["token"]["id"], &event["params"]["share"]];
    let text = without(&event.to_string(), &ids.map(|id| id.as_str().unwrap()));
    assert!(!text.contains(&open.code), "{text}");
}

#[tokio::test]
async fn a_master_token_cannot_be_shared_by_anyone() {
    let jeton = Jeton::start().await;
    let bob = jeton.join(BOB).await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    let wish = json!({"recipientEmail": "eve@example.org", "message": "Hi"});
    for caller in [&jeton.master, &bob.token, &manager.token] {
        let answer = share(&jeton, &jeton.master_id, caller, &wish).send().await;
        answer.expect_error(403, "storage.token.cannotShareMasterToken");
    }
    assert!(jeton.mail_to("eve@example.org").await.is_empty());
}

#[tokio::test]
async fn only_managers_share_and_nothing_beyond_their_own_rights() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"componentAccess": ["a"]})).await;
    let limited = jeton.create(&json!({"componentAccess": ["a"]})).await;
    let beyond = jeton.create(&json!({"componentAccess": ["b"]})).await;
    let wish = json!({"recipientEmail": BOB});
    for (id, caller) in
        [(&limited.id, &limited.token), (&beyond.id, &limited.token), (&beyond.id, &manager.token)]
    {
        let error = share(&jeton, id, caller, &wish).send().await.expect_error(403, "accessDenied");
        assert_eq!(error, "You don't have access to the resource.");
    }
    share(&jeton, &limited.id, &manager.token, &wish).send().await.expect(204);
}

#[tokio::test]
async fn the_recipient_is_one_address() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for address in [json!("a@x.org,b@x.org"), json!("nobody"), json!(""), json!(null), json!(["a@x.org"])] {
        let wish = json!({"recipientEmail": address, "message": "Hi"});
        let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await;
        assert!(answer.expect_error(400, "validationError").contains("recipientEmail"));
    }
}

#[tokio::test]
async fn a_message_may_be_absent_or_empty_and_has_at_most_a_thousand_characters() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for message in [json!(null), json!(""), json!("ž".repeat(1000))] {
        let wish = json!({"recipientEmail": BOB, "message": message});
        share(&jeton, &held.id, &jeton.master, &wish).send().await.expect(204);
    }
    let wish = json!({"recipientEmail": BOB, "message": "x".repeat(1001)});
    let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await;
    assert!(answer.expect_error(400, "validationError").contains("message"));
    let form = "recipientEmail=bob%40example.org&message=Hi+there";
    let call = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master).form(form);
    call.send().await.expect(204);
}

#[tokio::test]
async fn a_share_is_open_for_a_day_unless_asked_otherwise_and_a_week_at_most() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let expires = async |wish: Value| {
        share(&jeton, &held.id, &jeton.master, &wish).send().await.expect(204);
        let shares = jeton.detail(&held.id).await["shares"].clone();
        shares.as_array().unwrap().last().unwrap()["expires"].as_str().unwrap().to_owned()
    };
    assert_eq!(expires(json!({"recipientEmail": BOB})).await, "2026-01-16T12:00:00+0000");
    let week = json!({"recipientEmail": BOB, "expiresIn": 604_800});
    assert_eq!(expires(week).await, "2026-01-22T12:00:00+0000");
    let minute = json!({"recipientEmail": BOB, "expiresIn": "60"});
    assert_eq!(expires(minute).await, "2026-01-15T12:01:00+0000");
    for seconds in [0, -1, 604_801] {
        let wish = json!({"recipientEmail": BOB, "expiresIn": seconds});
        let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await;
        assert!(answer.expect_error(400, "validationError").contains("expiresIn"));
    }
}

#[tokio::test]
async fn copies_and_open_shares_together_are_at_most_sixteen() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.shared_copy(&held.id).await;
    for _ in 0..14 {
        jeton.share(&held.id, BOB).await;
    }
    let wish = json!({"recipientEmail": BOB});
    let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await;
    answer.expect_error(409, "storage.token.tooManyCopies");
    assert_eq!(jeton.mail_to(BOB).await.len(), 14);
    // Either a refresh or the end of the pending shares allows new ones.
    jeton.pass_seconds(86_400);
    share(&jeton, &held.id, &jeton.master, &wish).send().await.expect(204);
}

#[tokio::test]
async fn a_separate_code_is_answered_to_the_sharer_and_not_mailed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let wish = json!({"recipientEmail": BOB, "separateCode": true});
    let answer = share(&jeton, &held.id, &jeton.master, &wish).send().await.expect(200);
    let code = answer.field("code");
    assert_eq!(answer.json(), json!({"code": code}));
    let invitation = jeton.invitation(BOB).await;
    assert_eq!(invitation.code, "");
    let link = [invitation.path.trim_start_matches("/pickup/"), &invitation.secret];
    let text = without(&jeton.mail_to(BOB).await[0].text, &link);
    assert!(!text.replace(' ', "").contains(&code), "{text}");
    jeton.type_code(&invitation, &code).await.expect(200);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_withdraws_the_share() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    // A file is in the place of the outbox.
    fs::write(&jeton.outbox, "").unwrap();
    let answer = share(&jeton, &held.id, &jeton.master, &json!({"recipientEmail": BOB})).send().await;
    answer.expect_error(424, "mail.notSent");
    assert_eq!(jeton.detail(&held.id).await["shares"], json!([]));
    assert_eq!(
        jeton.history(&held.id).await,
        ["storage.tokenShareRefused", "storage.tokenShared", "storage.tokenCreated"]
    );
}

#[tokio::test]
async fn the_link_leads_to_the_configured_address_whatever_the_host_header_says() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let call = share(&jeton, &held.id, &jeton.master, &json!({"recipientEmail": BOB}));
    call.header("host", "evil.example").send().await.expect(204);
    let mail = jeton.mail_to(BOB).await.remove(0);
    assert!(!mail.raw.contains("evil.example") && mail.text.contains(&format!("{}/pickup/", jeton.url)));
}

#[tokio::test]
async fn an_unknown_or_foreign_token_does_not_exist() {
    let jeton = Jeton::start().await;
    let foreign = jeton.foreign().await;
    for id in [foreign.id.as_str(), "281474976710655"] {
        let answer = share(&jeton, id, &jeton.master, &json!({"recipientEmail": BOB})).send().await;
        answer.expect_error(404, "storage.tokens.notFound");
    }
}

#[tokio::test]
async fn an_address_gets_so_many_mails_within_an_hour_and_then_it_is_429() {
    let jeton = Jeton::start().await;
    let (token, another) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let share = |id: &str, to: &str| {
        let call = jeton.post(&format!("/v2/storage/tokens/{id}/share")).token(&jeton.master);
        call.json(&json!({"recipientEmail": to}))
    };
    share(&token.id, "bob@example.org").send().await.expect(204);
    let now = jeton.app.clock.now();
    let to = Email::parse("BOB@example.org").unwrap();
    let budgets = budget::share_mail(jeton.project, TokenId::new(1).unwrap(), &to, now);
    while jeton.app.budgets().spend(&budgets[2..], now, Error::TooManyMails).await.is_ok() {}

    let rejected = share(&another.id, "Bob@example.org").send().await;
    assert_eq!(rejected.header("retry-after"), Some("3600"), "the clock stands at a full hour");
    rejected.expect_error(429, "mail.tooMany");
    assert!(jeton.detail(&another.id).await["shares"].as_array().unwrap().is_empty());
    assert_eq!(jeton.history(&another.id).await, ["storage.tokenCreated"]);
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 1);
    let users = format!("/manage/projects/{}/users", jeton.project);
    let invite =
        || jeton.post(&users).manage(&jeton.manage).json(&json!({"email": "bob@example.org"})).send();
    invite().await.expect(204);
    let budgets = budget::invitation_mail(jeton.project, &to, now);
    while jeton.app.budgets().spend(&budgets[1..], now, Error::TooManyMails).await.is_ok() {}
    invite().await.expect_error(429, "mail.tooMany");
    share(&another.id, "eve@example.org").send().await.expect(204);
    jeton.pass_seconds(3600);
    share(&another.id, "bob@example.org").send().await.expect(204);
}

#[tokio::test]
async fn sign_ins_that_strangers_ask_for_keep_no_share_and_no_invitation_from_an_address() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let now = jeton.app.clock.now();
    for to in [ADMIN, "nobody@example.org"] {
        let address = Email::parse(to).unwrap();
        while jeton
            .app
            .budgets()
            .spend(&budget::sign_in_mail(None, &address, now), now, Error::TooManyMails)
            .await
            .is_ok()
        {}
        let share = jeton.post(&format!("/v2/storage/tokens/{}/share", token.id)).token(&jeton.master);
        share.json(&json!({"recipientEmail": to})).send().await.expect(204);
        let project = jeton.new_project(to, "owner@example.org").await;
        let users = format!("/manage/projects/{project}/users");
        let invite = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": to}));
        invite.send().await.expect(204);
    }
}

#[tokio::test]
async fn a_project_that_sends_too_much_to_an_address_keeps_no_other_project_from_it() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let (now, to) = (jeton.app.clock.now(), Email::parse("bob@example.org").unwrap());
    let other = budget::share_mail(ProjectId::new(4242).unwrap(), TokenId::new(1).unwrap(), &to, now);
    while jeton.app.budgets().spend(&other, now, Error::TooManyMails).await.is_ok() {}
    let share = jeton.post(&format!("/v2/storage/tokens/{}/share", token.id)).token(&jeton.master);
    share.json(&json!({"recipientEmail": to})).send().await.expect(204);
}

#[tokio::test]
async fn an_address_that_a_mail_client_would_show_as_another_is_no_address() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let to = "=?utf-8?q?ceo=40bank.example=3e?=@attacker.example";
    let share = jeton.post(&format!("/v2/storage/tokens/{}/share", token.id)).token(&jeton.master);
    share.json(&json!({"recipientEmail": to})).send().await.expect_error(400, "validationError");
    let users = format!("/manage/projects/{}/users", jeton.project);
    let invite = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": to}));
    invite.send().await.expect_error(400, "validationError");
}

#[tokio::test]
async fn a_share_is_answered_to_the_sharer_who_is_named_with_their_address() {
    let jeton = Jeton::start().await;
    let wish =
        json!({"bucketPermissions": {"in.c-main": "read"}, "componentAccess": ["keboola.ex-db-mysql"]});
    let token = jeton.create(&wish).await;
    jeton.share(&token.id, "bob@example.org").await;
    let mail = jeton.mail_to("bob@example.org").await.remove(0);
    assert!(mail.raw.contains(&format!("Reply-To: {ADMIN}")), "{}", mail.raw);
    for words in [&format!("Ada Admin ({ADMIN})"), "in.c-main", "keboola.ex-db-mysql"] {
        assert!(mail.text.contains(words) && mail.html.contains(words), "{words}: {}", mail.text);
    }
}

#[tokio::test]
async fn a_token_and_a_project_send_so_many_mails_within_an_hour() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let share = |to: &str| {
        let call = jeton.post(&format!("/v2/storage/tokens/{}/share", token.id)).token(&jeton.master);
        call.json(&json!({"recipientEmail": to}))
    };
    let now = jeton.app.clock.now();
    let to = Email::parse("x@example.org").unwrap();
    let sharer = jeton.master_id.parse().unwrap();
    let budgets = budget::share_mail(jeton.project, sharer, &to, now);
    while jeton.app.budgets().spend(&budgets[..1], now, Error::TooManyMails).await.is_ok() {}
    share("bob@example.org").send().await.expect_error(429, "mail.tooMany");
    jeton.pass_seconds(3600);
    let now = jeton.app.clock.now();
    let budgets = budget::share_mail(jeton.project, sharer, &to, now);
    share("bob@example.org").send().await.expect(204);
    while jeton.app.budgets().spend(&budgets[1..2], now, Error::TooManyMails).await.is_ok() {}
    share("eve@example.org").send().await.expect_error(429, "mail.tooMany");
}

/// The recipient's copy of a share by this copy.
async fn sent_by(jeton: &Jeton, id: &str, by: &str, recipient: &str) -> Invitation {
    share(jeton, id, by, &json!({"recipientEmail": recipient})).send().await.expect(204);
    jeton.invitation(recipient).await
}

#[tokio::test]
async fn what_a_copy_sent_ends_with_that_copy() {
    let jeton = Jeton::start().await;
    for (n, end) in ["refresh", "refresh with grace", "leak", "revoke", "refresh itself"].iter().enumerate() {
        let held = jeton.create(&json!({})).await;
        let manager = jeton.create_manager(json!({})).await;
        let copy = jeton.shared_copy(&manager.id).await;
        let recipient = format!("recipient{n}@example.org");
        let open = sent_by(&jeton, &held.id, &copy.token, &recipient).await;
        let own = path(&manager.id);
        let refresh = |wish: Value| jeton.post(&format!("{own}/refresh")).token(&jeton.master).json(&wish);
        match *end {
            "refresh" => drop(refresh(json!({})).send().await.expect(200)),
            "refresh with grace" => drop(refresh(json!({"gracePeriod": 600})).send().await.expect(200)),
            "leak" => {
                let found = json!({"tokens": [copy.token]});
                jeton.post("/v2/storage/tokens/leaked").json(&found).send().await.expect(204);
            }
            "revoke" => {
                let revoke = jeton.delete(&format!("{own}/copies/2")).token(&jeton.master);
                revoke.send().await.expect(204);
            }
            _ => drop(jeton.refresh(&copy).await),
        }
        let looked = jeton.post(&open.path).json(&json!({"secret": open.secret})).send().await;
        looked.expect_error(410, "pickup.ended");
        jeton.pick_up(&open).await.expect_error(410, "pickup.ended");
        let detail = jeton.get(&path(&held.id)).token(&jeton.master).send().await.expect(200).json();
        assert_eq!(detail["shares"], json!([]), "{end}");
    }
}

#[tokio::test]
async fn what_another_copy_of_the_sender_sent_stays_when_a_copy_ends() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let manager = jeton.create_manager(json!({})).await;
    let open = sent_by(&jeton, &held.id, &manager.token, BOB).await;
    let copy = jeton.shared_copy(&manager.id).await;
    let found = json!({"tokens": [copy.token]});
    jeton.post("/v2/storage/tokens/leaked").json(&found).send().await.expect(204);
    jeton.pick_up(&open).await.expect(200);
}

#[tokio::test]
async fn a_share_and_the_copy_from_it_end_no_later_than_what_sent_it() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let manager = jeton.create_manager(json!({"expiresIn": 60})).await;
    let open = sent_by(&jeton, &held.id, &manager.token, BOB).await;
    let late = sent_by(&jeton, &held.id, &manager.token, "late@example.org").await;
    let looked = jeton.post(&open.path).json(&json!({"secret": open.secret})).send().await.expect(200);
    assert_eq!(looked.json()["openUntil"], "2026-01-15T12:01:00+0000");
    let copy = jeton.pick_up(&open).await.expect(200).field("token");
    assert_eq!(jeton.verify(&copy).await, 200);
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&copy).await, 401);
    jeton.pick_up(&late).await.expect(410);
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn a_copy_that_ends_with_its_sender_is_told_so_and_not_that_it_was_replaced() {
    let jeton = Jeton::start().await;
    let (held, other) = (jeton.create_manager(json!({})).await, jeton.create(&json!({})).await);
    let manager = jeton.create_manager(json!({"expiresIn": 600})).await;
    let open = sent_by(&jeton, &held.id, &manager.token, BOB).await;
    let copy = jeton.pick_up(&open).await.expect(200).field("token");
    let own = path(&held.id);
    let of_configuration = "/v2/storage/components/keboola.orchestrator/configs/1/token";
    let share = json!({"recipientEmail": "eve@example.org"});
    for (call, wish) in [
        (jeton.post("/v2/storage/tokens"), json!({})),
        (jeton.post(&format!("{own}/refresh")), json!({})),
        (jeton.post(&format!("{}/share", path(&other.id))), share),
        (jeton.put(of_configuration), json!({})),
        (jeton.delete(&own), json!({})),
    ] {
        let why = call.token(&copy).json(&wish).send().await.expect_error(403, "accessDenied");
        assert!(why.contains("ends with the token") && !why.contains("replaced"), "{why}");
    }
    let event = jeton.last_event(&held.id).await;
    assert!(event["message"].as_str().unwrap().contains("ends with the token"), "{event}");
    // A copy that is kept until its successor is used is superseded.
    let refresh = jeton.post(&format!("{own}/refresh")).token(&jeton.master);
    refresh.json(&json!({"keepOldUntilUsed": true})).send().await.expect(200);
    let again = jeton.post(&format!("{own}/refresh")).token(&copy).send().await;
    again.expect_error(403, "storage.tokenSuperseded");
    // With a grace period, it can only verify and ask questions.
    let open = sent_by(&jeton, &held.id, &manager.token, "late@example.org").await;
    let copy = jeton.pick_up(&open).await.expect(200).field("token");
    jeton.get(&own).token(&copy).send().await.expect(200);
    let refresh = jeton.post(&format!("{own}/refresh")).token(&jeton.master);
    refresh.json(&json!({"gracePeriod": 60})).send().await.expect(200);
    jeton.get(&own).token(&copy).send().await.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn what_picked_up_copies_send_leaves_places_to_others() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let manager = jeton.create_manager(json!({})).await;
    let copies = [jeton.shared_copy(&manager.id).await, jeton.shared_copy(&manager.id).await];
    let send = |by: &str, n: usize| {
        share(&jeton, &held.id, by, &json!({"recipientEmail": format!("r{n}@example.org")})).send()
    };
    for n in 0..8 {
        send(&copies[n % 2].token, n).await.expect(204);
    }
    // Copies that were picked up from them still count.
    jeton.pick_up(&jeton.invitation("r0@example.org").await).await.expect(200);
    for copy in &copies {
        send(&copy.token, 8).await.expect_error(409, "storage.token.tooManyCopies");
    }
    for n in 9..16 {
        send(&manager.token, n).await.expect(204);
    }
    send(&jeton.master, 16).await.expect_error(409, "storage.token.tooManyCopies");
}

#[tokio::test]
async fn until_when_is_the_earliest_of_all_ends_and_said_alike_before_and_after_a_pick_up() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let manager = jeton.create_manager(json!({})).await;
    let open = sent_by(&jeton, &held.id, &manager.token, BOB).await;
    let end = json!({"expires": "2026-01-15T12:01:00+0000"});
    jeton.put(&path(&manager.id)).token(&jeton.master).json(&end).send().await.expect(200);
    let looked = jeton.post(&open.path).json(&json!({"secret": open.secret})).send().await.expect(200).json();
    let shares = format!("{}/shares", path(&held.id));
    let listed = jeton.get(&shares).token(&jeton.master).send().await.expect(200).json();
    let picked = jeton.pick_up(&open).await.expect(200);
    for told in [&looked["expires"], &looked["openUntil"], &listed[0]["expires"]] {
        assert_eq!(told, "2026-01-15T12:01:00+0000", "{looked} {listed}");
    }
    for field in ["expires", "openUntil"] {
        assert_eq!(picked.json()[field], looked[field], "{field}");
    }
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&picked.field("token")).await, 401);
}

#[tokio::test]
async fn a_token_that_shares_is_named_as_a_token_beside_the_member_behind_it() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let nobodys = jeton.create_manager(json!({"description": "Rotation bot"})).await;
    sent_by(&jeton, &held.id, &nobodys.token, BOB).await;
    let mail = jeton.mail_to(BOB).await.remove(0);
    for body in [&mail.text, &mail.html] {
        assert!(!body.contains("Rotation bot shares") && body.contains("Another API token"), "{body}");
    }
    assert!(!mail.raw.contains("Reply-To"), "{}", mail.raw);
}

#[tokio::test]
async fn a_mail_names_ten_of_many_rights_before_its_link_and_says_how_many_more_there_are() {
    let jeton = Jeton::start().await;
    let of =
        |count: usize| -> Value { (0..count).map(|n| (format!("in.c-{n:02}"), json!("read"))).collect() };
    for (count, named, more) in
        [(12, 12, None), (40, 10, Some("30 more rights, which the page of the link lists."))]
    {
        let held = jeton.create(&json!({"description": "Many", "bucketPermissions": of(count)})).await;
        jeton.share(&held.id, BOB).await;
        let mail = jeton.mail_to(BOB).await.pop().unwrap();
        assert_eq!(mail.text.matches("Read bucket in.c-").count(), named, "{}", mail.text);
        match more {
            Some(more) => assert!(mail.text.contains(more), "{}", mail.text),
            None => assert!(!mail.text.contains("more right"), "{}", mail.text),
        }
    }
}
