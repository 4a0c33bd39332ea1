//! Members, invitations, shares and manage tokens whose records cannot be read: each is in its list, and can
//! be removed.

use jeton_core::email::Email;
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Held},
    mailbox::Invitation,
    reading::{path, pluck},
    store::{DAMAGES, Damage, Place, Record},
};
use serde_json::{Value, json};

use crate::damaged_scene::Scene;

const EVE: &str = "eve@example.org";
const BOB: &str = "bob@example.org";

impl Scene {
    fn of_project(&self, rest: &str) -> String {
        format!("/manage/projects/{}/{rest}", self.jeton.project)
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.jeton.get(path).manage(&self.jeton.manage).send().await.expect(200).json();
        list.as_array().unwrap().clone()
    }

    async fn member_id(&self, email: &str) -> u64 {
        let users = self.list(&self.of_project("users")).await;
        users.iter().find(|user| user["email"] == email).unwrap()["id"].as_u64().unwrap()
    }

    /// A member whose record is damaged: their id and their master token.
    async fn damaged_member(&self, email: &str, damage: Damage) -> (u64, Held) {
        let master = self.jeton.join(email).await;
        let id = self.member_id(email).await;
        self.place.damage(Record::Member(self.jeton.project, id, email), damage).await;
        (id, master)
    }

    async fn removed(&self, path: &str) {
        self.jeton.delete(path).manage(&self.jeton.manage).send().await.expect(204);
    }

    async fn events(&self) -> Vec<String> {
        pluck(&self.jeton.events(&self.jeton.master, "/v2/storage/events").await, "event")
    }
}

/// The id of the share behind a mail.
fn id_of(mail: &Invitation) -> &str {
    mail.path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_member_who_cannot_be_read_stands_in_the_list_and_is_removed_with_their_master_token() {
    for (damage, by_id) in DAMAGES.into_iter().zip([true, false, true, false]) {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let (id, master) = scene.damaged_member(EVE, damage).await;
        let users = scene.list(&scene.of_project("users")).await;
        assert_eq!(users.len(), 2);
        let eve = users.iter().find(|user| user["id"] == id).unwrap();
        assert_eq!((&eve["name"], &eve["email"]), (&json!("(this member cannot be read)"), &json!(EVE)));
        assert_eq!(users.iter().find(|user| user["id"] != id).unwrap()["email"], ADMIN);
        assert_eq!(jeton.verify(&master.token).await, 200);
        let whom = if by_id { id.to_string() } else { EVE.to_owned() };
        scene.removed(&scene.of_project(&format!("users/{whom}"))).await;
        assert_eq!(jeton.members().await, [ADMIN]);
        assert_eq!(jeton.verify(&master.token).await, 401);
        assert_eq!(
            scene.events().await[..2],
            ["storage.tokenDeleted", "storage.memberRemoved"].map(str::to_owned)
        );
        jeton
            .delete(&scene.of_project(&format!("users/{whom}")))
            .manage(&jeton.manage)
            .send()
            .await
            .expect(404);
        let again = jeton.join(EVE).await;
        assert_eq!(jeton.verify(&again.token).await, 200, "the address is free again");
    }
}

#[tokio::test]
async fn a_member_who_cannot_be_read_stops_nothing_of_the_others() {
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let (id, master) = scene.damaged_member(EVE, damage).await;
        // Their tokens stay valid, and are listed and found.
        let held = jeton.create_by(&master.token, &json!({"description": "of Eve"})).await;
        assert_eq!(jeton.detail(&held.id).await["description"], "of Eve");
        jeton.read(&master.token, "/v2/storage/tokens/verify").await.expect(200);
        jeton.invite(BOB).await;
        assert_eq!(scene.list(&scene.of_project("invitations")).await.len(), 1);
        let users = scene.of_project("users");
        let already = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": EVE})).send().await;
        already.expect_error(409, "conflict");
        jeton
            .post("/v2/storage/tokens/leaked")
            .json(&json!({"tokens": [held.token]}))
            .send()
            .await
            .expect(204);
        assert_eq!(jeton.verify(&held.token).await, 401);
        let console = ConsoleClient::signed_in(jeton, ADMIN).await;
        let page = console.open("members").await.expect(200).text();
        assert!(page.contains("(this member cannot be read)") && page.contains(ADMIN));
        let ask = format!("members/{id}/remove");
        console.open(&ask).await.expect(200);
        let page = console.submit(&ask, &ask, &[("endTokens", "1")]).await.expect(200).text();
        assert!(page.contains(EVE) && page.contains("is no longer a member"), "{page}");
        assert_eq!(jeton.verify(&master.token).await, 401);
        assert_eq!(jeton.members().await, [ADMIN]);
    }
}

#[tokio::test]
async fn who_cannot_be_read_in_one_project_signs_in_and_goes_on_in_another() {
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let other = scene.jeton.new_project("Other", EVE).await;
        scene.damaged_member(EVE, damage).await;
        let console = ConsoleClient::signed_in(&scene.jeton, EVE).await;
        let page = console.open("/console/projects").await.expect(200).text();
        assert!(page.contains("Other"));
        console.open(&format!("/console/projects/{other}/tokens")).await.expect(200);
        // This page needs the damaged record.
        assert_eq!(console.open("tokens").await.status, 503);
        console.open("/console/sessions").await.expect(200);
        let told = console.open(&format!("/console/projects/{other}/events")).await.expect(200).text();
        assert!(
            told.contains(&format!("Sign-in of {EVE}: mailed")),
            "the project of the sign-in tells it: {told}"
        );
    }
}

#[tokio::test]
async fn a_member_who_leaves_is_not_the_last_one_who_can_be_read() {
    let scene = Scene::start().await;
    scene.damaged_member(EVE, DAMAGES[0]).await;
    let console = ConsoleClient::signed_in(&scene.jeton, ADMIN).await;
    let ask = format!("members/{}/remove", scene.member_id(ADMIN).await);
    console.submit(&ask, &ask, &[]).await.expect(409);
    assert_eq!(scene.jeton.members().await.len(), 2);
}

#[tokio::test]
async fn an_invitation_that_cannot_be_read_stands_in_the_list_and_is_withdrawn() {
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let (damaged, other) = (jeton.invite(BOB).await, jeton.invite(EVE).await);
        scene.place.damage(Record::Share(id_of(&damaged)), damage).await;
        let pending = scene.list(&scene.of_project("invitations")).await;
        assert_eq!(pending.len(), 2);
        let bob = pending.iter().find(|one| one["user"]["email"] == BOB).unwrap();
        assert_eq!(bob["user"]["name"], "(this invitation cannot be read)");
        let at = scene.of_project(&format!("invitations/{}", bob["id"]));
        let one = jeton.get(&at).manage(&jeton.manage).send().await.expect(200).json();
        assert_eq!(one, *bob);
        jeton.post(&format!("{at}/send")).manage(&jeton.manage).send().await.expect(503);
        let console = ConsoleClient::signed_in(jeton, ADMIN).await;
        let page = console.open("members").await.expect(200).text();
        assert!(page.contains("(this invitation cannot be read)") && page.contains(EVE));
        scene.removed(&at).await;
        jeton.delete(&at).manage(&jeton.manage).send().await.expect(404);
        assert!(jeton.pick_up(&damaged).await.status.is_client_error());
        let left = scene.list(&scene.of_project("invitations")).await;
        assert_eq!(left.len(), 1);
        jeton.pick_up(&other).await.expect(200);
        assert!(scene.events().await.contains(&"storage.memberInvitationWithdrawn".to_owned()));
        // In the console, too.
        let again = jeton.invite(BOB).await;
        scene.place.damage(Record::Share(id_of(&again)), damage).await;
        let id = &scene.list(&scene.of_project("invitations")).await[0]["id"];
        let to = format!("invitations/{id}/withdraw");
        let page = console.submit("members", &to, &[]).await.expect(200).text();
        assert!(page.contains(BOB) && page.contains("is withdrawn"), "{page}");
        jeton.join(BOB).await;
    }
}

#[tokio::test]
async fn a_share_that_cannot_be_read_is_withdrawn_and_goes_with_its_token() {
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let held = jeton.create(&json!({"description": "importer"})).await;
        let shares = format!("{}/shares", path(&held.id));
        let share = async || jeton.share(&held.id, BOB).await;
        let (damaged, other) = (share().await, jeton.share(&held.id, EVE).await);
        scene.place.damage(Record::Share(id_of(&damaged)), damage).await;
        let list = jeton.read(&jeton.master, &shares).await.expect(200).json();
        assert_eq!(list.as_array().unwrap().len(), 2);
        let at = format!("{shares}/{}", id_of(&damaged));
        jeton.delete(&at).token(&jeton.master).send().await.expect(204);
        assert!(jeton.pick_up(&damaged).await.status.is_client_error());
        jeton.pick_up(&other).await.expect(200);
        let again = share().await;
        scene.place.damage(Record::Share(id_of(&again)), damage).await;
        // It is resent, with another link.
        let send = format!("{shares}/{}/send", id_of(&again));
        jeton.post(&send).token(&jeton.master).send().await.expect(204);
        let newest = jeton.invitation(BOB).await;
        assert_ne!(id_of(&newest), id_of(&again));
        scene.place.damage(Record::Share(id_of(&newest)), damage).await;
        jeton.refresh(&Held { id: held.id.clone(), token: held.token.clone() }).await;
        assert!(jeton.read(&jeton.master, &shares).await.expect(200).json().as_array().unwrap().is_empty());
        jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
    }
}

#[tokio::test]
async fn a_manage_token_that_cannot_be_read_is_listed_not_accepted_and_deleted() {
    const TOKENS: &str = "/manage/tokens";
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let create = async || {
            let wish = json!({"description": "deployer"});
            let made = jeton.post(TOKENS).manage(&jeton.manage).json(&wish).send().await.expect(201);
            (made.json()["id"].as_u64().unwrap(), made.field("token"))
        };
        let ((id, secret), (other, _)) = (create().await, create().await);
        scene.place.damage(Record::ManageToken(id), damage).await;
        let list = scene.list(TOKENS).await;
        assert_eq!(list.len(), 3);
        let named = |id: u64| list.iter().find(|token| token["id"] == id).unwrap();
        assert_eq!(named(id)["description"], "(this manage token cannot be read)");
        assert_eq!(named(id)["isDisabled"], true);
        assert_eq!(named(other)["description"], "deployer");
        for pair in list.windows(2) {
            let page = scene.list(&format!("{TOKENS}?limit=1&afterId={}", pair[0]["id"])).await;
            assert_eq!(page, pair[1..]);
        }
        jeton
            .get("/manage/tokens/verify")
            .manage(&secret)
            .send()
            .await
            .expect_error(401, "storage.tokenInvalid");
        let at = format!("{TOKENS}/{id}");
        let one = jeton.get(&at).manage(&jeton.manage).send().await.expect(200).json();
        assert_eq!(one["description"], "(this manage token cannot be read)");
        let put = |wish: Value| jeton.put(&at).manage(&jeton.manage).json(&wish).send();
        put(json!({"description": "other"})).await.expect(503);
        put(json!({"isDisabled": false})).await.expect(503);
        jeton.post(&format!("{at}/refresh")).manage(&jeton.manage).send().await.expect(503);
        let report = json!({"tokens": [secret]});
        jeton.post("/v2/storage/tokens/leaked").json(&report).send().await.expect(204);
        scene.removed(&at).await;
        assert_eq!(scene.list(TOKENS).await.len(), 2);
        jeton.get(&at).manage(&jeton.manage).send().await.expect(404);
        let events = scene.list(&format!("{at}/events")).await;
        assert_eq!(pluck(&events, "event")[0], "manage.tokenDeleted");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_no_manage_token_that_works() {
    let scene = Scene::start().await;
    let jeton = &scene.jeton;
    let wish = json!({"description": "deployer"});
    let made = jeton.post("/manage/tokens").manage(&jeton.manage).json(&wish).send().await.expect(201);
    scene.place.damage(Record::ManageToken(made.json()["id"].as_u64().unwrap()), DAMAGES[0]).await;
    let own = jeton.get("/manage/tokens/verify").manage(&jeton.manage).send().await.expect(200).json();
    let own = format!("/manage/tokens/{}", own["id"]);
    jeton.delete(&own).manage(&jeton.manage).send().await.expect_error(409, "conflict");
}

#[tokio::test]
async fn what_cannot_be_read_goes_when_it_is_past_keeping_and_keeps_nothing_else() {
    for damage in DAMAGES {
        let scene = Scene::start().await;
        let jeton = &scene.jeton;
        let held = jeton.create(&json!({})).await;
        let (shared, invited) = (jeton.share(&held.id, BOB).await, jeton.invite(EVE).await);
        let (sound, wish) = (jeton.share(&held.id, ADMIN).await, json!({"expiresIn": 60}));
        let made = jeton.post("/manage/tokens").manage(&jeton.manage).json(&wish).send().await.expect(201);
        scene.place.damage(Record::Share(id_of(&shared)), damage).await;
        scene.place.damage(Record::Share(id_of(&invited)), damage).await;
        scene.place.damage(Record::ManageToken(made.json()["id"].as_u64().unwrap()), damage).await;
        jeton.pass_seconds(400 * 86_400);
        let store = &jeton.app.store;
        store.clean(jeton.app.clock.now()).await.unwrap();
        if matches!(scene.place, Place::Folder(_)) {
            for id in [id_of(&shared), id_of(&invited), id_of(&sound)] {
                let id = jeton_core::share::ShareId::parse(id).unwrap();
                assert!(store.share(&id).await.unwrap().is_none());
            }
            let eve = Email::parse(EVE).unwrap();
            assert_eq!(store.membership(jeton.project, &eve).await.unwrap(), None);
        }
    }
}
