//! Calls that still work on a completely full disk.

use std::{fs, io::Write as _, path::Path};

use jeton_tests::{
    client::{Answer, Client},
    process::Served,
    store::fresh_folder,
};
use serde_json::{Value, json};

/// The size of the disk, in bytes.
const DISK: u64 = 16 << 20;

async fn create(client: &Client, master: &str, wish: &Value) -> Answer {
    client.post("/v2/storage/tokens").token(master).json(wish).send().await
}

/// Another program fills the disk.
fn fill(folder: &Path) {
    let mut filler = fs::File::create(folder.join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_rights_are_taken_away_and_nothing_is_given() {
    let folder = fresh_folder();
    let mut server = Served::start_on_small_disk(&folder, DISK);
    let (client, disk) = (server.client(), server.sees(&folder));
    let read = |name: &str| fs::read_to_string(disk.join(name)).unwrap().trim().to_owned();
    let (master, manage) = (read("jeton-master-token"), read("jeton-manage-token"));
    let mut tokens = Vec::new();
    for _ in 0..40 {
        let made = create(&client, &master, &json!({})).await.expect(201);
        tokens.push((made.field("id"), made.field("token")));
    }
    let project = client.get("/v2/storage/tokens/verify").token(&master).send().await.expect(200).json();
    let users = format!("/manage/projects/{}/users", project["owner"]["id"]);
    let ann = json!({"email": "ann@example.org"});
    client.post(&users).manage(&manage).json(&ann).send().await.expect(204);
    client.get("/ready").send().await.expect(200);

    fill(&disk);
    let (attacker, by) = (tokens[0].1.clone(), client.clone());
    let flood = tokio::spawn(async move {
        loop {
            let event = json!({"component": "acme", "message": "x".repeat(60_000)});
            by.post("/v2/storage/events").token(&attacker).json(&event).send().await;
        }
    });
    create(&client, &master, &json!({})).await.expect_error(503, "serviceUnavailable");
    client.get("/ready").send().await.expect(503);
    let path = |id: &str| format!("/v2/storage/tokens/{id}");
    let many = async |id: &str| {
        let body = json!({"tokens": [id], "action": "delete"});
        let call = client.post("/v2/storage/tokens/actions").token(&master).json(&body);
        let answer = call.header("idempotency-key", &format!("{id:0>43}")).send().await.expect(200);
        assert_eq!(answer.json()["changed"], 1);
        answer
    };
    let takes = async |number: usize, (id, token): &(String, String)| match number % 5 {
        4 => many(id).await,
        0 => client.delete(&path(id)).token(&master).send().await.expect(204),
        1 => client.put(&path(id)).token(&master).json(&json!({"isDisabled": true})).send().await.expect(200),
        2 => client
            .post(&format!("{}/refresh", path(id)))
            .token(&master)
            .json(&json!({}))
            .send()
            .await
            .expect(200),
        _ => client
            .post("/v2/storage/tokens/leaked")
            .json(&json!({"tokens": [token]}))
            .send()
            .await
            .expect(204),
    };
    for (number, token) in tokens.iter().enumerate().rev() {
        takes(number, token).await;
        let verified = client.get("/v2/storage/tokens/verify").token(&token.1).send().await;
        assert_eq!(verified.status, 401, "token {number}");
    }
    client.delete(&format!("{users}/ann@example.org")).manage(&manage).send().await.expect(204);
    flood.abort();
    drop(flood.await);
    client.get("/v2/storage/tokens/verify").token(&master).send().await.expect(200);

    fs::remove_file(disk.join("filler")).unwrap();
    client.get("/ready").send().await.expect(200);
    create(&client, &master, &json!({})).await.expect(201);
}
