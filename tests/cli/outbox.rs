//! The outbox of a server on a developer's machine.

use std::path::Path;

use jeton_tests::{
    client::{Answer, fetch},
    process::Served,
    raw,
    store::fresh_folder,
};
use serde_json::json;

use crate::{files, mode, secret};

/// The key of an outbox, which its owner can read.
fn key(folder: &Path) -> String {
    let file = folder.join("outbox/key");
    assert_eq!((mode(&folder.join("outbox")), mode(&file)), (0o700, 0o600));
    secret(folder, "outbox/key")
}

/// The cookie of a browser that has opened the link with the key.
async fn opened(jeton: &Served, key: &str) -> String {
    let answer = fetch(&format!("{}/outbox?key={key}", jeton.url()), &[]).await.expect(303);
    assert_eq!(answer.header("location"), Some("/outbox"));
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("; Path=/outbox; HttpOnly; SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

async fn index(jeton: &Served, cookie: &str) -> Answer {
    fetch(&format!("{}/outbox", jeton.url()), &[("cookie", cookie)]).await
}

#[tokio::test]
async fn the_outbox_shows_the_mail_and_answers_only_to_names_of_this_machine() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let token = jeton.client().post("/v2/storage/tokens").token(&master).json(&json!({})).send().await;
    let path = format!("/v2/storage/tokens/{}/share", token.expect(201).field("id"));
    let body = json!({"recipientEmail": "colleague@example.org"});
    jeton.client().post(&path).token(&master).json(&body).send().await.expect(204);

    let cookie = opened(&jeton, &key(&folder)).await;
    let cookie = ("cookie", cookie.as_str());
    let [mail, _] = &files(&folder.join("outbox"))[..] else { panic!("not one mail") };
    assert_eq!(mode(&folder.join("outbox").join(mail)), 0o600);

    let index = format!("{}/outbox", jeton.url());
    let page = fetch(&index, &[cookie]).await.expect(200).text();
    assert!(page.contains("colleague@example.org") && page.contains(mail.as_str()), "{page}");
    let page = fetch(&format!("{index}/{mail}"), &[cookie]).await.expect(200).text();
    assert!(page.contains("/pickup/") && page.contains("this code:"), "{page}");

    // Another site's domain name may point here; the browser then sends that name.
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", ""] {
        fetch(&index, &[cookie, ("host", host)]).await.expect(404);
        fetch(&format!("{index}/{mail}"), &[cookie, ("host", host)]).await.expect(404);
    }
    // Requests through a local proxy may come from anywhere.
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "x-real-ip"]
    {
        for path in [index.clone(), format!("{index}/{mail}"), format!("{}/metrics", jeton.url())] {
            fetch(&path, &[cookie, (name, "127.0.0.1")]).await.expect(404);
        }
    }
    for host in ["localhost", "localhost:3000", "127.0.0.1:1", "[::1]:3000"] {
        fetch(&index, &[cookie, ("host", host)]).await.expect(200);
    }
}

#[tokio::test]
async fn without_its_key_the_outbox_shows_nothing_and_the_key_stays_the_same() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let said = jeton.has_said("/outbox");
    let own = key(&folder);
    assert!(said.contains("outbox/key") && !said.contains(&own), "where the output goes is kept: {said}");
    let unopened = fetch(&format!("{}/outbox", jeton.url()), &[]).await.expect(403).text();
    assert!(unopened.contains("Open the link that `jeton serve` printed"), "{unopened}");
    assert!(!unopened.contains("key") && !unopened.contains("No mail"), "{unopened}");
    for wrong in ["", "x", &own[1..], &own.to_lowercase(), &"a".repeat(43)] {
        fetch(&format!("{}/outbox?key={wrong}", jeton.url()), &[]).await.expect(403);
        index(&jeton, &format!("jeton-outbox={wrong}")).await.expect(403);
    }
    let cookie = opened(&jeton, &own).await;
    assert!(index(&jeton, &cookie).await.expect(200).text().contains("No mail yet."));
    for path in ["/outbox/key", "/outbox/.key", "/outbox/%2e%2e%2fjeton-master-token"] {
        fetch(&format!("{}{path}", jeton.url()), &[("cookie", &cookie)]).await.expect(404);
    }
    assert!(jeton.end().success());

    let again = Served::start_on_terminal(&folder, &[]);
    let said = again.has_said("/outbox?key=");
    let link = said.split_once("/outbox?key=").unwrap().1;
    assert!(link.starts_with(&own), "{said}");
    opened(&again, &own).await;
}

#[tokio::test]
async fn through_a_proxy_that_adds_nothing_there_is_no_outbox_and_no_metrics() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let cookie = opened(&jeton, &key(&folder)).await;
    // nginx sends this with a plain `proxy_pass`.
    for path in ["/metrics", "/outbox", "/outbox/1-00000000000000000000000000000000.eml"] {
        let head = format!("GET {path} HTTP/1.0");
        let answer =
            raw::send_bytes(jeton.url(), head.as_bytes(), format!("Cookie: {cookie}").as_bytes()).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    fetch(&format!("{}/metrics", jeton.url()), &[]).await.expect(200);
}
