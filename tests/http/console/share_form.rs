//! The form that shares a token.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

#[tokio::test]
async fn a_share_to_another_domain_is_told_to_show_the_code_and_one_to_the_own_domain_is_not() {
    let jeton = Jeton::start().await;
    let (held, console) = (jeton.create(&json!({})).await, ConsoleClient::signed_in(&jeton, ADMIN).await);
    let ask = format!("tokens/{}/share", held.id);
    let page = console.open(&ask).await.expect(200).text();
    assert!(
        page.contains("data-own-domain=\"example.org\"") && page.contains("outside example.org."),
        "{page}"
    );
    let long = "x".repeat(1001);
    for (recipient, is_told) in [
        ("bob@other.example", true),
        ("bob@notexample.org", true),
        ("bob@example.org", false),
        ("bob@a.example.org", false),
    ] {
        let fields = [("recipientEmail", recipient), ("message", long.as_str())];
        let page = console.submit(&ask, &ask, &fields).await.expect(400).text();
        let note = page.split_once("id=\"outside\"").unwrap().1.split('>').next().unwrap();
        assert_eq!(!note.contains("hidden"), is_told, "{recipient}: {note}");
    }
}

#[tokio::test]
async fn a_code_that_is_not_mailed_is_shown_once_with_a_button_to_copy_it() {
    let jeton = Jeton::start().await;
    let (held, console) = (jeton.create(&json!({})).await, ConsoleClient::signed_in(&jeton, ADMIN).await);
    let ask = format!("tokens/{}/share", held.id);
    for shown in [true, false] {
        let to = if shown { "bob@other.example" } else { "bob@example.org" };
        let fields = [("recipientEmail", to), ("separateCode", "1")];
        let page = console.submit(&ask, &ask, &fields[..=usize::from(shown)]).await.expect(200).text();
        assert_eq!(page.matches(" data-once>").count(), usize::from(shown), "{page}");
        assert_eq!(page.contains("data-copy=\"code\""), shown, "{page}");
    }
}
