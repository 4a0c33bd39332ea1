//! `POST /v2/storage/tokens`

use jeton_tests::{
    jeton::Jeton,
    raw,
    snapshot::{self, body},
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/tokens";

#[tokio::test]
async fn a_new_token_is_answered_whole_with_its_secret_and_without_its_project() {
    let jeton = Jeton::start().await;
    let wish = json!({
        "description": "MySQL extractor",
        "bucketPermissions": {"in.c-main": "write", "out.c-report": "read"},
        "componentAccess": ["keboola.ex-db-mysql"],
        "canReadAllFileUploads": true,
        "canPurgeTrash": true,
        "canCreateJobs": true,
        "expiresIn": 3600,
    });
    let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await.expect(201);
    assert_eq!(answer.content_type(), Some("application/json"));
    assert!(answer.json()["creatorToken"]["id"].is_u64());
    insta::assert_json_snapshot!("created", body(&answer));
}

#[tokio::test]
async fn the_secret_is_project_token_and_49_letters_and_digits() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let secret = held.token.strip_prefix(&format!("{}-{}-jt", jeton.project, held.id)).unwrap();
    assert_eq!(secret.len(), 49);
    assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric()));
}

#[tokio::test]
async fn nothing_asked_for_is_nothing_allowed() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let token = jeton.verified(&held.token).await;
    for flag in
        ["isMasterToken", "canManageBuckets", "canManageTokens", "canReadAllFileUploads", "canPurgeTrash"]
    {
        assert_eq!(token[flag], false, "{flag}");
    }
    assert_eq!((&token["canCreateJobs"], &token["expires"]), (&json!(false), &Value::Null));
    assert_eq!(token["bucketPermissions"], json!([]));
    assert!(token.get("componentAccess").is_none());
    assert!(!jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "read"})).await);
}

#[tokio::test]
async fn a_token_without_a_description_says_who_created_it() {
    let jeton = Jeton::start().await;
    for wish in [json!({}), json!({"description": ""}), json!({"description": null})] {
        let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await.expect(201);
        assert_eq!(answer.field("description"), "Created by admin@example.org");
    }
    let manager = jeton.create_manager(json!({"description": "CI"})).await;
    let answer = jeton.post(PATH).token(&manager.token).json(&json!({})).send().await.expect(201);
    assert_eq!(answer.field("description"), "Created by CI");
}

#[tokio::test]
async fn forms_are_read_the_way_php_writes_them() {
    let jeton = Jeton::start().await;
    for list in
        ["componentAccess[]=a&componentAccess[]=b", "componentAccess%5B0%5D=a&componentAccess%5B1%5D=b"]
    {
        let form = format!(
            "description=From+PHP&bucketPermissions[in.c-x]=write&{list}&expiresIn=60\
             &canManageBuckets=&canReadAllFileUploads=1&canPurgeTrash=0&canCreateJobs=true"
        );
        let token = jeton.post(PATH).token(&jeton.master).form(&form).send().await.expect(201).json();
        assert_eq!(token["description"], "From PHP");
        assert_eq!(token["bucketPermissions"], json!({"in.c-x": "write"}));
        assert_eq!(token["componentAccess"], json!(["a", "b"]));
        assert_eq!(token["expires"], "2026-01-15T12:01:00+0000");
        let flags = ["canManageBuckets", "canReadAllFileUploads", "canPurgeTrash", "canCreateJobs"];
        assert_eq!(flags.map(|flag| token[flag].as_bool().unwrap()), [false, true, false, true]);
    }
}

#[tokio::test]
async fn json_is_read_leniently_where_clients_differ() {
    let jeton = Jeton::start().await;
    let wish = json!({
        "description": 123, "bucketPermissions": [], "componentAccess": null, "expiresIn": "60",
        "canManageBuckets": "1", "canPurgeTrash": 0, "canReadAllFileUploads": null, "nobodyKnows": {"a": 1},
    });
    let token = jeton.post(PATH).token(&jeton.master).json(&wish).send().await.expect(201).json();
    assert_eq!(token["description"], "123");
    assert_eq!(token["bucketPermissions"], json!([]));
    assert_eq!(token["expires"], "2026-01-15T12:01:00+0000");
    assert_eq!((&token["canManageBuckets"], &token["canPurgeTrash"]), (&json!(true), &json!(false)));
    let float = jeton.post(PATH).token(&jeton.master).raw("application/json", r#"{"expiresIn": 6e1}"#);
    assert_eq!(float.send().await.expect(201).field("expires"), "2026-01-15T12:01:00+0000");
}

#[tokio::test]
async fn an_empty_body_and_an_empty_php_array_are_an_empty_object() {
    let jeton = Jeton::start().await;
    jeton.post(PATH).token(&jeton.master).send().await.expect(201);
    for (kind, text) in [
        ("application/json", "[]"),
        ("application/json", ""),
        ("application/json; charset=utf-8", "{}"),
        ("application/x-www-form-urlencoded", ""),
    ] {
        jeton.post(PATH).token(&jeton.master).raw(kind, text).send().await.expect(201);
    }
}

#[tokio::test]
async fn what_does_not_parse_is_a_malformed_request() {
    let jeton = Jeton::start().await;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (kind, text) in [
        (json, b"{".as_slice()),
        (json, b"[1]"),
        (json, b"\"text\""),
        (json, b"{\"description\": \"\x80\"}"),
        (form, b"description=%80"),
        (form, b"description=\x80"),
    ] {
        let call = jeton.post(PATH).token(&jeton.master).raw(kind, text.to_vec());
        call.send().await.expect_error(400, "malformedRequest");
    }
    let text = jeton.post(PATH).token(&jeton.master).raw("text/plain", "{}").send().await;
    text.expect_error(415, "unsupportedMediaType");
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_read_and_its_bytes_are_counted() {
    let jeton = Jeton::start().await;
    let token = format!("X-StorageApi-Token: {}", jeton.master);
    let head = [
        "POST /v2/storage/tokens HTTP/1.1",
        &token,
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ];
    let body = raw::chunked(&[r#"{"descrip"#, r#"tion": "from Go"}"#]);
    let answer = raw::send(&jeton.url, &head, &body).await.expect(201);
    assert_eq!(answer.field("description"), "from Go");
    let large = "x".repeat(64 * 1024);
    let body = raw::chunked(&[large.as_str(); 5]);
    raw::send(&jeton.url, &head, &body).await.expect_error(413, "requestTooLarge");
}

#[tokio::test]
async fn a_token_is_dead_at_the_very_millisecond_its_time_is_over() {
    let jeton = Jeton::start().await;
    jeton.pass_millis(500);
    let held = jeton.create(&json!({"expiresIn": 10})).await;
    jeton.pass_millis(9_999);
    let token = jeton.verified(&held.token).await;
    assert_eq!((&token["expires"], &token["isExpired"]), (&json!("2026-01-15T12:00:10+0000"), &json!(false)));
    jeton.pass_millis(1);
    let dead = jeton.get("/v2/storage/tokens/verify").token(&held.token).send().await;
    dead.expect_error(401, "storage.tokenExpired");
}

#[tokio::test]
async fn a_lifetime_below_a_second_is_rejected_in_the_words_that_clients_expect() {
    let jeton = Jeton::start().await;
    for seconds in [0, -1] {
        let call = jeton.post(PATH).token(&jeton.master).json(&json!({"expiresIn": seconds})).send().await;
        let error = call.expect(400).field("error");
        assert_eq!(error, "Minimal expiration must be greater or equal to 1 second(s)");
    }
    let half = jeton.post(PATH).token(&jeton.master).json(&json!({"expiresIn": 1.5})).send().await;
    assert!(half.expect_error(400, "validationError").contains("expiresIn"));
}

#[tokio::test]
async fn bucket_permissions_beside_can_manage_buckets_are_checked_and_dropped() {
    let jeton = Jeton::start().await;
    let wish = json!({"canManageBuckets": true, "bucketPermissions": {"in.c-main": "read"}});
    let token = jeton.post(PATH).token(&jeton.master).json(&wish).send().await.expect(201);
    assert_eq!(token.json()["bucketPermissions"], json!([]));
    assert!(jeton.may(&token.field("token"), json!({"bucket": "in.c-later", "access": "write"})).await);
    assert!(jeton.may(&token.field("token"), json!({"component": "any.component"})).await);
    let wish = json!({"canManageBuckets": true, "bucketPermissions": {"in.c-main": "manage"}});
    let rejected = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
    rejected.expect_error(400, "storage.tokens.invalidPermissions");
}

#[tokio::test]
async fn a_bucket_id_that_a_typed_client_would_not_read_is_rejected_and_nothing_is_created() {
    let jeton = Jeton::start().await;
    let long = format!("in.{}", "a".repeat(97));
    for bucket in ["main", "in.", ".c-main", "tmp.c-main", "in.c main", "in.c.main", "In.c-main", &long] {
        let wish = json!({"bucketPermissions": {bucket: "read"}});
        let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
        answer.expect_error(400, "storage.tokens.invalidPermissions");
    }
    for access in ["manage", "admin", "", "READ"] {
        let wish = json!({"bucketPermissions": {"in.c-main": access}});
        let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
        answer.expect_error(400, "storage.tokens.invalidPermissions");
    }
    assert_eq!(jeton.read(&jeton.master, PATH).await.json().as_array().unwrap().len(), 1);
    let most = format!("sys.{}", "a".repeat(96));
    jeton.create(&json!({"bucketPermissions": {most: "write", "out.B_-1": "read"}})).await;
}

#[tokio::test]
async fn the_protected_default_branch_is_rejected_and_never_ignored() {
    let jeton = Jeton::start().await;
    for wish in [json!(true), json!("1")] {
        let wish = json!({"canManageProtectedDefaultBranch": wish});
        let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
        let error = answer.expect_error(403, "accessDenied");
        assert_eq!(error, "You don't have access to the resource.");
    }
    jeton.create(&json!({"canManageProtectedDefaultBranch": false})).await;
}

#[tokio::test]
async fn descriptions_have_at_most_255_characters_and_permissions_16_kilobytes() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "ž".repeat(255)})).await;
    let wish = json!({"description": "ž".repeat(256)});
    let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
    assert!(answer.expect_error(400, "validationError").contains("description"));
    let buckets = |count| (0..count).map(|n| (format!("in.{n:0>90}"), json!("read"))).collect::<Value>();
    jeton.create(&json!({"bucketPermissions": buckets(150)})).await;
    let wish = json!({"bucketPermissions": buckets(200)});
    let answer = jeton.post(PATH).token(&jeton.master).json(&wish).send().await;
    answer.expect_error(400, "storage.tokens.invalidPermissions");
}

#[tokio::test]
async fn only_managers_create_tokens() {
    let jeton = Jeton::start().await;
    let limited = jeton.create(&json!({"canManageBuckets": true})).await;
    let answer = jeton.post(PATH).token(&limited.token).json(&json!({})).send().await;
    answer.expect_error(403, "accessDenied");
    let manager = jeton.create_manager(json!({})).await;
    jeton.create_by(&manager.token, &json!({})).await;
    let copy = jeton.shared_copy(&manager.id).await;
    jeton.create_by(&copy.token, &json!({})).await;
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let jeton = Jeton::start().await;
    let manager = jeton
        .create_manager(json!({
            "bucketPermissions": {"in.c-main": "read"}, "componentAccess": ["a"], "canPurgeTrash": true,
        }))
        .await;
    let within =
        json!({"bucketPermissions": {"in.c-main": "read"}, "componentAccess": ["a"], "canPurgeTrash": true});
    jeton.create_by(&manager.token, &within).await;
    for beyond in [
        json!({"bucketPermissions": {"in.c-main": "write"}}),
        json!({"bucketPermissions": {"in.c-other": "read"}}),
        json!({"componentAccess": ["b"]}),
        json!({"canManageBuckets": true}),
        json!({"canReadAllFileUploads": true}),
        json!({"canCreateJobs": true}),
    ] {
        let answer = jeton.post(PATH).token(&manager.token).json(&beyond).send().await;
        answer.expect_error(403, "accessDenied");
    }
}

#[tokio::test]
async fn only_a_manage_token_makes_managers() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    for caller in [&jeton.master, &manager.token] {
        let wish = json!({"canManageTokens": true});
        let answer = jeton.post(PATH).token(caller).json(&wish).send().await;
        answer.expect_error(403, "accessDenied");
    }
}

#[tokio::test]
async fn creating_leaves_an_event_by_the_creator_about_the_new_token() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "new"})).await;
    let answer = jeton.read(&jeton.master, &format!("{PATH}/{}/events", held.id)).await;
    let event = &answer.json()[0];
    assert_eq!((&event["event"], &event["objectId"]), (&json!("storage.tokenCreated"), &json!(held.id)));
    assert_eq!(event["token"]["id"], jeton.master_id);
    assert!(!answer.text().contains(&held.token[held.token.len() - 49..]));
    insta::assert_json_snapshot!("event", snapshot::body(&answer));
}

#[tokio::test]
async fn a_form_keeps_every_item_of_a_list_however_it_is_numbered() {
    let jeton = Jeton::start().await;
    let form = "componentAccess[1]=a&componentAccess[]=b&componentAccess[]=c";
    let created = jeton.post("/v2/storage/tokens").token(&jeton.master).form(form).send().await.expect(201);
    assert_eq!(created.json()["componentAccess"], json!(["a", "b", "c"]));
}

#[tokio::test]
async fn a_lifetime_left_empty_is_rejected_and_not_endless() {
    let jeton = Jeton::start().await;
    let answer = jeton.post("/v2/storage/tokens").token(&jeton.master).form("expiresIn=").send().await;
    assert!(answer.expect_error(400, "validationError").contains("expiresIn"));
}

#[tokio::test]
async fn a_secret_in_the_wrong_place_is_not_repeated_in_the_error() {
    let jeton = Jeton::start().await;
    let wish = json!({"bucketPermissions": {jeton.master.clone(): "read"}});
    let answer = jeton.post("/v2/storage/tokens").token(&jeton.master).json(&wish).send().await;
    let error = answer.expect_error(400, "storage.tokens.invalidPermissions");
    assert!(error.contains("***") && !error.contains(&jeton.master[jeton.master.len() - 20..]));
}

#[tokio::test]
async fn an_unknown_field_that_grants_or_limits_something_is_rejected_and_named() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let own = jeton_tests::reading::path(&held.id);
    let configuration = "/v2/storage/components/a/configs/1/token";
    for (field, value) in [
        ("canReadAllProjectEvents", json!(true)),
        ("canUseDirectAccess", json!("1")),
        ("can_create_jobs", json!(true)),
        ("expires_in", json!(60)),
        ("expirationDays", json!(1)),
        ("dailyCapacity", json!(10)),
        ("isReadOnly", json!(true)),
        ("filePermissions", json!({"in": "read"})),
        ("bucket_permissions", json!({"in.c-a": "read"})),
    ] {
        let wish = json!({ field: value });
        for call in [jeton.post(PATH), jeton.put(&own), jeton.put(configuration)] {
            let answer = call.token(&jeton.master).json(&wish).send().await;
            let error = answer.expect_error(400, "validationError");
            assert!(error.contains(field), "{error}");
        }
    }
    for wish in [json!({"expires": "2026-12-31T23:59:59+0000"}), json!({"isDisabled": true})] {
        for call in [jeton.post(PATH), jeton.put(configuration)] {
            call.token(&jeton.master).json(&wish).send().await.expect_error(400, "validationError");
        }
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
    let harmless =
        json!({"canReadAllProjectEvents": false, "dailyCapacity": 0, "expires": null, "note": "x"});
    jeton.post(PATH).token(&jeton.master).json(&harmless).send().await.expect(201);
    jeton.put(&own).token(&jeton.master).json(&harmless).send().await.expect(200);
}

#[tokio::test]
async fn a_token_ends_no_later_than_the_one_that_made_it() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"expiresIn": 60})).await;
    for wish in [json!({}), json!({"expiresIn": 61}), json!({"expiresIn": 86_400})] {
        let made = jeton.post("/v2/storage/tokens").token(&manager.token).json(&wish).send().await;
        assert_eq!(made.expect(201).json()["expires"], "2026-01-15T12:01:00+0000", "{wish}");
    }
    let shorter = jeton.post("/v2/storage/tokens").token(&manager.token).json(&json!({"expiresIn": 30}));
    assert_eq!(shorter.send().await.expect(201).json()["expires"], "2026-01-15T12:00:30+0000");
    let forever = jeton.create_manager(json!({})).await;
    let made = jeton.post("/v2/storage/tokens").token(&forever.token).json(&json!({})).send().await;
    assert_eq!(made.expect(201).json()["expires"], json!(null));
}

#[tokio::test]
async fn a_compressed_body_is_an_unsupported_encoding_and_not_bad_text() {
    let jeton = Jeton::start().await;
    let call = jeton.post("/v2/storage/tokens").token(&jeton.master).header("content-encoding", "gzip");
    let answer = call.raw("application/json", vec![0x1f, 0x8b, 0x08, 0x00]).send().await;
    let sentence = answer.clone().expect_error(415, "unsupportedContentEncoding");
    assert!(sentence.contains("gzip"), "{sentence}");
    assert_eq!(answer.header("accept-encoding"), Some("identity"));
    let plain = jeton.post("/v2/storage/tokens").token(&jeton.master).header("content-encoding", "identity");
    plain.json(&json!({})).send().await.expect(201);
}

#[tokio::test]
async fn a_body_in_another_transfer_coding_is_rejected_by_the_name_of_it() {
    let jeton = Jeton::start().await;
    let token = format!("X-StorageApi-Token: {}", jeton.master);
    for coding in ["gzip, chunked", "GZIP,chunked", "deflate, chunked", "x-zip, gzip , chunked"] {
        let coded = format!("transfer-encoding: {coding}");
        let head = ["POST /v2/storage/tokens HTTP/1.1", "content-type: application/json", &token, &coded];
        let answer = raw::exchange(&jeton.url, &head, &raw::chunked(&["{\"description\":\"x\"}"])).await;
        let sentence = answer.expect_error(415, "unsupportedContentEncoding");
        let name = coding.split([',', ' ']).next().unwrap();
        assert!(sentence.contains("Transfer-Encoding") && sentence.contains(name), "{sentence}");
    }
}

#[tokio::test]
async fn a_body_in_another_charset_is_rejected_by_the_name_of_it() {
    let jeton = Jeton::start().await;
    let send = async |kind: &str, body: &str| {
        jeton.post("/v2/storage/tokens").token(&jeton.master).raw(kind, body.to_owned()).send().await
    };
    for charset in ["utf-16", "iso-8859-1", "\"windows-1250\"", "UTF-16LE", ""] {
        for (kind, body) in
            [("application/json", "{}"), ("application/x-www-form-urlencoded", "description=x")]
        {
            let answer = send(&format!("{kind}; charset={charset}"), body).await;
            let sentence = answer.expect_error(415, "unsupportedMediaType");
            let name = charset.trim_matches('"');
            assert!(sentence.contains("charset") && sentence.contains(name), "{sentence}");
        }
    }
    let twice = jeton.post("/v2/storage/tokens").token(&jeton.master).header("content-type", "text/plain");
    twice.json(&json!({})).send().await.expect_error(415, "unsupportedMediaType");
    for fine in [
        "charset=utf-8",
        "charset=UTF-8",
        "charset=\"utf-8\"",
        "Charset = Utf-8",
        "charset=utf8",
        "charset=us-ascii",
        "version=1",
        "charset=utf-8; version=\"charset=utf-16\"",
        "",
    ] {
        send(&format!("application/json; {fine}"), "{}").await.expect(201);
    }
}
