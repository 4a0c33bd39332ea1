//! An action on all tokens of a list: confirmed once, and carried out in steps.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use jeton_core::{
    event_context::Actor,
    id::{NewTokenIds, TokenId},
    permission::{Permissions, Rank},
    store::{Commit, Write},
    token::{Kind, NewToken, Place, Settings, Sort, Update},
};
use jeton_service::{app::Outcome, clock::entropy};
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::{Value, json};

use super::{last_form, submit_last};

const CONFIG: &str = "/v2/storage/components/keboola.ex-db/configs/7/token";

/// A project with so many tokens.
pub(super) async fn start(tokens: usize) -> (Jeton, ConsoleClient) {
    let jeton = Jeton::start().await;
    for number in 0..tokens {
        jeton.create(&json!({"description": format!("Import {number:03}")})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    (jeton, console)
}

/// The page that asks for an action on all tokens that a search finds.
pub(super) async fn ask(console: &ConsoleClient, action: &str) -> String {
    let path = format!("tokens/actions?search=import&action={action}&all=1");
    console.open(&path).await.expect(200).text()
}

/// Submits the form of the page.
pub(super) async fn go_on(console: &ConsoleClient, page: &str) -> String {
    submit_last(console, page, &[]).await.expect(200).text()
}

pub(super) fn has_next(page: &str) -> bool {
    page.contains("id=\"next-step\"")
}

pub(super) async fn found(jeton: &Jeton, query: &str) -> Vec<Value> {
    let found = jeton.read(&jeton.master, &format!("/v2/storage/tokens?search=import{query}")).await.json();
    found.as_array().unwrap().clone()
}

/// How often a token was changed or deleted.
async fn changes(jeton: &Jeton, id: &Value) -> usize {
    jeton.history(id.as_str().unwrap()).await.len() - 1
}

#[tokio::test]
async fn all_tokens_of_a_list_are_confirmed_once_and_changed_in_steps_with_true_counts() {
    let (jeton, console) = start(230).await;
    let all = found(&jeton, "").await;
    for token in &all[..3] {
        let path = format!("/v2/storage/tokens/{}", token["id"].as_str().unwrap());
        let off = jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": true}));
        off.send().await.expect(200);
    }
    let page = ask(&console, "disable").await;
    let said = words(&page);
    for words in [
        "Disable 227 tokens?",
        "3 tokens are disabled already.",
        "in steps of 100",
        "These are the first 100 of the 227 tokens",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let first = go_on(&console, &page).await;
    assert!(words(&first).contains("of 227 tokens are disabled."), "{}", words(&first));
    assert!(first.contains("max=\"227\"") && has_next(&first), "{first}");
    let second = go_on(&console, &first).await;
    let third = go_on(&console, &second).await;
    let said = words(&third);
    assert!(
        said.contains("227 tokens are disabled") && said.contains("3 tokens were disabled already."),
        "{said}"
    );
    assert!(!has_next(&third) && third.contains("Back to the tokens"), "{third}");
    assert_eq!(found(&jeton, "&isDisabled=1").await.len(), 230);
    for token in &all {
        assert_eq!(changes(&jeton, &token["id"]).await, 1, "each token is changed once");
    }
}

#[tokio::test]
async fn a_token_that_is_created_after_the_confirmation_is_left_alone() {
    let (jeton, console) = start(120).await;
    let page = ask(&console, "delete").await;
    assert!(words(&page).contains("Delete 120 tokens?"), "{}", words(&page));
    jeton.create(&json!({"description": "Import later"})).await;
    let first = go_on(&console, &page).await;
    jeton.create(&json!({"description": "Import in between"})).await;
    let last = go_on(&console, &first).await;
    assert!(words(&last).contains("120 tokens are deleted"), "{}", words(&last));
    let left: BTreeSet<_> = found(&jeton, "")
        .await
        .iter()
        .map(|token| token["description"].as_str().unwrap().to_owned())
        .collect();
    let later = ["Import in between", "Import later"];
    assert_eq!(left, later.map(str::to_owned).into());
}

#[tokio::test]
async fn a_token_that_comes_to_match_after_the_confirmation_is_left_alone() {
    let (jeton, console) = start(102).await;
    let live = jeton.create(&json!({"description": "Live"})).await;
    let off = jeton.create(&json!({"description": "Import parked", "isDisabled": false})).await;
    let set = async |id: &str, to: Value| {
        jeton
            .put(&format!("/v2/storage/tokens/{id}"))
            .token(&jeton.master)
            .json(&to)
            .send()
            .await
            .expect(200);
    };
    let first = found(&jeton, "").await[0]["id"].as_str().unwrap().to_owned();
    set(&first, json!({"isDisabled": true})).await;
    // One that needs nothing is not what was confirmed, either.
    let enable = ask(&console, "enable").await;
    assert!(words(&enable).contains("Enable 1 token?"), "{}", words(&enable));
    // One of a list of one, and of a list of many steps.
    let one = console.open("tokens/actions?search=import&show=disabled&action=delete&all=1").await;
    let one = one.expect(200).text();
    assert!(words(&one).contains("Delete 1 token?"), "{}", words(&one));
    let many = ask(&console, "disable").await;
    set(&off.id, json!({"isDisabled": true})).await;
    set(&live.id, json!({"description": "Import live"})).await;
    submit_last(&console, &enable, &[]).await.expect(303);
    assert_eq!(jeton.detail(&off.id).await["isDisabled"], true, "it is not enabled again");
    set(&first, json!({"isDisabled": true})).await;
    submit_last(&console, &one, &[]).await.expect(303);
    let step = go_on(&console, &many).await;
    go_on(&console, &step).await;
    assert_eq!(jeton.detail(&off.id).await["isDisabled"], true, "it was not deleted");
    assert_eq!(jeton.verify(&live.token).await, 200);
    jeton.get(&format!("/v2/storage/tokens/{first}")).token(&jeton.master).send().await.expect(404);
}

#[tokio::test]
async fn a_step_that_is_sent_again_changes_nothing_twice_and_is_followed_by_the_same_form() {
    let (jeton, console) = start(210).await;
    let all = found(&jeton, "").await;
    let page = ask(&console, "disable").await;
    let (one, other) = tokio::join!(go_on(&console, &page), go_on(&console, &page));
    assert_eq!(last_form(&one), last_form(&other), "a double click");
    // Somebody enables one of them in the meantime.
    let off = found(&jeton, "&isDisabled=1").await;
    let enabled = off[0]["id"].as_str().unwrap();
    let on = jeton.put(&format!("/v2/storage/tokens/{enabled}")).token(&jeton.master);
    on.json(&json!({"isDisabled": false})).send().await.expect(200);
    let second = go_on(&console, &one).await;
    // The back button, and the confirmation again: the same steps, which are done.
    let again = go_on(&console, &page).await;
    assert_eq!(last_form(&again), last_form(&one));
    assert_eq!(last_form(&go_on(&console, &again).await), last_form(&second));
    let last = go_on(&console, &second).await;
    assert!(words(&last).contains("210 tokens are disabled"), "{}", words(&last));
    let reloaded = words(&go_on(&console, &second).await);
    let before = "This was done before. The list shows how the tokens are now.";
    assert!(reloaded.contains(before) && reloaded.replace(before, "") == words(&last), "{reloaded}");
    assert_eq!(jeton.detail(enabled).await["isDisabled"], false, "what others did since stays");
    for token in &all {
        let expected = if token["id"] == enabled { 2 } else { 1 };
        assert_eq!(changes(&jeton, &token["id"]).await, expected);
    }
}

#[tokio::test]
async fn tokens_that_could_not_be_changed_are_named_at_the_end_with_the_reason() {
    let (jeton, console) = start(110).await;
    let made =
        jeton.put(CONFIG).token(&jeton.master).json(&json!({"description": "Import of a configuration"}));
    made.send().await.expect(201);
    let page = ask(&console, "delete").await;
    let said = words(&page);
    assert!(said.contains("Delete 110 tokens?") && said.contains("1 token cannot be deleted."), "{said}");
    let first = go_on(&console, &page).await;
    let last = go_on(&console, &first).await;
    let said = words(&last);
    for words in ["110 tokens are deleted", "1 token could not be deleted.", "Import of a configuration"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(last.contains("class=\"problem\""), "{last}");
}

/// Stores tokens with successive ids. Those at the last places are disabled.
async fn store(jeton: &Jeton, first: u64, enabled: u64, disabled: u64) {
    let (app, project) = (&jeton.app, jeton.project);
    let context = app.event_context(app.clock.now(), Actor::Jeton);
    let new = NewToken {
        settings: Settings {
            description: "Import".to_owned(),
            expires_in: None,
            permissions: Permissions::default(),
        },
        creator_ends: None,
        kind: Kind::Limited,
        creator: None,
        member: None,
        owner: app.store.project(project).await.unwrap().unwrap().owner(),
    };
    let one = async |id: u64| {
        let (new, token) = (new.clone(), TokenId::new(id).unwrap());
        let (change, _) = new.create(project, token, &context, &mut entropy()).unwrap();
        let off = Update { disabled: Some(id >= first + enabled), ..Update::default() };
        let off = change.token.update(&off, Rank::Master, &context).unwrap();
        let token = off.map_or(change.token, |off| off.token);
        let commit = Commit { writes: vec![Write::InsertToken(token)], events: Vec::new() };
        assert!(matches!(app.commit(&commit).await, Ok(Outcome::Stored)));
    };
    let ids = stream::iter(first..first + enabled + disabled);
    ids.map(one).buffer_unordered(64).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn five_thousand_tokens_are_one_action_whatever_the_list_has_beside_them_and_one_more_is_told() {
    let (jeton, console) = start(0).await;
    let first = NewTokenIds::new(jeton.app.clock.now().plus_seconds(60)).draw(&mut entropy()).number();
    store(&jeton, first, 5000, 2).await;
    let (one, more) = ("Disable 5,000 tokens?", "The list has more tokens than one action counts.");
    let said = words(&ask(&console, "disable").await);
    let same = "2 tokens are disabled already.";
    assert!(said.contains(one) && said.contains(same) && !said.contains(more), "{said}");
    store(&jeton, first + 5002, 1, 1).await;
    let page = ask(&console, "disable").await;
    let said = words(&page);
    assert!(said.contains(one) && said.contains(same) && said.contains(more), "{said}");
    let (_, fields) = last_form(&page);
    let last = fields.iter().find(|(name, _)| name == "last").unwrap().1.clone();
    let next = Sort::OLDEST_FIRST.cursor(&Place::created(last.parse().unwrap()));
    let path = format!("tokens/actions?search=import&action=disable&all=1&after={next}");
    let said = words(&console.open(&path).await.expect(200).text());
    assert!(said.contains("Disable 1 token?") && said.contains("1 token is disabled already."), "{said}");
}

#[tokio::test]
async fn tokens_that_others_delete_meanwhile_are_counted_as_deleted() {
    for (action, told) in [
        (
            "disable",
            "103 tokens are disabled1 token was disabled already. 2 tokens were deleted or have expired meanwhile.",
        ),
        ("delete", "104 tokens are deleted2 tokens were deleted already or have expired."),
    ] {
        let (jeton, console) = start(106).await;
        let all = found(&jeton, "&sort=created").await;
        let of = |place: usize| format!("/v2/storage/tokens/{}", all[place]["id"].as_str().unwrap());
        let page = ask(&console, action).await;
        for place in [7, 103] {
            jeton.delete(&of(place)).token(&jeton.master).send().await.expect(204);
        }
        let off = jeton.put(&of(50)).token(&jeton.master).json(&json!({"isDisabled": true}));
        off.send().await.expect(200);
        let first = go_on(&console, &page).await;
        let last = words(&go_on(&console, &first).await);
        assert!(last.contains(told), "{last}");
    }
}

#[tokio::test]
async fn who_may_not_go_on_reads_how_far_the_action_came_and_is_led_back_to_the_list() {
    let (jeton, _) = start(250).await;
    jeton.join("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    let list = console.open("tokens?search=import").await.expect(200).text();
    let back = super::hidden(&list, "back");
    let asks = format!("tokens/actions?search=import&action=disable&all=1&back={back}");
    let page = console.open(&asks).await.expect(200).text();
    let first = go_on(&console, &page).await;
    jeton.set_role("eve@example.org", "readOnly").await.expect(200);
    for (form, at_least) in [(&first, "after at least 100 tokens."), (&page, "You can read this project")] {
        let told = submit_last(&console, form, &[]).await.expect(403).text();
        assert!(words(&told).contains("The action stopped") && words(&told).contains(at_least), "{told}");
        assert!(!told.contains("Nothing was changed"), "{told}");
        assert!(told.contains("/tokens?search=import\">Back to the tokens<"), "{told}");
    }
    let member = format!("/manage/projects/{}/users/eve@example.org", jeton.project);
    let removed = jeton.delete(&member).manage(&jeton.manage).send().await;
    assert!(removed.status.is_success(), "{}", removed.text());
    let told = submit_last(&console, &first, &[]).await;
    assert!(words(&told.text()).contains("The action stopped after at least 100 tokens."), "{}", told.text());
    assert_eq!(found(&jeton, "&isDisabled=1").await.len(), 100);
}

#[tokio::test]
async fn a_list_that_fits_into_one_step_leads_back_to_itself_with_what_was_left_out() {
    let (jeton, console) = start(3).await;
    for token in &found(&jeton, "").await[1..] {
        let off = jeton.put(&format!("/v2/storage/tokens/{}", token["id"].as_str().unwrap()));
        off.token(&jeton.master).json(&json!({"isDisabled": true})).send().await.expect(200);
    }
    let page = ask(&console, "enable").await;
    let answer = submit_last(&console, &page, &[]).await.expect(303);
    assert!(answer.header("location").unwrap().ends_with("/tokens?search=import"));
    let list = console.open("tokens?search=import").await.expect(200).text();
    assert!(list.contains("2 tokens are enabled. 1 token was enabled already."), "{list}");
}

#[tokio::test]
async fn a_step_ends_with_the_last_token_of_what_was_confirmed_and_leads_to_the_others() {
    let (jeton, console) = start(110).await;
    let page = ask(&console, "disable").await;
    let ids = found(&jeton, "&sort=created").await;
    let ids: Vec<_> = ids.iter().map(|token| token["id"].as_str().unwrap()).collect();
    let (to, fields) = last_form(&page);
    let others = fields.iter().filter(|(name, _)| name != "ids");
    let five = [("ids", ids[..5].join(".")), ("last", ids[4].to_owned())];
    let five = five.each_ref().map(|(name, value)| (*name, value.as_str()));
    let fields: Vec<_> = others.map(|(name, value)| (name.as_str(), value.as_str())).chain(five).collect();
    let page = console.send_form(&to, &fields).await.expect(200).text();
    assert!(words(&page).contains("5 tokens are disabled"), "{}", words(&page));
    let link = page.split_once(">Continue with the next ones<").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let rest = console.open(&link.split('"').next().unwrap().replace("&amp;", "&")).await.expect(200).text();
    assert!(words(&rest).contains("Disable 105 tokens?"), "{}", words(&rest));
    let first = go_on(&console, &rest).await;
    let end = go_on(&console, &first).await;
    assert!(words(&end).contains("105 tokens are disabled"), "{}", words(&end));
    assert_eq!(found(&jeton, "&isDisabled=1").await.len(), 110);
}

/// Submits the form of the page with other values.
async fn edited(console: &ConsoleClient, page: &str, name: &str, value: &str) -> Answer {
    let (to, fields) = last_form(page);
    let kept =
        fields.iter().filter(|(of, _)| of != name).map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = kept.chain([(name, value)]).collect();
    console.send_form(&to, &fields).await
}

#[tokio::test]
async fn an_edited_step_widens_nothing_and_another_action_with_its_key_does_nothing() {
    let (jeton, console) = start(102).await;
    let page = ask(&console, "disable").await;
    for (name, value) in [
        ("ids", ""),
        ("ids", "x"),
        ("ids", "1..1"),
        ("ids", &(1..=5001).map(|id| id.to_string()).collect::<Vec<_>>().join(".")),
        ("last", "x"),
        ("action", "refresh"),
    ] {
        edited(&console, &page, name, value).await.expect(400);
    }
    assert_eq!(found(&jeton, "&isDisabled=1").await.len(), 0);
    let first = go_on(&console, &page).await;
    edited(&console, &page, "action", "delete").await.expect(303);
    let second = go_on(&console, &first).await;
    assert!(words(&second).contains("102 tokens are disabled"), "{}", words(&second));
    let taken = edited(&console, &first, "action", "delete").await.expect(409).text();
    assert!(words(&taken).contains("nothing was done now"), "{}", words(&taken));
    assert_eq!(found(&jeton, "&isDisabled=1").await.len(), 102);
}

#[tokio::test]
async fn the_filters_of_a_step_are_those_of_the_day_of_the_confirmation() {
    let jeton = Jeton::start().await;
    for number in 0..102 {
        jeton.create(&json!({"description": format!("Import {number:03}")})).await;
    }
    // It was created a day later, so it is unused for ninety days a day later, too.
    jeton.pass_seconds(86_400);
    jeton.create(&json!({"description": "Import of the next day"})).await;
    jeton.pass_seconds(90 * 86_400 + 12 * 3600 - 60);
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("tokens/actions?show=unused&action=delete&all=1").await.expect(200).text();
    assert!(words(&page).contains("Delete 102 tokens?"), "{}", words(&page));
    jeton.pass_seconds(120);
    let first = go_on(&console, &page).await;
    let last = go_on(&console, &first).await;
    assert!(words(&last).contains("102 tokens are deleted"), "{}", words(&last));
    assert_eq!(found(&jeton, "").await.len(), 1);
}

#[tokio::test]
async fn one_step_leaves_master_tokens_out_and_names_what_it_could_not_change() {
    let (jeton, console) = start(2).await;
    let eve = jeton.join("eve@example.org").await;
    let made = jeton.put(CONFIG).token(&jeton.master).json(&json!({"description": "Of a configuration"}));
    made.send().await.expect(201);
    let page = console.open("tokens/actions?show=never&action=delete&all=1").await.expect(200).text();
    let said = words(&page);
    assert!(said.contains("Delete 2 tokens?") && said.contains("1 token cannot be deleted."), "{said}");
    assert!(!said.contains("eve@example.org"), "{said}");
    let last = go_on(&console, &page).await;
    let said = words(&last);
    for words in ["2 tokens are deleted", "1 token could not be deleted.", "Of a configuration"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!((jeton.verify(&eve.token).await, jeton.verify(&jeton.master).await), (200, 200));
}
