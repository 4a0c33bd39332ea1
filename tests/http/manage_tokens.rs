//! `/manage/tokens/…`: the life of a manage token

use jeton_core::{
    Error, budget,
    id::ManageTokenId,
    manage::ManageToken,
    secret::{Label, SecretHash, mint_manage_token},
    store::{Commit, Write},
};
use jeton_service::{clock::entropy, limits::denied_events::tell_counts};
use jeton_tests::{
    client::{Answer, Call},
    jeton::{Jeton, START},
    reading::pluck,
    snapshot::keys,
};
use serde_json::{Value, json};

const TOKENS: &str = "/manage/tokens";

/// A manage token and its secret.
struct Key {
    id: u64,
    token: String,
}

impl Key {
    fn of(answer: &Answer) -> Self {
        Self { id: answer.json()["id"].as_u64().unwrap(), token: answer.field("token") }
    }

    fn path(&self, rest: &str) -> String {
        format!("{TOKENS}/{}{rest}", self.id)
    }
}

async fn create(jeton: &Jeton, wish: &Value) -> Key {
    Key::of(&jeton.post(TOKENS).manage(&jeton.manage).json(wish).send().await.expect(201))
}

/// The first one of the service.
async fn first(jeton: &Jeton) -> Key {
    Key {
        id: verify(jeton, &jeton.manage).await.expect(200).json()["id"].as_u64().unwrap(),
        token: jeton.manage.clone(),
    }
}

async fn verify(jeton: &Jeton, token: &str) -> Answer {
    jeton.get("/manage/tokens/verify").manage(token).send().await
}

async fn detail(jeton: &Jeton, key: &Key) -> Value {
    jeton.get(&key.path("")).manage(&jeton.manage).send().await.expect(200).json()
}

async fn names(jeton: &Jeton, key: &Key) -> Vec<String> {
    let events = jeton.get(&key.path("/events")).manage(&jeton.manage).send().await.expect(200).json();
    pluck(events.as_array().unwrap(), "event")
}

fn refresh(jeton: &Jeton, key: &Key, by: &str, wish: &Value) -> Call {
    jeton.post(&key.path("/refresh")).manage(by).json(wish)
}

fn switch(jeton: &Jeton, key: &Key, by: &str, off: bool) -> Call {
    jeton.put(&key.path("")).manage(by).json(&json!({"isDisabled": off}))
}

#[tokio::test]
async fn a_manage_token_is_created_with_an_end_and_its_secret_is_shown_once() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "CI", "expiresIn": 3600});
    let made = jeton.post(TOKENS).manage(&jeton.manage).json(&wish).send().await.expect(201);
    let mut keys = keys(&made);
    keys.sort();
    let told = [
        "created",
        "creator",
        "description",
        "expires",
        "id",
        "isDisabled",
        "isExpired",
        "isLeaked",
        "isSessionToken",
        "lastUsed",
        "refreshed",
        "replacedSecretsEnd",
        "scopes",
        "token",
        "type",
    ];
    assert_eq!(keys, told);
    let key = Key::of(&made);
    verify(&jeton, &key.token).await.expect(200);
    let shown = detail(&jeton, &key).await;
    assert!(shown.get("token").is_none());
    assert_eq!((&shown["expires"], &shown["isExpired"]), (&made.json()["expires"], &json!(false)));
    assert_eq!(names(&jeton, &key).await, ["manage.tokenCreated"]);
}

#[tokio::test]
async fn manage_tokens_are_listed_in_order_and_page_by_page() {
    let jeton = Jeton::start().await;
    let (one, two) = (create(&jeton, &json!({})).await, create(&jeton, &json!({})).await);
    let list = |query: String| jeton.get(&format!("{TOKENS}{query}")).manage(&jeton.manage).send();
    let all = list(String::new()).await.expect(200).json();
    let ids: Vec<u64> = all.as_array().unwrap().iter().map(|token| token["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted() && ids.len() == 3 && ids.contains(&one.id) && ids.contains(&two.id), "{ids:?}");
    let page = list(format!("?limit=1&afterId={}", ids[0])).await.expect(200).json();
    assert_eq!((page[0]["id"].as_u64(), page.as_array().unwrap().len()), (Some(ids[1]), 1));
    assert!(all.as_array().unwrap().iter().all(|token| token.get("token").is_none()));
    for bad in ["?limit=0", "?limit=10001", "?afterId=x"] {
        list(bad.to_owned()).await.expect_error(400, "validationError");
    }
}

#[tokio::test]
async fn verify_tells_the_day_of_last_use_and_the_end_of_its_time() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({"expiresIn": 60})).await;
    assert_eq!(detail(&jeton, &key).await["lastUsed"], json!(null), "it has made no call");
    let told = verify(&jeton, &key.token).await.expect(200).json();
    assert_eq!(told["lastUsed"], "2026-01-15T00:00:00+0000");
    assert_eq!(told["expires"], "2026-01-15T12:01:00+0000");
    assert_eq!(detail(&jeton, &key).await["lastUsed"], told["lastUsed"]);
    jeton.pass_seconds(60);
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenExpired");
    assert_eq!(detail(&jeton, &key).await["isExpired"], json!(true));
    refresh(&jeton, &key, &jeton.manage, &json!({})).send().await.expect_error(409, "conflict");
}

#[tokio::test]
async fn the_end_of_a_manage_token_is_not_taken_away_and_null_for_one_that_is_not_there_changes_nothing() {
    let jeton = Jeton::start().await;
    let short = create(&jeton, &json!({"expiresIn": 600})).await;
    let endless = create(&jeton, &json!({"expiresIn": null, "expires": null})).await;
    assert_eq!(detail(&jeton, &endless).await["expires"], Value::Null);
    let put = |key: &Key, wish: &Value| jeton.put(&key.path("")).manage(&jeton.manage).json(wish).send();
    for field in ["expires", "expiresIn"] {
        let change = json!({field: null, "description": "other", "isDisabled": true});
        let before = detail(&jeton, &short).await;
        let rejected = put(&short, &change).await.expect_error(400, "validationError");
        assert!(rejected.contains(field) && rejected.contains("cannot be removed"), "{rejected}");
        assert_eq!(detail(&jeton, &short).await, before);
        put(&endless, &change).await.expect(200);
        assert_eq!(detail(&jeton, &endless).await["description"], "other");
        put(&endless, &json!({"isDisabled": false})).await.expect(200);
    }
    let refreshed = refresh(&jeton, &short, &jeton.manage, &json!({"gracePeriod": null, "expires": null}));
    refreshed.send().await.expect(200);
    verify(&jeton, &short.token).await.expect(401);
}

#[tokio::test]
async fn what_a_manage_token_makes_ends_no_later_than_itself() {
    let jeton = Jeton::start().await;
    let short = create(&jeton, &json!({"expiresIn": 60})).await;
    for wish in [json!({}), json!({"expiresIn": 3600})] {
        let made = jeton.post(TOKENS).manage(&short.token).json(&wish).send().await.expect(201);
        assert_eq!(made.json()["expires"], "2026-01-15T12:01:00+0000");
    }
}

#[tokio::test]
async fn a_secret_that_a_manage_token_with_an_end_makes_of_another_ends_with_it() {
    let jeton = Jeton::start().await;
    let (short, key) = (create(&jeton, &json!({"expiresIn": 60})).await, create(&jeton, &json!({})).await);
    let answer = refresh(&jeton, &key, &short.token, &json!({})).send().await.expect(200);
    assert_eq!(answer.json()["expires"], "2026-01-15T12:01:00+0000");
    // Tokens that it creates do not last longer.
    let own = Key::of(&answer);
    let own = refresh(&jeton, &key, &own.token, &json!({"gracePeriod": 604_800})).send().await.expect(200);
    assert_eq!(own.json()["expires"], "2026-01-15T12:01:00+0000");
    assert_eq!(own.json()["replacedSecretsEnd"], json!(["2026-01-15T12:01:00+0000"]));
    let own = Key::of(&own);
    let made = jeton.post(TOKENS).manage(&own.token).json(&json!({})).send().await.expect(201);
    assert_eq!(made.json()["expires"], "2026-01-15T12:01:00+0000");
    jeton.pass_seconds(60);
    verify(&jeton, &own.token).await.expect_error(401, "storage.tokenInvalid");
    let whole = refresh(&jeton, &key, &jeton.manage, &json!({})).send().await.expect(200);
    assert_eq!(whole.json()["expires"], json!(null));
    verify(&jeton, &whole.field("token")).await.expect(200);
}

#[tokio::test]
async fn an_invitation_ends_with_the_secret_that_sent_it() {
    let jeton = Jeton::start().await;
    let users = format!("/manage/projects/{}/users", jeton.project);
    let invite = async |by: &str, email: &str| {
        jeton.post(&users).manage(by).json(&json!({"email": email})).send().await.expect(204);
        let invitation = jeton.invitation(email).await;
        let looked = jeton.post(&invitation.path).json(&json!({"secret": invitation.secret})).send().await;
        (invitation, looked.expect(200).json()["openUntil"].clone())
    };
    let short = create(&jeton, &json!({"expiresIn": 60})).await;
    let (by_short, until) = invite(&short.token, "short@example.org").await;
    assert_eq!(until, "2026-01-15T12:01:00+0000");
    let mail = jeton.mail_to("short@example.org").await.remove(0);
    assert!(mail.text.contains("15 January 2026, 12:01 UTC"), "{}", mail.text);
    let key = create(&jeton, &json!({})).await;
    refresh(&jeton, &key, &key.token, &json!({"gracePeriod": 60})).send().await.expect(200);
    let (by_replaced, until) = invite(&key.token, "replaced@example.org").await;
    assert_eq!(until, "2026-01-15T12:01:00+0000");
    let report = json!({"tokens": [key.token]});
    jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204);
    jeton.pick_up(&by_replaced).await.expect_error(410, "pickup.ended");
    jeton.pass_seconds(60);
    jeton.pick_up(&by_short).await.expect_error(410, "pickup.expired");
}

#[tokio::test]
async fn a_refresh_ends_the_secret_of_before_at_once_or_after_its_grace_period() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({})).await;
    let new = Key::of(&refresh(&jeton, &key, &key.token, &json!({})).send().await.expect(200));
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenInvalid");
    let newer =
        Key::of(&refresh(&jeton, &key, &new.token, &json!({"gracePeriod": 60})).send().await.expect(200));
    // Until its end the old secret works, but not for managing manage tokens.
    let project = format!("/manage/projects/{}", jeton.project);
    jeton.get(&project).manage(&new.token).send().await.expect(200);
    jeton.post(&format!("{project}/tokens")).manage(&new.token).json(&json!({})).send().await.expect(201);
    jeton.post(TOKENS).manage(&new.token).json(&json!({})).send().await.expect_error(403, "accessDenied");
    for call in [
        refresh(&jeton, &key, &new.token, &json!({})),
        switch(&jeton, &key, &new.token, true),
        jeton.delete(&key.path("")).manage(&new.token),
    ] {
        call.send().await.expect_error(403, "accessDenied");
    }
    assert_eq!(detail(&jeton, &key).await["replacedSecretsEnd"], json!(["2026-01-15T12:01:00+0000"]));
    jeton.pass_seconds(60);
    verify(&jeton, &new.token).await.expect_error(401, "storage.tokenInvalid");
    verify(&jeton, &newer.token).await.expect(200);
    let wish = json!({"gracePeriod": 604_801});
    refresh(&jeton, &key, &jeton.manage, &wish).send().await.expect_error(400, "validationError");
}

#[tokio::test]
async fn a_disabled_manage_token_is_rejected_until_it_is_enabled_again() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({"description": "CI"})).await;
    switch(&jeton, &key, &jeton.manage, true).send().await.expect(200);
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenDisabled");
    assert_eq!(detail(&jeton, &key).await["isDisabled"], json!(true));
    refresh(&jeton, &key, &jeton.manage, &json!({})).send().await.expect_error(409, "conflict");
    switch(&jeton, &key, &jeton.manage, false).send().await.expect(200);
    verify(&jeton, &key.token).await.expect(200);
    let renamed = json!({"description": "Deploys"});
    jeton.put(&key.path("")).manage(&jeton.manage).json(&renamed).send().await.expect(200);
    assert_eq!(detail(&jeton, &key).await["description"], "Deploys");
    assert_eq!(
        names(&jeton, &key).await,
        ["manage.tokenUpdated", "manage.tokenEnabled", "manage.tokenDisabled", "manage.tokenCreated"]
    );
    for bad in [json!({"description": ""}), json!({"description": "a\u{7}"}), json!({"expiresIn": 60})] {
        jeton
            .put(&key.path(""))
            .manage(&jeton.manage)
            .json(&bad)
            .send()
            .await
            .expect_error(400, "validationError");
    }
}

#[tokio::test]
async fn a_manage_token_with_an_end_switches_on_none_that_lasts_longer() {
    let jeton = Jeton::start().await;
    let (short, lasting) =
        (create(&jeton, &json!({"expiresIn": 60})).await, create(&jeton, &json!({})).await);
    let sooner = create(&jeton, &json!({"expiresIn": 30})).await;
    for key in [&lasting, &sooner] {
        switch(&jeton, key, &short.token, true).send().await.expect(200);
    }
    switch(&jeton, &sooner, &short.token, false).send().await.expect(200);
    switch(&jeton, &lasting, &short.token, false).send().await.expect_error(403, "accessDenied");
    verify(&jeton, &lasting.token).await.expect_error(401, "storage.tokenDisabled");
    // Nor does a secret that expires with the manage token that created it, although its own has no end.
    let other = create(&jeton, &json!({})).await;
    let ends = Key::of(&refresh(&jeton, &other, &short.token, &json!({})).send().await.expect(200));
    switch(&jeton, &lasting, &ends.token, false).send().await.expect_error(403, "accessDenied");
    switch(&jeton, &lasting, &jeton.manage, false).send().await.expect(200);
    verify(&jeton, &lasting.token).await.expect(200);
    switch(&jeton, &lasting, &short.token, false).send().await.expect(200);
}

#[tokio::test]
async fn a_deleted_manage_token_is_gone_and_its_events_stay() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({})).await;
    let answer = jeton.delete(&key.path("")).manage(&jeton.manage).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenInvalid");
    jeton.get(&key.path("")).manage(&jeton.manage).send().await.expect_error(404, "notFound");
    jeton.delete(&key.path("")).manage(&jeton.manage).send().await.expect_error(404, "notFound");
    assert_eq!(names(&jeton, &key).await, ["manage.tokenDeleted", "manage.tokenCreated"]);
    let unknown = Key { id: if key.id == 5 { 6 } else { 5 }, token: String::new() };
    jeton.get(&unknown.path("/events")).manage(&jeton.manage).send().await.expect_error(404, "notFound");
}

#[tokio::test]
async fn the_last_manage_token_that_works_neither_deletes_nor_disables_itself() {
    let jeton = Jeton::start().await;
    let own = first(&jeton).await;
    let other = create(&jeton, &json!({})).await;
    switch(&jeton, &other, &own.token, true).send().await.expect(200);
    let message = jeton.delete(&own.path("")).manage(&own.token).send().await.expect_error(409, "conflict");
    assert!(message.contains("last manage token"), "{message}");
    switch(&jeton, &own, &own.token, true).send().await.expect_error(409, "conflict");
    switch(&jeton, &other, &own.token, false).send().await.expect(200);
    jeton.delete(&own.path("")).manage(&own.token).send().await.expect(204);
    verify(&jeton, &other.token).await.expect(200);
    jeton.delete(&other.path("")).manage(&other.token).send().await.expect_error(409, "conflict");
}

#[tokio::test]
async fn a_leaked_manage_token_is_ended_and_works_again_once_it_is_refreshed() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({})).await;
    let report = json!({"tokens": [key.token]});
    jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204);
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenInvalid");
    assert_eq!(detail(&jeton, &key).await["isLeaked"], json!(true));
    assert_eq!(names(&jeton, &key).await, ["manage.tokenLeaked", "manage.tokenCreated"]);
    let new =
        Key::of(&refresh(&jeton, &key, &jeton.manage, &json!({"gracePeriod": 60})).send().await.expect(200));
    verify(&jeton, &new.token).await.expect(200);
    verify(&jeton, &key.token).await.expect_error(401, "storage.tokenInvalid");
    // Reported again, it ends nothing and stores nothing.
    jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204);
    assert_eq!(names(&jeton, &key).await[0], "manage.tokenRefreshed");
}

#[tokio::test]
async fn a_manage_tokens_events_tell_what_it_did_in_projects_too() {
    let jeton = Jeton::start().await;
    let key = create(&jeton, &json!({})).await;
    let path = format!("/manage/projects/{}/tokens", jeton.project);
    jeton.post(&path).manage(&key.token).json(&json!({"description": "made"})).send().await.expect(201);
    let made = Key::of(&jeton.post(TOKENS).manage(&key.token).json(&json!({})).send().await.expect(201));
    assert_eq!(
        names(&jeton, &key).await,
        ["manage.tokenCreated", "storage.tokenCreated", "manage.tokenCreated"]
    );
    assert_eq!(names(&jeton, &made).await, ["manage.tokenCreated"]);
    let path = key.path("/events?q=event:storage.tokenCreated");
    let found = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    assert_eq!(found[0]["params"]["project"], json!(jeton.project.number()));
    let uri = found[0]["uri"].as_str().unwrap().strip_prefix(&jeton.url).unwrap();
    let one = jeton.get(uri).manage(&jeton.manage).send().await.expect(200).json();
    assert_eq!(one, found[0]);
    let unknown = key.path("/events/01958f48-b1fc-7f05-b9b9-8a4a7b385bc3");
    jeton.get(&unknown).manage(&jeton.manage).send().await.expect_error(404, "storage.events.notFound");
}

#[tokio::test]
async fn a_create_or_refresh_whose_answer_was_lost_is_answered_once_more() {
    let jeton = Jeton::start().await;
    let idempotent = |call: Call, fill: &str| call.header("idempotency-key", &fill.repeat(43));
    let create = || idempotent(jeton.post(TOKENS).manage(&jeton.manage).json(&json!({})), "a").send();
    let (lost, again) = (create().await.expect(201), create().await.expect(201));
    assert_eq!(lost.text(), again.text());
    let key = Key::of(&lost);
    for (fill, wish) in [("b", json!({"gracePeriod": 60})), ("c", json!({}))] {
        let by = Key::of(&refresh(&jeton, &key, &jeton.manage, &json!({})).send().await.expect(200)).token;
        let refresh = || idempotent(refresh(&jeton, &key, &by, &wish), fill).send();
        let (lost, again) = (refresh().await.expect(200), refresh().await.expect(200));
        assert_eq!(lost.field("token"), again.field("token"), "{wish}");
        verify(&jeton, &again.field("token")).await.expect(200);
    }
    // A secret that has ended is not returned again.
    create().await.expect_error(409, "conflict");
}

#[tokio::test]
async fn a_manage_token_of_an_earlier_version_goes_on_and_has_the_whole_life() {
    let jeton = Jeton::start().await;
    let id = ManageTokenId::new(4_711).unwrap();
    let secret = mint_manage_token(id, &mut entropy());
    let hash = SecretHash::of(Label::ManageToken, &[secret.expose()]);
    let stored = json!({"id": id, "hash": hash, "description": "old", "created": START, "expires": null});
    let token: ManageToken = serde_json::from_value(stored).unwrap();
    let commit = Commit { writes: vec![Write::InsertManageToken(token)], events: Vec::new() };
    jeton.app.store.commit(&commit).await.unwrap();
    let old = Key { id: 4_711, token: secret.expose().to_owned() };
    assert_eq!(
        verify(&jeton, &old.token).await.expect(200).json()["creator"],
        json!({"id": 0, "name": "jeton"})
    );
    let new = Key::of(&refresh(&jeton, &old, &old.token, &json!({})).send().await.expect(200));
    verify(&jeton, &old.token).await.expect_error(401, "storage.tokenInvalid");
    jeton.delete(&old.path("")).manage(&new.token).send().await.expect(204);
    assert_eq!(names(&jeton, &old).await, ["manage.tokenDeleted", "manage.tokenRefreshed"]);
}

#[tokio::test]
async fn what_a_manage_token_sent_ends_with_it_and_with_its_secret() {
    let jeton = Jeton::start().await;
    let users = format!("/manage/projects/{}/users", jeton.project);
    for (n, how) in ["deleted", "refreshed", "leaked"].into_iter().enumerate() {
        let key = create(&jeton, &json!({})).await;
        let email = format!("eve{n}@example.org");
        jeton.post(&users).manage(&key.token).json(&json!({"email": email})).send().await.expect(204);
        let invitation = jeton.invitation(&email).await;
        jeton.pass_seconds(1);
        match how {
            "deleted" => jeton.delete(&key.path("")).manage(&jeton.manage).send().await.expect(204),
            "refreshed" => refresh(&jeton, &key, &jeton.manage, &json!({})).send().await.expect(200),
            _ => {
                let report = json!({"tokens": [key.token]});
                jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204)
            }
        };
        jeton.pick_up(&invitation).await.expect_error(410, "pickup.ended");
    }
    let key = create(&jeton, &json!({})).await;
    jeton.post(&users).manage(&key.token).json(&json!({"email": "bob@example.org"})).send().await.expect(204);
    let invitation = jeton.invitation("bob@example.org").await;
    switch(&jeton, &key, &jeton.manage, true).send().await.expect(200);
    jeton.pick_up(&invitation).await.expect(409);
    switch(&jeton, &key, &jeton.manage, false).send().await.expect(200);
    jeton.pick_up(&invitation).await.expect(200);
}

#[tokio::test]
async fn a_manage_token_causes_so_many_bytes_of_events_an_hour_and_goes_on_taking_rights_away() {
    let jeton = Jeton::start().await;
    let (looping, other) = (create(&jeton, &json!({})).await, create(&jeton, &json!({})).await);
    jeton.join("eve@example.org").await;
    let now = jeton.app.clock.now();
    let id = ManageTokenId::new(looping.id.try_into().unwrap()).unwrap();
    let all = budget::event_bytes_of_manage_token(id, budget::EVENT_BYTES_OF_TOKEN, now);
    jeton.app.budgets().spend(&all, now, Error::TooManyEvents).await.unwrap();
    // Each process allows a little.
    let mut created = 0;
    let rejected = loop {
        let answer = jeton.post(TOKENS).manage(&looping.token).json(&json!({})).send().await;
        if answer.status == 429 {
            break answer;
        }
        answer.expect(201);
        created += 1;
        assert!(created < 100, "there is no end to it");
    };
    assert!(rejected.header("retry-after").is_some());
    rejected.expect_error(429, "events.tooMany");
    let projects = format!("/manage/projects/{}", jeton.project);
    let (users, tokens) = (format!("{projects}/users"), format!("{projects}/tokens"));
    let invited = json!({"email": "bob@example.org"});
    for (path, body) in [
        ("/manage/organizations/1/projects", json!({"name": "another"})),
        (users.as_str(), invited),
        (tokens.as_str(), json!({})),
    ] {
        let answer = jeton.post(path).manage(&looping.token).json(&body).send().await;
        answer.expect_error(429, "events.tooMany");
    }
    refresh(&jeton, &looping, &looping.token, &json!({})).send().await.expect_error(429, "events.tooMany");
    let rename = json!({"description": "another"});
    let renamed = jeton.put(&other.path("")).manage(&looping.token).json(&rename).send().await;
    renamed.expect_error(429, "events.tooMany");

    refresh(&jeton, &other, &looping.token, &json!({})).send().await.expect(200);
    switch(&jeton, &other, &looping.token, true).send().await.expect(200);
    jeton.delete(&other.path("")).manage(&looping.token).send().await.expect(204);
    let eve = format!("{users}/eve@example.org");
    jeton.delete(&eve).manage(&looping.token).send().await.expect(204);
    jeton.post(TOKENS).manage(&jeton.manage).json(&json!({})).send().await.expect(201);
    jeton.pass_seconds(3600);
    jeton.post(TOKENS).manage(&looping.token).json(&json!({})).send().await.expect(201);
}

#[tokio::test]
async fn what_a_manage_token_may_not_do_is_in_its_history_once_a_minute_with_how_often() {
    let jeton = Jeton::start().await;
    let (key, other) = (create(&jeton, &json!({})).await, create(&jeton, &json!({})).await);
    refresh(&jeton, &key, &key.token, &json!({"gracePeriod": 3600})).send().await.expect(200);
    let replaced = |key: &Key, other: &Key| refresh(&jeton, other, &key.token, &json!({})).send();
    for _ in 0..5 {
        replaced(&key, &other).await.expect_error(403, "accessDenied");
    }
    // Its ids in the call cause no event of their own.
    for id in 1..5 {
        let path = format!("{TOKENS}/{id}");
        jeton.delete(&path).manage(&key.token).send().await.expect_error(403, "accessDenied");
    }
    let denied = async |of: &Key| {
        let names = names(&jeton, of).await;
        names.into_iter().filter(|name| name == "storage.accessDenied").count()
    };
    assert_eq!((denied(&key).await, denied(&other).await), (2, 1));
    jeton.pass_seconds(60);
    tell_counts(&jeton.app, false).await;
    assert_eq!((denied(&key).await, denied(&other).await), (4, 2));
    let path = format!("{}?q=event:storage.accessDenied", key.path("/events"));
    let events = jeton.get(&path).manage(&jeton.manage).send().await.expect(200).json();
    let told: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["params"]["count"].clone()).collect();
    assert!(told.contains(&json!(4)) && told.contains(&json!(3)), "{told:?}");
    let last = &events[3]["params"];
    assert_eq!(
        (&last["method"], &last["route"]),
        (&json!("POST"), &json!("/manage/tokens/{manageToken}/refresh"))
    );
}
