//! The reserved disk space: what may use it, and what may not.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use jeton_tests::{
    client::{Answer, Client},
    process::Served,
    store::fresh_folder,
};
use serde_json::{Value, json};

/// The size of the disk, in bytes.
const DISK: u64 = 16 << 20;

/// A server on a disk of its own, and callers with different rights.
struct Scene {
    client: Client,
    folder: PathBuf,
    master: String,
    manage: String,
    manager: String,
    _server: Served,
}

impl Scene {
    async fn start() -> Self {
        let folder = fresh_folder();
        let mut server = Served::start_on_small_disk(&folder, DISK);
        let (client, folder) = (server.client(), server.sees(&folder));
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap().trim().to_owned();
        let (master, manage) = (read("jeton-master-token"), read("jeton-manage-token"));
        let verified = client.get("/v2/storage/tokens/verify").token(&master).send().await.expect(200).json();
        let project = verified["owner"]["id"].to_string();
        let wish = json!({"canManageTokens": true, "canManageBuckets": true, "canPurgeTrash": true});
        let path = format!("/manage/projects/{project}/tokens");
        let manager = client.post(&path).manage(&manage).json(&wish).send().await.expect(201).field("token");
        Self { client, folder, master, manage, manager, _server: server }
    }

    /// Another program fills the disk, and the server has noticed.
    async fn fill(&self) {
        fill(&self.folder);
        self.create(&json!({})).await.expect_error(503, "serviceUnavailable");
    }

    async fn create(&self, wish: &Value) -> Answer {
        self.client.post("/v2/storage/tokens").token(&self.master).json(wish).send().await
    }

    async fn change(&self, by: &str, id: &str, to: &Value) -> Answer {
        self.client.put(&format!("/v2/storage/tokens/{id}")).token(by).json(to).send().await
    }

    async fn refresh(&self, by: &str, id: &str, how: &Value) -> Answer {
        self.client.post(&format!("/v2/storage/tokens/{id}/refresh")).token(by).json(how).send().await
    }

    async fn verify(&self, token: &str) -> Answer {
        self.client.get("/v2/storage/tokens/verify").token(token).send().await
    }
}

/// As many as the rights of one token may name, with names of this length.
const BUCKETS: usize = 150;

/// This many buckets with long names.
fn buckets(count: usize) -> Value {
    (0..count).map(|n| (format!("in.{}{n:03}", "b".repeat(90)), json!("write"))).collect()
}

fn fill(folder: &Path) {
    let mut filler = fs::File::create(folder.join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_no_change_that_grants_something_is_stored_for_any_caller() {
    let scene = Scene::start().await;
    let (master, manager) = (scene.master.clone(), scene.manager.clone());
    let wish = json!({"bucketPermissions": {"in.c-main": "read"}, "expiresIn": 86_400});
    let made = scene.create(&wish).await.expect(201);
    let (id, token) = (made.field("id"), made.field("token"));
    let off = scene.create(&json!({"isDisabled": false})).await.expect(201).field("id");
    scene.change(&master, &off, &json!({"isDisabled": true})).await.expect(200);
    let manage = json!({"description": "spare"});
    let spare =
        scene.client.post("/manage/tokens").manage(&scene.manage).json(&manage).send().await.expect(201);
    let spare = format!("/manage/tokens/{}", spare.json()["id"]);
    scene.fill().await;

    let gives = [
        (&id, json!({"bucketPermissions": {"in.c-main": "write"}})),
        (&id, json!({"bucketPermissions": {"in.c-main": "read", "in.c-other": "read"}})),
        (&id, json!({"bucketPermissions": {"in.c-other": "read"}})),
        (&id, json!({"canPurgeTrash": true})),
        (&id, json!({"componentAccess": ["acme.loader"]})),
        (&id, json!({"description": "another"})),
        (&id, json!({"expiresIn": 864_000})),
        (&id, json!({"expiresIn": 864_000, "bucketPermissions": {}})),
        (&off, json!({"isDisabled": false})),
        (&off, json!({"isDisabled": true, "canPurgeTrash": true})),
    ];
    for (id, change) in &gives {
        let answer = scene.change(&master, id, change).await;
        assert_eq!(answer.status, 503, "{change}: {}", answer.text());
    }
    scene.change(&manager, &id, &json!({"description": "another"})).await.expect(503);
    for how in [json!({"gracePeriod": 60}), json!({"keepOldUntilUsed": true})] {
        for by in [&master, &manager, &token] {
            let answer = scene.refresh(by, &id, &how).await;
            assert_eq!(answer.status, 503, "{how}: {}", answer.text());
        }
    }
    let by_manage = |path: &str, body: Value| scene.client.put(path).manage(&scene.manage).json(&body).send();
    by_manage(&spare, json!({"description": "another"})).await.expect(503);
    let path = format!("{spare}/refresh");
    let lasting = json!({"gracePeriod": 60});
    scene.client.post(&path).manage(&scene.manage).json(&lasting).send().await.expect(503);

    scene.change(&master, &id, &json!({"expiresIn": 3600})).await.expect(200);
    scene.change(&master, &id, &json!({"description": "narrow", "bucketPermissions": {}})).await.expect(200);
    let renewed = scene.refresh(&manager, &id, &json!({})).await.expect(200).field("token");
    scene.verify(&token).await.expect(401);
    scene.change(&master, &id, &json!({"isDisabled": true})).await.expect(200);
    scene.verify(&renewed).await.expect(401);
    scene.client.post(&path).manage(&scene.manage).json(&json!({})).send().await.expect(200);
    by_manage(&spare, json!({"isDisabled": true})).await.expect(200);
    scene.client.delete(&spare).manage(&scene.manage).send().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_who_keeps_changing_other_tokens_on_a_full_disk_leaves_room_for_a_master() {
    let scene = Scene::start().await;
    let (master, manager) = (scene.master.clone(), scene.manager.clone());
    let mut others = Vec::new();
    for _ in 0..2 {
        let made = scene.create(&json!({"bucketPermissions": buckets(BUCKETS)})).await.expect(201);
        others.push((made.field("id"), made.field("token")));
    }
    scene.fill().await;

    let mut rejected = false;
    'all: for (id, _) in &others {
        for left in (1..BUCKETS).rev() {
            let narrower = json!({"bucketPermissions": buckets(left)});
            if scene.change(&manager, id, &narrower).await.status == 503 {
                rejected = true;
                break 'all;
            }
        }
    }
    assert!(rejected, "the room was not used up");
    let back = json!({"bucketPermissions": buckets(BUCKETS)});
    scene.change(&manager, &others[0].0, &back).await.expect(503);

    let (id, token) = &others[0];
    scene.change(&master, id, &json!({"isDisabled": true})).await.expect(200);
    scene.verify(token).await.expect(401);
    let (id, token) = &others[1];
    scene.client.delete(&format!("/v2/storage/tokens/{id}")).token(&master).send().await.expect(204);
    scene.verify(token).await.expect(401);
    let thief = scene.verify(&manager).await.expect(200).field("id");
    scene.change(&master, &thief, &json!({"isDisabled": true})).await.expect(200);
    scene.verify(&manager).await.expect(401);
}
