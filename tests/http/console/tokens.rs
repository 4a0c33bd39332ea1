//! What the list of tokens has, and the form for new ones.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

/// The secret on the page that shows it.
fn secret(page: &str) -> &str {
    page.split_once("data-plain=\"").expect("a secret").1.split('"').next().unwrap()
}

#[tokio::test]
async fn the_list_tells_tokens_apart() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "Import"})).await;
    let theirs = jeton.join("eve@example.org").await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("tokens").await.expect(200).text();
    assert_eq!((page.matches(">You<").count(), page.matches(">Master<").count()), (2, 2));
    for words in ["Import", ADMIN, "eve@example.org"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // Another member's master token is neither refreshed, shared nor deleted here.
    assert!(
        !page.contains(&format!("{}/refresh", theirs.id)) && !page.contains(&format!("{}/delete", theirs.id))
    );
    assert!(page.contains(&format!("{}/refresh", jeton.master_id)));
}

#[tokio::test]
async fn the_newest_tokens_are_first_and_pages_lead_to_older_ones() {
    let jeton = Jeton::start().await;
    for number in 0..55 {
        jeton.pass_seconds(1);
        jeton.create(&json!({"description": format!("Import <{number}>")})).await;
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let shown = |page: &str| -> Vec<usize> {
        let parts = page.split(">Import &lt;").skip(1);
        parts.map(|part| part.split_once("&gt;").unwrap().0.parse().unwrap()).collect()
    };
    let first = console.open("tokens").await.expect(200).text();
    assert_eq!(shown(&first), (5..55).rev().collect::<Vec<_>>());
    // A new token moves nothing to the page behind.
    jeton.pass_seconds(1);
    jeton.create(&json!({"description": "Import <55>"})).await;
    let next = first.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let second = console.open(&next).await.expect(200).text();
    assert_eq!(shown(&second), (0..5).rev().collect::<Vec<_>>());
    assert!(second.find("Import &lt;0&gt;") < second.find(">Master<"), "the first token of all is the last");
}

#[tokio::test]
async fn a_new_token_may_what_the_form_says_and_is_shown_once() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let fields = [
        ("description", "Nightly import"),
        ("expires", "week"),
        ("access", "custom"),
        ("read", "in.c-a\nin.c-b"),
        ("write", "out.c-r"),
        ("components", "keboola.ex-http"),
        ("files", "full"),
        ("jobs", "1"),
    ];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(201).text();
    let token = jeton.verified(secret(&page)).await;
    assert_eq!(token["bucketPermissions"], json!({"in.c-a": "read", "in.c-b": "read", "out.c-r": "write"}));
    assert_eq!(token["componentAccess"], json!(["keboola.ex-http"]));
    assert_eq!((&token["canReadAllFileUploads"], &token["canPurgeTrash"]), (&json!(true), &json!(false)));
    assert_eq!((&token["canCreateJobs"], &token["canManageBuckets"]), (&json!(true), &json!(false)));
    assert_eq!(token["expires"], "2026-01-22T12:00:00+0000");
    assert_eq!(token["creatorToken"]["description"], ADMIN);
    let plain = secret(&page).to_owned();
    for path in ["tokens".to_owned(), format!("tokens/{}", token["id"].as_str().unwrap())] {
        assert!(!console.open(&path).await.expect(200).text().contains(&plain[plain.len() - 8..]));
    }
}

#[tokio::test]
async fn all_buckets_and_a_date_are_choices_of_the_form_too() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let fields = [("access", "full"), ("expires", "date"), ("until", "2026-01-31"), ("trash", "1")];
    let page = console.submit("tokens/new", "tokens", &fields).await.expect(201).text();
    let token = jeton.verified(secret(&page)).await;
    assert_eq!((&token["canManageBuckets"], &token["canPurgeTrash"]), (&json!(true), &json!(true)));
    assert_eq!(token["expires"], "2026-02-01T00:00:00+0000");
}

#[tokio::test]
async fn a_form_that_is_not_right_comes_back_as_it_was_with_what_is_wrong() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (fields, problem) in [
        ([("read", "nonsense"), ("description", "Kept")], "Bucket id"),
        ([("components", "a&b"), ("description", "Kept")], "Component id"),
        ([("expires", "date"), ("description", "Kept")], "Enter an expiry date."),
        ([("expires", "never"), ("description", &"x".repeat(256))], "Description must have at most 255"),
    ] {
        let page = console.submit("tokens/new", "tokens", &fields).await.expect(400).text();
        assert!(page.contains(problem), "{problem}: {page}");
        assert!(page.contains(fields[1].1) && page.contains("New token"), "{page}");
    }
    let listed = jeton.read(&jeton.master, "/v2/storage/tokens").await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_form_says_of_the_expiry_what_the_api_does() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let page = console.open("tokens/new").await.expect(200).text();
    assert!(!page.contains("The expiry cannot be changed later."), "{page}");
    assert!(
        page.contains("The expiry can be changed later, under Extend on the page of the token."),
        "{page}"
    );
}

#[tokio::test]
async fn every_page_of_a_token_has_its_name_in_the_title() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import <1>"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (page, title) in [
        ("", ""),
        ("/usage", "Usage · "),
        ("/events", "Events · "),
        ("/share", "Share · "),
        ("/extend", "Extend · "),
        ("/refresh", "Refresh · "),
        ("/switch", "Disable · "),
        ("/delete", "Delete · "),
        ("/copies/1", "Delete a copy · "),
    ] {
        let page = console.open(&format!("tokens/{}{page}", held.id)).await.expect(200).text();
        assert!(page.contains(&format!("<title>{title}Import &lt;1&gt; · Jeton</title>")), "{title}: {page}");
    }
}

#[tokio::test]
async fn a_list_in_which_nothing_can_be_selected_has_no_buttons_for_selected_tokens() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let buttons =
        async || console.open("tokens").await.expect(200).text().matches("value=\"disable\"").count();
    assert_eq!(buttons().await, 0);
    jeton.create(&json!({})).await;
    assert_eq!(buttons().await, 1);
}
