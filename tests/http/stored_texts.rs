//! Redaction: a token that is pasted into a text by mistake is not stored, shown or mailed.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jeton_service::authorizer::{Rules, authorize};
use jeton_tests::{
    jeton::Jeton,
    reading::path,
    secrets::{assert_holds_none, written},
    store::{Place, open_store_at},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// The bare secret, which must not be found anywhere.
fn secret(token: &str) -> &str {
    token.rsplit_once("-jt").unwrap().1
}

#[tokio::test]
async fn a_token_in_a_description_is_replaced_before_it_is_stored() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": format!("like {}", jeton.master)});
    let held = jeton.create(&wish).await;
    assert_eq!(jeton.detail(&held.id).await["description"], "like ***");
    let change = json!({"description": format!("{} and {}", held.token, jeton.manage)});
    jeton.put(&path(&held.id)).token(&jeton.master).json(&change).send().await.expect(200);
    assert_eq!(jeton.detail(&held.id).await["description"], "*** and ***");
}

#[tokio::test]
async fn a_token_anywhere_in_an_event_or_a_question_is_replaced() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let token = &held.token;
    let event = json!({
        "component": "it", "message": format!("curl -H 'X-StorageApi-Token: {token}'"), "runId": token,
        "params": {"nested": [{"header": token}], token.clone(): 1}, "results": {"log": format!("a{token}b")},
    });
    jeton.post_event(token, &event).await;
    let form = format!("component=it&message=by+form&description={}", token.replace('-', "%2D"));
    let posted = jeton.post("/v2/storage/events").token(token).form(&form);
    posted.header("user-agent", token).header("x-kbc-runid", token).send().await.expect(201);
    let question = json!({"operation": "op", "component": "a", "objectId": format!("in.c-x.{token}")});
    assert!(!jeton.may(token, question).await);
    let history = jeton.read(&jeton.master, &format!("{}/events", path(&held.id))).await.text();
    assert!(!history.contains(secret(token)), "{history}");
    assert!(
        history.contains("curl -H 'X-StorageApi-Token: ***'") && history.contains("in.c-x.***"),
        "{history}"
    );
    assert!(history.contains("\"***\":1") && history.contains("a***b"), "{history}");
}

#[tokio::test]
async fn a_token_in_the_message_of_a_share_is_not_mailed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let wish = json!({"recipientEmail": "bob@example.org", "message": format!("use {} so long", held.token)});
    jeton
        .post(&format!("{}/share", path(&held.id)))
        .token(&jeton.master)
        .json(&wish)
        .send()
        .await
        .expect(204);
    let mail = jeton.mail_to("bob@example.org").await.remove(0);
    assert!(mail.text.contains("use *** so long") && !mail.raw.contains(secret(&held.token)), "{}", mail.raw);
}

#[tokio::test]
async fn a_token_is_no_name_of_a_configuration() {
    let jeton = Jeton::start().await;
    let place = format!("/v2/storage/components/a/configs/{}/token", jeton.master);
    jeton.put(&place).token(&jeton.master).json(&json!({})).send().await.expect(404);
}

#[tokio::test]
async fn no_token_is_kept_however_it_is_written_and_wherever_it_is_put() {
    let (store, place) = open_store_at().await;
    let jeton = Jeton::start_on(store).await;
    let held = jeton.create(&json!({"description": "mine"})).await;
    for secret in [&jeton.master, &jeton.manage, &held.token] {
        for form in written(secret) {
            in_texts(&jeton, &held.token, &form).await;
            in_paths(&jeton, &form).await;
        }
    }
    // The mail limit of a token within an hour.
    for (number, form) in written(&held.token).into_iter().enumerate() {
        let wish = json!({"recipientEmail": format!("c{number}@example.org"), "message": form});
        jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master).json(&wish).send().await;
    }
    let secrets = [jeton.master.as_str(), &jeton.manage, &held.token];
    assert_holds_none("the store", &place.everything().await, &secrets);
    for mail in fs::read_dir(&jeton.outbox).unwrap() {
        assert_holds_none("a mail", &fs::read(mail.unwrap().path()).unwrap(), &secrets);
    }
    // The search finds the texts.
    if let Place::Folder(_) = place {
        let kept = String::from_utf8_lossy(&place.everything().await).into_owned();
        assert!(kept.contains("a text with *** in it") && kept.contains("authorized"), "the texts are there");
    }
}

/// Puts a token, in some form, into every text that callers can store.
async fn in_texts(jeton: &Jeton, token: &str, form: &str) {
    let text = format!("a text with {form} in it");
    let as_json = format!("{{\"log\":\"{form}\"}}");
    let encoded = utf8_percent_encode(form, NON_ALPHANUMERIC).to_string();
    let post =
        || jeton.post("/v2/storage/events").token(token).header("user-agent", form).header("referer", form);
    let json = json!({"component": "it", "message": text, "description": form, "params": {"a": [form], form: 1}, "results": {form: {"b": form}}});
    post().header("x-kbc-runid", form).json(&json).send().await.expect(201);
    for as_json in [as_json.clone(), as_json.replace('\\', "\\\\")] {
        // Some forms cannot be part of JSON.
        let json = json!({"component": "it", "message": "m", "params": as_json, "results": as_json});
        let status = post().json(&json).send().await.status;
        assert!([201, 400].contains(&status.as_u16()), "{status}");
        let raw = format!("{{\"component\":\"it\",\"message\":\"m\",\"params\":{as_json}}}");
        let status = post().raw("application/json", raw).send().await.status;
        assert!([201, 400].contains(&status.as_u16()), "{status}");
    }
    post()
        .form(&format!("component=it&message={encoded}&description=a%20{encoded}&params={encoded}"))
        .send()
        .await;
    for field in ["component", "configurationId", "objectId", "objectName", "objectType", "runId"] {
        let json = json!({"component": "it", "message": "m", field: form});
        let status = post().json(&json).send().await.status;
        assert!([201, 400].contains(&status.as_u16()), "{status}");
        for question in [
            json!({"operation": "op", "component": "a", field: form}),
            json!({"operation": form, "component": "a"}),
        ] {
            jeton.post("/v2/storage/tokens/verify").token(token).json(&question).send().await;
        }
    }
    let described = json!({"description": text.chars().take(255).collect::<String>()});
    if text.len() < 255 {
        jeton.create(&described).await;
    }
    let wish = json!({"description": form, "bucketPermissions": {format!("in.{form}"): "read"}, "componentAccess": [form]});
    jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish).send().await;
    let projects = jeton.post("/manage/organizations/11/projects").manage(&jeton.manage);
    projects.json(&json!({"name": form})).send().await;
}

/// Puts a token, in some form, into every path whose names are stored.
async fn in_paths(jeton: &Jeton, form: &str) {
    let rules =
        Rules::parse("GET /b/{bucket} read on bucket as authorized\nGET /c/{name} run name as authorized")
            .unwrap();
    let encoded = utf8_percent_encode(form, NON_ALPHANUMERIC).to_string();
    for name in [form, &encoded] {
        if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-%._~+=;&#".contains(&b))
            && !name.contains('#')
        {
            for path in [
                format!("/v2/storage/components/{name}/configs/x/token"),
                format!("/v2/storage/components/a/configs/{name}/token"),
            ] {
                let put = jeton.put(&path).token(&jeton.master).json(&json!({}));
                put.send().await.expect(404);
            }
        }
        for path in [
            format!("/b/in.{name}"),
            format!("/b/{name}"),
            format!("/c/{name}"),
            format!("/x/{name}"),
            "/b/in.x".to_owned(),
        ] {
            let event = json!({
                "version": "2.0", "type": "REQUEST", "routeKey": "$default", "rawPath": path,
                "headers": {"x-storageapi-token": jeton.master, "user-agent": form},
                "requestContext": {"http": {"method": "GET", "sourceIp": "203.0.113.7"}},
            });
            authorize(&jeton.app, &rules, &event, "request").await.unwrap();
        }
    }
}

/// Characters in texts between the parts of a broken word: line ends with the prefixes of mails and programs,
/// blanks, invisible characters, marks of pages and terminals, string concatenation, escapes.
const BREAKS: [&str; 28] = [
    "\n",
    "\r\n",
    "\n    ",
    "\n> ",
    "\n> > ",
    "\n| ",
    " ",
    "\t",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{2060}",
    "\u{feff}",
    "\u{180e}",
    "=\r\n",
    "\\\n",
    "<wbr>",
    "<br />\n",
    "&shy;",
    "&#8203;",
    "\" + \"",
    "' +\n    '",
    "\" .. \"",
    "\\n",
    "\\r\\n",
    "%0A",
    "%20",
    "\u{1b}[0m",
];

/// A token with this text between two of its characters.
fn broken(token: &str, at: usize, between: &str) -> String {
    format!("{}{between}{}", &token[..at], &token[at..])
}

#[tokio::test]
async fn a_token_that_is_broken_is_replaced_as_a_whole_wherever_it_is_put() {
    let (store, place) = open_store_at().await;
    let jeton = Jeton::start_on(store).await;
    let held = jeton.create(&json!({"description": "mine"})).await;
    let secrets = [jeton.master.as_str(), &jeton.manage, &held.token];
    for token in secrets {
        for between in BREAKS {
            let forms: Vec<_> = (1..token.len()).step_by(3).map(|at| broken(token, at, between)).collect();
            let wrapped: Vec<_> =
                token.as_bytes().chunks(20).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            let event = json!({
                "component": "it", "message": format!("see {}!", wrapped.join(between)), "params": {"forms": forms},
            });
            jeton.post_event(&held.token, &event).await;
            let kept = jeton.last_event(&held.id).await;
            assert_eq!(kept["message"], "see ***!", "{between:?}");
            for form in kept["params"]["forms"].as_array().unwrap() {
                assert_eq!(form, "***", "{between:?}");
            }
        }
        let form = broken(token, token.len() - 43, "\n");
        let wish = json!({"description": form});
        let made = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish).send().await.expect(201);
        assert_eq!(made.json()["description"], "***");
        let made = jeton.post("/manage/tokens").manage(&jeton.manage).json(&wish).send().await.expect(201);
        assert_eq!(made.json()["description"], "***");
        let wish = json!({"recipientEmail": "bob@example.org", "message": format!("Here it is: {form}")});
        let share = jeton.post(&format!("{}/share", path(&held.id))).token(&jeton.master).json(&wish);
        share.send().await.expect(204);
    }
    assert_holds_none("the store", &place.everything().await, &secrets);
    for mail in fs::read_dir(&jeton.outbox).unwrap() {
        assert_holds_none("a mail", &fs::read(mail.unwrap().path()).unwrap(), &secrets);
    }
}

#[tokio::test]
async fn a_piece_of_a_token_that_was_cut_is_replaced_in_short_fields() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let encoded = STANDARD.encode(format!("user:{}", held.token));
    let bare = format!("jt{}", secret(&held.token));
    let behind_a_word = format!("x{}", &bare[..bare.len() - 6]);
    for piece in [
        &held.token[..held.token.len() - 6],
        &held.token[..held.token.len() - 20],
        &encoded[..60],
        &bare,
        &bare[..bare.len() - 6],
        &behind_a_word,
    ] {
        let wish = json!({"description": format!("for {piece}")});
        let put = jeton.put(&path(&held.id)).token(&jeton.master).json(&wish);
        let put = put.header("user-agent", &format!("curl {piece}")).header("x-kbc-runid", piece);
        let answer = put.send().await.expect(200);
        assert!(!answer.text().contains(piece), "{}", answer.text());
        let event = jeton.last_event(&held.id).await.to_string();
        assert!(!event.contains(piece) && event.contains("***"), "{event}");
    }
}
