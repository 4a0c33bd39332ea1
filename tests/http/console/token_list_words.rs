//! What the list of tokens says where it is empty, and what it finds.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::json;

use super::token_list::{names, text};

#[tokio::test]
async fn the_own_token_of_a_member_is_one_of_theirs() {
    let jeton = Jeton::start().await;
    jeton.join("eve@example.org").await;
    jeton.set_role("eve@example.org", "readOnly").await.expect(200);
    for (email, expected) in [(ADMIN, ADMIN), ("eve@example.org", "eve@example.org")] {
        let console = ConsoleClient::signed_in(&jeton, email).await;
        assert_eq!(names(&text(console.open("tokens?show=mine")).await), [expected]);
    }
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let asks = text(console.open("tokens/actions?show=mine&action=delete&all=1")).await;
    assert!(words(&asks).contains("1 token of a member is left out: your own."), "{asks}");
}

#[tokio::test]
async fn an_empty_list_says_what_it_would_have() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    for (query, told) in [
        ("show=disabled", "No token is disabled."),
        ("show=expiring", "No token has expired or expires within 30 days."),
        ("show=unused", "No token is unused for 90 days."),
        ("show=left", "No token has an owner who has left."),
        ("show=disabled,left", "No token matches all of these filters."),
        ("search=zz", "No token matches the search."),
        ("search=zz&show=disabled", "No token matches the search and the filter."),
        ("search=zz&show=disabled,left", "No token matches the search and the filters."),
    ] {
        let page = words(&text(console.open(&format!("tokens?{query}"))).await);
        assert!(page.contains(told) && !page.contains("There is no such token"), "{told}: {page}");
    }
}

#[tokio::test]
async fn the_public_part_of_a_secret_finds_its_token() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({"description": "Held"})).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let public = token.token.rsplit_once("-jt").unwrap().0;
    for search in [public.to_owned(), format!("{public}-"), format!(" {public} ").replace(' ', "+")] {
        assert_eq!(
            names(&text(console.open(&format!("tokens?search={search}"))).await),
            ["Held"],
            "{search}"
        );
    }
    let other = format!("{}{public}", 9);
    assert!(names(&text(console.open(&format!("tokens?search={other}"))).await).is_empty());
}
