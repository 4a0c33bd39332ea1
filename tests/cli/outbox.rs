//! The outbox of a server on a developer's machine.

use jeton_tests::{client::fetch, process::Served, store::fresh_folder};
use serde_json::json;

use crate::{files, mode, secret};

#[tokio::test]
async fn the_outbox_shows_the_mail_and_answers_only_to_names_of_this_machine() {
    let folder = fresh_folder();
    let jeton = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let token = jeton.client().post("/v2/storage/tokens").token(&master).json(&json!({})).send().await;
    let path = format!("/v2/storage/tokens/{}/share", token.expect(201).field("id"));
    let body = json!({"recipientEmail": "colleague@example.org"});
    jeton.client().post(&path).token(&master).json(&body).send().await.expect(204);

    assert_eq!(mode(&folder.join("outbox")), 0o700);
    let [mail] = &files(&folder.join("outbox"))[..] else { panic!("not one mail") };
    assert_eq!(mode(&folder.join("outbox").join(mail)), 0o600);

    let index = format!("{}/outbox", jeton.url());
    let page = fetch(&index, &[]).await.expect(200).text();
    assert!(page.contains("colleague@example.org") && page.contains(mail.as_str()), "{page}");
    let page = fetch(&format!("{index}/{mail}"), &[]).await.expect(200).text();
    assert!(page.contains("/pickup/") && page.contains("this code:"), "{page}");

    // A web page elsewhere can have a name that points here; the browser then sends that name.
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", ""] {
        fetch(&index, &[("host", host)]).await.expect(404);
        fetch(&format!("{index}/{mail}"), &[("host", host)]).await.expect(404);
    }
    // What a proxy on this machine hands on comes from anywhere.
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "x-real-ip"]
    {
        for path in [index.clone(), format!("{index}/{mail}"), format!("{}/metrics", jeton.url())] {
            fetch(&path, &[(name, "127.0.0.1")]).await.expect(404);
        }
    }
    for host in ["localhost", "localhost:3000", "127.0.0.1:1", "[::1]:3000"] {
        fetch(&index, &[("host", host)]).await.expect(200);
    }
}
