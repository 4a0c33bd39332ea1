//! One token: its overview, and its actions.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
    random::words,
};
use serde_json::{Value, json};

async fn start() -> (Jeton, Held, ConsoleClient) {
    let jeton = Jeton::start().await;
    let wish =
        json!({"description": "Import", "bucketPermissions": {"in.c-a": "write"}, "canCreateJobs": true});
    let held = jeton.create(&wish).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    (jeton, held, console)
}

fn secret(page: &str) -> String {
    page.split_once("data-plain=\"").expect("a secret").1.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_overview_shows_rights_copies_and_open_shares() {
    let (jeton, held, console) = start().await;
    jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, "bob@example.org").await;
    let page = console.open(&format!("tokens/{}", held.id)).await.expect(200).text();
    for words in [
        "Read and write bucket in.c-a.",
        "Start jobs.",
        "colleague@example.org",
        "bob@example.org",
        "by admin@example.org",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn an_edit_changes_what_the_api_would_change() {
    let (jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let fields = [
        ("description", "Renamed"),
        ("read", "in.c-a in.c-b"),
        ("write", ""),
        ("components", "x"),
        ("trash", "1"),
    ];
    console.submit(&own, &own, &fields).await.expect(303);
    let token = jeton.detail(&held.id).await;
    assert_eq!(token["description"], "Renamed");
    assert_eq!(token["bucketPermissions"], json!({"in.c-a": "read", "in.c-b": "read"}));
    assert_eq!((&token["canPurgeTrash"], &token["canCreateJobs"]), (&json!(true), &json!(false)));
    assert_eq!(jeton.last_event(&held.id).await["token"]["name"], ADMIN);
    let bad = console.submit(&own, &own, &[("read", "nonsense")]).await.expect(400).text();
    assert!(bad.contains("Bucket id"), "{bad}");
    assert_eq!(jeton.detail(&held.id).await, token);
}

#[tokio::test]
async fn an_edit_keeps_the_invisible_characters_of_a_description_that_is_not_changed() {
    let (jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let written = "র\u{200d}\u{9cd}যাব 葛\u{e0100}城 ᠠ\u{180b} a\u{ad}b";
    jeton
        .put(&format!("/v2/storage/tokens/{}", held.id))
        .token(&jeton.master)
        .json(&json!({"description": written}))
        .send()
        .await
        .expect(200);
    let page = console.open(&own).await.expect(200).text();
    let shown = page.split_once("name=\"description\"").unwrap().1.split_once("value=\"").unwrap().1;
    let shown = shown.split('"').next().unwrap();
    assert_ne!(shown, written);
    console.submit(&own, &own, &[("description", shown), ("read", "in.c-b")]).await.expect(303);
    let token = jeton.detail(&held.id).await;
    assert_eq!(
        (&token["description"], &token["bucketPermissions"]),
        (&json!(written), &json!({"in.c-b": "read"}))
    );
    console
        .submit(&own, &own, &[("description", &format!("{shown}!")), ("read", "in.c-b")])
        .await
        .expect(303);
    assert_eq!(jeton.detail(&held.id).await["description"], format!("{shown}!"));
}

#[tokio::test]
async fn an_edit_of_a_token_that_was_changed_since_its_page_was_opened_changes_nothing() {
    let (jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let update = async |wish: &Value| {
        let call = jeton.put(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master);
        call.json(wish).send().await.expect(200);
    };
    for changed in [
        json!({"bucketPermissions": {}, "componentAccess": []}),
        json!({"bucketPermissions": {"in.c-a": "write", "in.c-b": "read"}}),
        json!({"componentAccess": ["acme.x"]}),
        json!({"canCreateJobs": false}),
        json!({"description": "Of somebody else"}),
    ] {
        let before = json!({"description": "Import", "bucketPermissions": {"in.c-a": "write"}, "componentAccess": [],
                   "canCreateJobs": true});
        update(&before).await;
        let old = console.hidden_fields(&own).await;
        let old: Vec<_> = old.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let fields = [("description", "Renamed"), ("write", "in.c-a"), ("jobs", "1")];
        update(&changed).await;
        let now = jeton.detail(&held.id).await;
        let page = console.send_form(&own, &[&old[..], &fields].concat()).await.expect(409).text();
        assert!(page.contains("This token was changed after you opened its page"), "{page}");
        assert!(page.contains("value=\"Renamed\""), "what was typed is there: {page}");
        assert_eq!(jeton.detail(&held.id).await, now, "{changed}");
        // One without the state that it began from may be as old.
        console.send_form(&own, &[&old[..1], &fields].concat()).await.expect(409);
        assert_eq!(jeton.detail(&held.id).await, now, "{changed}");
        // The returned page has the current state.
        console.submit(&own, &own, &fields).await.expect(303);
        assert_eq!(jeton.detail(&held.id).await["description"], "Renamed");
    }
}

#[tokio::test]
async fn an_edit_is_saved_after_uses_copies_and_shares_and_when_its_form_is_sent_twice() {
    let (jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let form = console.hidden_fields(&own).await;
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, "bob@example.org").await;
    let fields = [&form[..], &[("description", " Renamed "), ("write", "in.c-b")]].concat();
    console.send_form(&own, &fields).await.expect(303);
    let edits = jeton.history(&held.id).await;
    console.send_form(&own, &fields).await.expect(303);
    assert_eq!(jeton.history(&held.id).await, edits);
    let token = jeton.detail(&held.id).await;
    assert_eq!(
        (&token["description"], &token["bucketPermissions"]),
        (&json!("Renamed"), &json!({"in.c-b": "write"}))
    );
}

#[tokio::test]
async fn a_form_of_an_edit_that_comes_back_after_a_sign_in_is_outdated_once_the_token_was_changed() {
    let (jeton, held, console) = start().await;
    let own = format!("/console/projects/{}/tokens/{}", jeton.project, held.id);
    let form = console.hidden_fields(&own).await;
    let shown = form.iter().find(|(name, _)| name == "shown").expect("a state").1.clone();
    let call = jeton.put(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master);
    call.json(&json!({"bucketPermissions": {}})).send().await.expect(200);
    let typed = format!("description=Renamed&write=in.c-a&shown={shown}");
    for (fields, told) in [(typed.as_str(), true), ("", false)] {
        let ask = [("email", ADMIN), ("then", own.as_str()), ("fields", fields)];
        console.send_form("/console/sign-in", &ask).await.expect(200);
        let mail = jeton.sign_in_mail(ADMIN).await;
        console.types_code(&mail, &mail.code).await.expect(303);
        let page = console.open(&own).await.expect(200).text();
        assert_eq!(page.contains("This token was changed after you opened its page"), told, "{page}");
        assert_eq!(page.contains("value=\"Renamed\""), told, "{page}");
        assert_eq!(
            page.contains("value=\"Import\""),
            !told,
            "a form that was not kept clears nothing: {page}"
        );
    }
}

#[tokio::test]
async fn a_refresh_says_what_will_stop_and_shows_the_new_secret_once() {
    let (jeton, held, console) = start().await;
    jeton.share(&held.id, "bob@example.org").await;
    let ask = format!("tokens/{}/refresh", held.id);
    let page = console.open(&ask).await.expect(200).text();
    for words in ["Existing copies", "Pending shares", "Last used", "never"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(jeton.verify(&held.token).await, 200, "asking changes nothing");
    let page = console.submit(&ask, &ask, &[("gracePeriod", "0")]).await.expect(200).text();
    assert_eq!(jeton.verified(&secret(&page)).await["id"], held.id);
    assert_eq!(jeton.verify(&held.token).await, 401);
    let event = jeton.last_event(&held.id).await;
    assert_eq!((&event["event"], &event["copy"]), (&json!("storage.tokenRefreshed"), &json!(null)));
}

#[tokio::test]
async fn a_refresh_is_one_choice_of_what_happens_to_existing_copies_with_the_moment_of_their_end() {
    let (jeton, held, console) = start().await;
    let ask = format!("tokens/{}/refresh", held.id);
    let page = console.open(&ask).await.expect(200).text();
    assert_eq!(page.matches("type=\"radio\" name=\"old\"").count(), 5, "{page}");
    assert!(!page.contains("checkbox") && page.contains("at the latest"), "{page}");
    for moment in ["15 January 2026, 13:00 UTC", "16 January 2026, 12:00 UTC", "22 January 2026, 12:00 UTC"] {
        let label = page.split_once(&format!(">{moment}</time>")).map(|(before, _)| before);
        let label = label
            .and_then(|before| before.rsplit_once("<time "))
            .unwrap_or_else(|| panic!("{moment}: {page}"))
            .0;
        assert!(label.ends_with("until "), "{moment}: {page}");
    }

    console.submit(&ask, &ask, &[("old", "3600")]).await.expect(200);
    jeton.pass_seconds(3599);
    assert_eq!(jeton.verify(&held.token).await, 200);
    jeton.pass_seconds(1);
    assert_eq!(jeton.verify(&held.token).await, 401);

    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let other = jeton.create(&json!({})).await;
    let ask = format!("tokens/{}/refresh", other.id);
    let page = console.submit(&ask, &ask, &[("old", "used")]).await.expect(200).text();
    assert_eq!(jeton.verify(&other.token).await, 200);
    jeton.verified(&secret(&page)).await;
    assert_eq!(jeton.verify(&other.token).await, 401);
}

#[tokio::test]
async fn a_refresh_that_says_two_things_about_existing_copies_is_rejected_and_changes_nothing() {
    let (jeton, held, console) = start().await;
    let ask = format!("tokens/{}/refresh", held.id);
    for fields in [
        &[("gracePeriod", "0"), ("keepOldUntilUsed", "1")][..],
        &[("old", "end"), ("keepOldUntilUsed", "1")],
        &[("old", "end"), ("gracePeriod", "3600")],
        &[("old", "0")],
        &[("old", "")],
        &[("old", "604801")],
    ] {
        console.submit(&ask, &ask, fields).await.expect(400);
    }
    assert_eq!(jeton.verify(&held.token).await, 200);
    assert_eq!(jeton.last_event(&held.id).await["event"], "storage.tokenCreated");
}

#[tokio::test]
async fn what_was_done_is_said_once_on_the_page_that_follows() {
    let (_jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    for (page, fields, next, told) in [
        (own.clone(), &[("description", "Import")][..], own.clone(), "The changes are saved."),
        (format!("{own}/switch"), &[("isDisabled", "1")], own.clone(), "The token “Import” is disabled."),
        (format!("{own}/switch"), &[("isDisabled", "0")], own.clone(), "The token “Import” is enabled."),
        (format!("{own}/copies/1"), &[], own.clone(), "Copy 1 is ended."),
        (format!("{own}/delete"), &[], "tokens".to_owned(), "The token “Import” is deleted."),
    ] {
        console.submit(&page, &page, fields).await.expect(303);
        assert!(console.open(&next).await.expect(200).text().contains(told), "{told}");
        assert!(!console.open(&next).await.expect(200).text().contains(told), "{told}");
    }
}

#[tokio::test]
async fn a_description_that_nobody_sees_is_none_and_others_are_trimmed() {
    let (jeton, held, console) = start().await;
    for unseen in ["   ", "\u{200b}", "\u{3164}"] {
        let made = jeton.create(&json!({"description": unseen})).await;
        let default = jeton.detail(&jeton.create(&json!({})).await.id).await["description"].clone();
        assert_eq!(jeton.detail(&made.id).await["description"], default);
        let update = jeton.put(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master);
        update.json(&json!({"description": unseen})).send().await.expect(200);
        assert_eq!(jeton.detail(&held.id).await["description"], "Import");
        let project = jeton.post("/manage/organizations/12/projects").manage(&jeton.manage);
        project.json(&json!({"name": unseen})).send().await.expect_error(400, "validationError");
        console
            .submit("members", "members", &[("email", "eve@example.org"), ("name", unseen)])
            .await
            .expect(200);
        jeton.pick_up(&jeton.invitation("eve@example.org").await).await.expect(200);
        let users = format!("/manage/projects/{}/users", jeton.project);
        let members = jeton.get(&users).manage(&jeton.manage).send().await.expect(200).text();
        assert!(members.contains("\"name\":\"eve@example.org\""), "{members}");
        jeton.remove_member("eve@example.org").await;
    }
    let trimmed = jeton.create(&json!({"description": " \u{200b}Nightly import "})).await;
    assert_eq!(jeton.detail(&trimmed.id).await["description"], "Nightly import");
}

#[tokio::test]
async fn one_refreshes_ones_own_master_token_soon_after_a_sign_in_and_stays_signed_in() {
    let (jeton, _, console) = start().await;
    let ask = format!("tokens/{}/refresh", jeton.master_id);
    let page = console.submit(&ask, &ask, &[]).await.expect(200).text();
    assert_eq!(jeton.verify(&jeton.master).await, 401);
    let master = secret(&page);
    assert_eq!(jeton.verified(&master).await["isMasterToken"], true);
    console.open("tokens").await.expect(200);
    jeton.pass_seconds(600);
    let asked = console.open(&ask).await.expect(200).text();
    assert!(asked.contains("sign in again to continue") && !asked.contains("existing copies"), "{asked}");
    let late = console.submit(&ask, &ask, &[]).await.expect(403).text();
    assert!(late.contains("sign in again to continue") && late.contains("Email me a link"), "{late}");
    assert_eq!(jeton.verify(&master).await, 200);
}

#[tokio::test]
async fn nobody_elses_master_token_is_refreshed_shared_or_deleted() {
    let (jeton, _, console) = start().await;
    let theirs = jeton.join("eve@example.org").await;
    let own = format!("tokens/{}", theirs.id);
    console.open(&own).await.expect(200);
    for act in ["refresh", "share", "delete", "switch", "copies/1"] {
        console.open(&format!("{own}/{act}")).await.expect(403);
        let fields = [("recipientEmail", "bob@example.org")];
        console.submit("tokens/new", &format!("{own}/{act}"), &fields).await.expect(403);
    }
    console.submit("tokens/new", &own, &[("description", "x")]).await.expect(403);
    assert_eq!(jeton.verify(&theirs.token).await, 200);
}

#[tokio::test]
async fn a_share_mails_a_link_or_gives_the_code() {
    let (jeton, held, console) = start().await;
    let ask = format!("tokens/{}/share", held.id);
    let fields = [("recipientEmail", "bob@example.org"), ("message", "For you"), ("expiresIn", "3600")];
    let page = console.submit(&ask, &ask, &fields).await.expect(200).text();
    assert!(page.contains("bob@example.org") && page.contains("A link was sent"), "{page}");
    let invitation = jeton.invitation("bob@example.org").await;
    assert!(!words(&page).contains(&invitation.code) && !page.contains(&invitation.secret), "{page}");
    jeton.pick_up(&invitation).await.expect(200);
    let fields = [("recipientEmail", "bob@example.org"), ("separateCode", "1")];
    let page = console.submit(&ask, &ask, &fields).await.expect(200).text();
    let code = page.split_once(" data-once>").unwrap().1.split('<').next().unwrap().to_owned();
    let invitation = jeton.invitation("bob@example.org").await;
    jeton.type_code(&invitation, &code).await.expect(200);
    let page = console.submit(&ask, &ask, &[("recipientEmail", "nobody")]).await.expect(400).text();
    assert!(page.contains("“Their email address” must be one email address"), "{page}");
}

#[tokio::test]
async fn a_token_is_disabled_and_enabled_again() {
    let (jeton, held, console) = start().await;
    let (own, ask) = (format!("tokens/{}", held.id), format!("tokens/{}/switch", held.id));
    let page = console.open(&ask).await.expect(200).text();
    assert!(page.contains("Disable “") && page.contains("name=\"isDisabled\" value=\"1\""), "{page}");
    // This form changes nothing else, whatever is sent with it.
    console.submit(&ask, &ask, &[("isDisabled", "1"), ("description", "other")]).await.expect(303);
    assert_eq!(jeton.verify(&held.token).await, 401);
    let detail = jeton.detail(&held.id).await;
    assert!(detail["isDisabled"] == true && detail["description"] != "other", "{detail}");
    let page = console.open(&own).await.expect(200).text();
    assert!(page.contains("Disabled") && page.contains("Enable"), "{page}");
    console.submit(&ask, &ask, &[("isDisabled", "0")]).await.expect(303);
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn the_token_of_a_configuration_is_not_offered_for_deletion_but_says_how_it_is_deleted() {
    let jeton = Jeton::start().await;
    let put = jeton.put("/v2/storage/components/keboola.orchestrator/configs/123/token").token(&jeton.master);
    let made = put.json(&json!({})).send().await.expect(201).json();
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page =
        console.open(&format!("tokens/{}/delete", made["id"].as_str().unwrap())).await.expect(200).text();
    for words in ["is deleted with it", "<code>123</code>", "<code>keboola.orchestrator</code>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/delete\"") && !page.contains("Delete the token"), "{page}");
}

#[tokio::test]
async fn a_copy_is_deleted_from_the_list_of_copies() {
    let (jeton, held, console) = start().await;
    let copy = jeton.shared_copy(&held.id).await;
    let (own, ask) = (format!("tokens/{}", held.id), format!("tokens/{}/copies/2", held.id));
    assert!(console.open(&own).await.expect(200).text().contains(&format!("{ask}\"")));
    let page = console.open(&ask).await.expect(200).text();
    assert!(page.contains("Delete copy 2 of") && page.contains("Picked up by"), "{page}");
    assert_eq!(jeton.verify(&copy.token).await, 200, "asking changes nothing");
    console.submit(&ask, &ask, &[]).await.expect(303);
    assert_eq!((jeton.verify(&copy.token).await, jeton.verify(&held.token).await), (401, 200));
    console.open(&ask).await.expect(404);
}

#[tokio::test]
async fn a_deletion_asks_first() {
    let (jeton, held, console) = start().await;
    let ask = format!("tokens/{}/delete", held.id);
    assert!(console.open(&ask).await.expect(200).text().contains("All of its copies"));
    assert_eq!(jeton.verify(&held.token).await, 200);
    console.submit(&ask, &ask, &[]).await.expect(303);
    assert_eq!(jeton.verify(&held.token).await, 401);
    console.open(&ask).await.expect(404);
}

#[tokio::test]
async fn an_open_share_is_withdrawn_and_another_one_sent_again() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({"description": "Nightly import"})).await;
    let (eve, bob) =
        (jeton.share(&held.id, "eve@example.org").await, jeton.share(&held.id, "bob@example.org").await);
    let own = format!("tokens/{}", held.id);
    let page = console.open(&own).await.expect(200).text();
    let at = |email: &str| {
        let after = page.split_once(&format!(">{email}</div>")).expect("they are listed").1;
        let id = after.split_once("/shares/").unwrap().1.split('/').next().unwrap();
        format!("{own}/shares/{id}")
    };
    console.submit(&own, &format!("{}/withdraw", at("eve@example.org")), &[]).await.expect(303);
    jeton.pick_up(&eve).await.expect_error(410, "pickup.ended");
    let sent = console.submit(&own, &format!("{}/send", at("bob@example.org")), &[]).await.expect(200).text();
    assert!(sent.contains("bob@example.org"), "{sent}");
    jeton.pick_up(&bob).await.expect_error(410, "pickup.ended");
    let page = console.open(&own).await.expect(200).text();
    assert!(!page.contains(">eve@example.org</div>") && page.contains(">bob@example.org</div>"), "{page}");
}

#[tokio::test]
async fn a_share_that_was_picked_up_in_the_meantime_is_not_called_withdrawn() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({"description": "Nightly import"})).await;
    let eve = jeton.share(&held.id, "eve@example.org").await;
    let own = format!("tokens/{}", held.id);
    let share = jeton.detail(&held.id).await["shares"][0]["id"].as_str().unwrap().to_owned();
    let copy = Held::of(jeton.pick_up(&eve).await.expect(200).field("token"));
    let page = console.submit(&own, &format!("{own}/shares/{share}/withdraw"), &[]).await.expect(409).text();
    assert!(page.contains("nothing was withdrawn") && !page.contains("is withdrawn."), "{page}");
    assert!(page.contains("eve@example.org"), "{page}");
    assert_eq!(jeton.verify(&copy.token).await, 200);
}

#[tokio::test]
async fn an_edit_that_empties_the_description_is_an_error_at_its_field_and_changes_nothing() {
    let (jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let before = jeton.detail(&held.id).await;
    for empty in ["", "   ", "\u{200b}"] {
        let fields = [("description", empty), ("write", "in.c-b")];
        let page = console.submit(&own, &own, &fields).await.expect(400).text();
        assert!(page.contains("Nothing was saved.") && page.contains("href=\"#description\""), "{page}");
        assert!(page.contains("A token keeps a description"), "{page}");
        assert_eq!(jeton.detail(&held.id).await, before);
    }
    let both = [("description", ""), ("write", "nonsense")];
    let page = console.submit(&own, &own, &both).await.expect(400).text();
    assert!(page.contains("href=\"#description\"") && page.contains("href=\"#write\""), "{page}");
}

#[tokio::test]
async fn an_edit_without_a_change_says_that_nothing_was_changed() {
    let (_jeton, held, console) = start().await;
    let own = format!("tokens/{}", held.id);
    let same = [("description", "Import"), ("write", "in.c-a"), ("jobs", "1")];
    console.submit(&own, &own, &same).await.expect(303);
    let page = console.open(&own).await.expect(200).text();
    assert!(page.contains("Nothing was changed.") && !page.contains("The changes are saved."), "{page}");
    let other = [("description", "Export"), ("write", "in.c-a"), ("jobs", "1")];
    console.submit(&own, &own, &other).await.expect(303);
    assert!(console.open(&own).await.expect(200).text().contains("The changes are saved."));
}

#[tokio::test]
async fn each_copy_leads_to_its_events_and_their_lines_say_which_copy_it_was_and_whose() {
    let (jeton, held, console) = start().await;
    let copy = jeton.shared_copy(&held.id).await;
    for token in [&held.token, &copy.token] {
        jeton.may(token, json!({"capability": "createJobs"})).await;
    }
    let own = format!("tokens/{}", held.id);
    let page = console.open(&own).await.expect(200).text();
    let query = format!("token%2Eid%3A{}%20copy%3A2", held.id);
    assert!(page.contains(&format!("{own}/events?q={query}\"")), "{page}");
    let found = console.open(&format!("{own}/events?q={query}")).await.expect(200).text();
    assert_eq!(found.matches("data-event=").count(), 1, "{found}");
    assert!(found.contains("</a>, copy 2 (colleague@example.org)"), "{found}");
    let all = console.open(&format!("{own}/events")).await.expect(200).text();
    assert!(all.contains("</a>, copy 1, from"), "{all}");
    let path = format!("/v2/storage/tokens/{}/events?q=token.id:{}+copy:1", held.id, held.id);
    assert_eq!(jeton.events(&jeton.master, &path).await.len(), 1);
}

#[tokio::test]
async fn a_share_that_was_picked_up_is_not_sent_again_and_the_page_says_so() {
    let (jeton, held, console) = start().await;
    let eve = jeton.share(&held.id, "eve@example.org").await;
    let own = format!("tokens/{}", held.id);
    let share = jeton.detail(&held.id).await["shares"][0]["id"].as_str().unwrap().to_owned();
    jeton.pick_up(&eve).await.expect(200);
    let page = console.submit(&own, &format!("{own}/shares/{share}/send"), &[]).await.expect(409).text();
    assert!(page.contains("nothing was sent") && page.contains("eve@example.org"), "{page}");
}
