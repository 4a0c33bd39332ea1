//! `POST /v2/storage/tokens/actions` with an `Idempotency-Key`: a repeated call acts on the same tokens, and on each once.

use futures_util::future::join_all;
use jeton_tests::{
    client::{Answer, Call},
    jeton::{Held, Jeton},
    reading::{path, pluck},
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens/actions";

/// The actions, each with its event and a key.
const EACH: [(&str, &str, char); 3] = [
    ("disable", "storage.tokenDisabled", 'a'),
    ("enable", "storage.tokenEnabled", 'b'),
    ("delete", "storage.tokenDeleted", 'c'),
];

fn call(jeton: &Jeton, fill: char, body: &Value) -> Call {
    let key = fill.to_string().repeat(43);
    jeton.post(PATH).token(&jeton.master).json(body).header("idempotency-key", &key)
}

async fn act(jeton: &Jeton, fill: char, body: &Value) -> Answer {
    call(jeton, fill, body).send().await.expect(200)
}

fn changed(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let tokens = body["tokens"].as_array().unwrap().iter();
    let changed: Vec<_> = tokens.filter(|token| token["outcome"] == "changed").cloned().collect();
    assert_eq!(body["changed"], changed.len());
    pluck(&changed, "id")
}

async fn some(jeton: &Jeton, name: &str, count: usize) -> Vec<Held> {
    let wishes: Vec<_> =
        (0..count).map(|number| json!({"description": format!("{name} {number}")})).collect();
    let mut made = Vec::new();
    for part in wishes.chunks(15) {
        made.extend(join_all(part.iter().map(|wish| jeton.create(wish))).await);
    }
    made
}

async fn set(jeton: &Jeton, token: &Held, settings: Value) {
    jeton.put(&path(&token.id)).token(&jeton.master).json(&settings).send().await.expect(200);
}

/// How often an event is in the history of each token, at most.
async fn most(jeton: &Jeton, tokens: &[Held], event: &str) -> usize {
    let mut most = 0;
    for token in tokens {
        most = most.max(jeton.history(&token.id).await.iter().filter(|name| *name == event).count());
    }
    most
}

#[tokio::test]
async fn a_call_that_is_sent_again_has_the_same_answer_and_touches_no_other_token() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, "lost", 110).await;
    for (action, event, fill) in EACH {
        let body = json!({"action": action, "filter": {"search": "lost"}});
        let first = act(&jeton, fill, &body).await;
        assert_eq!(changed(&first).len(), 100, "{action}");
        assert!(first.json()["next"].is_string());
        assert_eq!(act(&jeton, fill, &body).await.text(), first.text(), "{action}");
        let rest = json!({"action": action, "filter": {"search": "lost"}, "after": first.json()["next"]});
        let second = act(&jeton, fill.to_ascii_uppercase(), &rest).await;
        assert_eq!((changed(&second).len(), &second.json()["next"]), (10, &Value::Null), "{action}");
        assert_eq!(act(&jeton, fill.to_ascii_uppercase(), &rest).await.text(), second.text(), "{action}");
        assert_eq!(most(&jeton, &tokens, event).await, 1, "{action}");
    }
}

#[tokio::test]
async fn a_token_that_was_created_since_is_not_touched_by_a_call_that_is_sent_again() {
    let jeton = Jeton::start().await;
    let body = json!({"action": "delete", "filter": {"search": "late"}});
    let nothing = act(&jeton, 'n', &body).await;
    assert!(changed(&nothing).is_empty());
    let one = some(&jeton, "late one", 1).await;
    assert_eq!(act(&jeton, 'n', &body).await.text(), nothing.text(), "there was none at the first call");
    assert_eq!(jeton.verify(&one[0].token).await, 200);
    let first = act(&jeton, 'k', &body).await;
    assert_eq!(changed(&first), [one[0].id.as_str()]);
    let successor = some(&jeton, "late successor", 1).await;
    assert_eq!(act(&jeton, 'k', &body).await.text(), first.text());
    assert_eq!(jeton.verify(&successor[0].token).await, 200);
    let named = json!({"action": "delete", "tokens": [successor[0].id]});
    let first = act(&jeton, 'm', &named).await;
    assert_eq!(act(&jeton, 'm', &named).await.text(), first.text());
    assert_eq!(changed(&first), [successor[0].id.as_str()]);
}

#[tokio::test]
async fn what_others_have_done_since_is_not_undone_and_what_failed_is_tried_again() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"description": "manager"})).await;
    let strong =
        jeton.create(&json!({"description": "x strong", "bucketPermissions": {"in.c-a": "read"}})).await;
    let weak = some(&jeton, "x weak", 3).await;
    set(&jeton, &weak[2], json!({"isDisabled": true})).await;
    let body = json!({"action": "disable", "filter": {"search": "x "}});
    let send = async || {
        let key = "k".repeat(43);
        let call = jeton.post(PATH).token(&manager.token).json(&body).header("idempotency-key", &key);
        call.send().await.expect(200)
    };
    let first = send().await;
    assert_eq!((changed(&first).len(), &first.json()["unchanged"]), (2, &json!(1)));
    assert_eq!(first.json()["failed"], 1, "the manager has not that right");
    for token in &weak {
        set(&jeton, token, json!({"isDisabled": false})).await;
    }
    assert_eq!(send().await.text(), first.text());
    for token in &weak {
        assert_eq!(jeton.verify(&token.token).await, 200, "somebody has enabled it since");
    }
    set(&jeton, &strong, json!({"bucketPermissions": {}})).await;
    let completed = send().await;
    assert_eq!((changed(&completed).len(), &completed.json()["failed"]), (3, &json!(0)));
    assert_eq!(jeton.verify(&strong.token).await, 401);
    assert_eq!(send().await.text(), completed.text());
    assert_eq!(most(&jeton, &weak[..2], "storage.tokenDisabled").await, 1);
}

#[tokio::test]
async fn a_call_that_is_done_has_its_answer_however_often_it_is_sent_again() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, "often", 100).await;
    act(&jeton, 'a', &json!({"action": "disable", "filter": {"search": "often"}})).await;
    let body = json!({"action": "enable", "filter": {"search": "often"}});
    let first = act(&jeton, 'b', &body).await;
    assert_eq!((changed(&first).len(), &first.json()["next"]), (100, &Value::Null));
    act(&jeton, 'c', &json!({"action": "disable", "filter": {"search": "often"}})).await;
    // More often than the rate limit of changes allows to enable a hundred tokens.
    for _ in 0..4 {
        assert_eq!(act(&jeton, 'b', &body).await.text(), first.text());
    }
    assert_eq!(jeton.verify(&tokens[0].token).await, 401, "it was disabled since");
}

#[tokio::test]
async fn the_same_call_at_the_same_time_has_one_answer_and_another_key_finds_done_what_is_done() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, "import", 30).await;
    for (action, event, fill) in EACH {
        let body = json!({"action": action, "filter": {"search": "import"}});
        let answers = join_all((0..3).map(|_| act(&jeton, fill, &body))).await;
        for answer in &answers {
            assert_eq!(answer.text(), answers[0].text(), "{action}");
            assert_eq!(changed(answer).len(), 30, "{action}");
        }
        assert_eq!(most(&jeton, &tokens, event).await, 1, "{action}");
        if action != "delete" {
            let other = act(&jeton, fill.to_ascii_uppercase(), &body).await.json();
            assert_eq!((&other["changed"], &other["unchanged"]), (&json!(0), &json!(30)), "{action}");
        }
    }
}

#[tokio::test]
async fn calls_with_different_keys_at_the_same_time_change_each_token_once_and_say_who_did() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, "import", 30).await;
    let mut all: Vec<_> = tokens.iter().map(|held| held.id.clone()).collect();
    all.sort();
    for (action, _, fill) in EACH {
        let body = json!({"action": action, "filter": {"search": "import"}});
        let fills = [fill, fill.to_ascii_uppercase(), char::from(fill as u8 + 10)];
        let answers = join_all(fills.iter().map(|fill| act(&jeton, *fill, &body))).await;
        let mut by_all: Vec<_> = answers.iter().flat_map(changed).collect();
        by_all.sort();
        assert_eq!(by_all, all, "{action}");
        // Who has changed a token is known later, too, and nobody does it once more.
        if action != "delete" {
            let other = if action == "enable" { "disable" } else { "enable" };
            act(
                &jeton,
                char::from(fill as u8 + 15),
                &json!({"action": other, "filter": {"search": "import"}}),
            )
            .await;
        }
        for (fill, first) in fills.iter().zip(&answers) {
            assert_eq!(act(&jeton, *fill, &body).await.text(), first.text(), "{action}");
        }
        if action != "delete" {
            let done = act(
                &jeton,
                char::from(fill as u8 + 20),
                &json!({"action": action, "filter": {"search": "import"}}),
            )
            .await;
            assert_eq!(changed(&done).len(), 30, "{action}: it was undone since");
        }
    }
}

#[tokio::test]
async fn a_key_stands_for_one_call_and_a_dry_run_uses_none() {
    let jeton = Jeton::start().await;
    let tokens = some(&jeton, "import", 1).await;
    let body =
        |action: &str, dry_run: bool| json!({"action": action, "tokens": [tokens[0].id], "dryRun": dry_run});
    for dry_run in [true, false] {
        let short = jeton.post(PATH).token(&jeton.master).json(&body("disable", dry_run));
        let short = short.header("idempotency-key", "k").send().await;
        assert!(short.expect_error(400, "validationError").contains("Idempotency-Key"));
    }
    for _ in 0..2 {
        let dry = act(&jeton, 'k', &body("disable", true)).await;
        assert_eq!(changed(&dry).len(), 1, "a dry run says what would be changed now");
    }
    assert_eq!(changed(&act(&jeton, 'k', &body("disable", false)).await).len(), 1);
    let taken = call(&jeton, 'k', &body("delete", false)).send().await;
    assert!(taken.expect_error(409, "conflict").contains("Idempotency-Key"));
    let create = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&json!({}));
    create.header("idempotency-key", &"k".repeat(43)).send().await.expect_error(409, "conflict");
    assert_eq!(jeton.detail(&tokens[0].id).await["isDisabled"], true);

    let manager = jeton.create_manager(json!({"description": "manager"})).await;
    let theirs = || {
        let call = jeton.post(PATH).token(&manager.token).json(&body("delete", false));
        call.header("idempotency-key", &"t".repeat(43)).send()
    };
    theirs().await.expect(200);
    set(&jeton, &manager, json!({"isDisabled": true})).await;
    theirs().await.expect_error(401, "storage.tokenDisabled");
}

#[tokio::test]
async fn after_ten_minutes_an_action_is_not_repeated_and_its_key_is_not_used_again() {
    let jeton = Jeton::start().await;
    some(&jeton, "import", 1).await;
    let body = json!({"action": "disable", "filter": {"search": "import"}});
    let first = act(&jeton, 'k', &body).await;
    let late = some(&jeton, "import late", 1).await;
    jeton.pass_seconds(599);
    assert_eq!(act(&jeton, 'k', &body).await.text(), first.text());
    jeton.pass_seconds(1);
    call(&jeton, 'k', &body).send().await.expect_error(409, "conflict");
    assert_eq!(jeton.verify(&late[0].token).await, 200);
}
