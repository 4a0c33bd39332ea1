//! Times on the pages of the console.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::json;

#[tokio::test]
async fn every_time_on_a_page_is_utc_in_an_element_that_a_browser_can_make_local() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let held = jeton.create(&json!({"expiresIn": 86_400})).await;
    jeton.share(&held.id, "bob@example.org").await;
    jeton.invite("eve@example.org").await;
    jeton.verify(&held.token).await;
    let of_token = |page: &str| format!("tokens/{}{page}", held.id);
    for (page, least) in [
        ("tokens".to_owned(), 3),
        (of_token(""), 7),
        (of_token("/refresh"), 4),
        (of_token("/copies/1"), 1),
        (of_token("/delete"), 1),
        (of_token("/events"), 2),
        ("events".to_owned(), 4),
        ("members".to_owned(), 3),
        ("/console/sessions".to_owned(), 2),
    ] {
        let text = console.open(&page).await.expect(200).text();
        // The parameters of an event are shown as they were recorded.
        let mut shown = text.split("<pre>");
        let first = shown.next().unwrap().to_owned();
        let text = shown.fold(first, |text, part| text + part.split_once("</pre>").unwrap().1);
        let mut parts = text.split("<time ");
        let mut rest = parts.next().unwrap().to_owned();
        let mut times = 0;
        for part in parts {
            let (time, behind) = part.split_once("</time>").unwrap();
            assert!(time.starts_with("datetime=\"2026-01-1"), "{page}: {time}");
            let says_utc = time.contains(" UTC\"") || time.contains("(UTC)");
            assert!(says_utc, "{page}: {time} does not say UTC");
            rest += behind;
            times += 1;
        }
        assert!(times >= least, "{page} has {times} times: {text}");
        // The one date that a person types is in UTC, too.
        let rest = rest.replace("<span class=\"soft\">(UTC)</span>", "");
        let words = words(&rest);
        for outside in ["UTC", "2026-01", "12:00"] {
            assert!(!words.contains(outside), "{page} has {outside} outside of a time: {words}");
        }
    }
}
