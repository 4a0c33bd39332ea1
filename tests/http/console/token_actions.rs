//! Actions on several tokens of the list.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

use super::submit_last;

async fn start(names: &[&str]) -> (Jeton, ConsoleClient, Vec<String>) {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let mut ids = Vec::new();
    for name in names {
        ids.push(jeton.create(&json!({"description": name})).await.id);
    }
    (jeton, console, ids)
}

/// Disables a token.
async fn disable(jeton: &Jeton, id: &str) {
    let path = format!("/v2/storage/tokens/{id}");
    jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": true})).send().await.expect(200);
}

/// The address that asks for an action on these tokens.
fn ask(action: &str, ids: &[&str]) -> String {
    let tokens: String = ids.iter().fold(String::new(), |text, id| text + "&tokens[]=" + id);
    format!("tokens/actions?action={action}{tokens}")
}

#[tokio::test]
async fn an_action_says_what_it_would_do_and_does_it_once_it_is_confirmed() {
    let (jeton, console, ids) = start(&["One", "Two", "Three"]).await;
    disable(&jeton, &ids[1]).await;
    let before = [jeton.detail(&ids[0]).await, jeton.detail(&ids[1]).await];
    let page = console.open(&ask("disable", &[&ids[0], &ids[1]])).await.expect(200).text();
    for words in
        ["Disable 1 token?", "Will be disabled", "Is disabled already", "Nothing is done yet.", "One", "Two"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Three"), "{page}");
    assert_eq!(
        [jeton.detail(&ids[0]).await, jeton.detail(&ids[1]).await],
        before,
        "a dry run changes nothing"
    );
    submit_last(&console, &page, &[]).await.expect(303);
    assert!(console.open("tokens").await.expect(200).text().contains("1 token is disabled."));
    assert_eq!(jeton.detail(&ids[0]).await["isDisabled"], true);
    assert_eq!(jeton.last_event(&ids[0]).await["event"], "storage.tokenDisabled");
    // Submitted again, it finds done what was done.
    submit_last(&console, &page, &[]).await.expect(303);
    let page = console.open(&ask("delete", &[&ids[0], &ids[2]])).await.expect(200).text();
    submit_last(&console, &page, &[]).await.expect(303);
    let list = console.open("tokens").await.expect(200).text();
    assert!(list.contains("2 tokens are deleted.") && !list.contains("Three"), "{list}");
    // Gone tokens are left out.
    submit_last(&console, &page, &[]).await.expect(303);
}

#[tokio::test]
async fn a_selected_token_that_was_deleted_meanwhile_is_told() {
    let (jeton, console, ids) = start(&["One", "Two", "Three"]).await;
    let page = console.open(&ask("disable", &[&ids[0], &ids[1], &ids[2]])).await.expect(200).text();
    jeton.delete(&format!("/v2/storage/tokens/{}", ids[0])).token(&jeton.master).send().await.expect(204);
    disable(&jeton, &ids[1]).await;
    submit_last(&console, &page, &[]).await.expect(303);
    let list = console.open("tokens").await.expect(200).text();
    let told =
        "1 token is disabled. 1 token was disabled already. 1 token was deleted or has expired meanwhile.";
    assert!(list.contains(told), "{list}");
}

#[tokio::test]
async fn master_tokens_and_those_of_other_projects_are_left_out_of_an_action() {
    let (jeton, console, ids) = start(&["One"]).await;
    let other = jeton.new_project("Second warehouse", "eve@example.org").await;
    let create = jeton.post(&format!("/manage/projects/{other}/tokens")).manage(&jeton.manage);
    let foreign = create.json(&json!({"description": "Foreign"})).send().await.expect(201).json();
    let foreign = foreign["id"].as_str().unwrap();
    let eve = jeton.join("eve@example.org").await;
    let page =
        console.open(&ask("delete", &[&jeton.master_id, &eve.id, foreign, &ids[0]])).await.expect(200).text();
    assert!(page.contains("Delete 1 token?") && !page.contains("Foreign"), "{page}");
    let page = console.open(&ask("delete", &[&jeton.master_id])).await.expect(200).text();
    assert!(page.contains("Nothing to do") && !page.contains("name=\"tokens[]\""), "{page}");
    let hidden = console.hidden_fields(&ask("delete", &[&ids[0]])).await;
    let form = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let masters =
        [("action", "delete"), ("tokens[]", eve.id.as_str()), ("tokens[]", jeton.master_id.as_str())];
    console.send_form("tokens/actions", &form.chain(masters).collect::<Vec<_>>()).await.expect(303);
    assert_eq!((jeton.verify(&eve.token).await, jeton.verify(&jeton.master).await), (200, 200));
}

#[tokio::test]
async fn an_action_on_nothing_too_much_or_nonsense_is_refused_and_changes_nothing() {
    let (jeton, console, ids) = start(&["One"]).await;
    let many: Vec<_> = (1..=101).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let none = console.open(&ask("delete", &[])).await.expect(400).text();
    assert!(none.contains("Select at least one token"), "{none}");
    for wrong in [
        ask("delete", &many),
        ask("delete", &["x"]),
        ask("refresh", &[&ids[0]]),
        "tokens/actions?action=delete&all=1".to_owned(),
        "tokens/actions?action=delete&all=1&show=mine&after=zz".to_owned(),
    ] {
        console.open(&wrong).await.expect(400);
    }
    console.send_form("tokens/actions", &[("action", "delete"), ("tokens[]", &ids[0])]).await.expect(403);
    assert_eq!(jeton.detail(&ids[0]).await["isDisabled"], false);
}

#[tokio::test]
async fn a_token_that_an_action_could_not_change_is_named_with_the_reason() {
    let (jeton, console, ids) = start(&["One"]).await;
    let config = "/v2/storage/components/keboola.ex-db/configs/7/token";
    let made = jeton.put(config).token(&jeton.master).json(&json!({"description": "Of a configuration"}));
    let made = made.send().await.expect(201).json();
    let id = made["id"].as_str().expect("an id");
    let asks = ask("delete", &[&ids[0], id]);
    let page = console.open(&asks).await.expect(200).text();
    assert!(page.contains("Delete 1 token?") && page.contains("class=\"problem\""), "{page}");
    let hidden = console.hidden_fields(&asks).await;
    let form = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let both = [("action", "delete"), ("tokens[]", ids[0].as_str()), ("tokens[]", id)];
    let page = console.send_form("tokens/actions", &form.chain(both).collect::<Vec<_>>()).await;
    let page = page.expect(200).text();
    for words in ["1 token not deleted", "1 token is deleted.", "Of a configuration", "Is deleted"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(jeton.detail(id).await["isDisabled"], false);
}
