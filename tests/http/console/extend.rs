//! A new expiry of a token.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::{Value, json};

async fn start(wish: &Value) -> (Jeton, Held, ConsoleClient, String) {
    let jeton = Jeton::start().await;
    let held = jeton.create(wish).await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let ask = format!("tokens/{}/extend", held.id);
    (jeton, held, console, ask)
}

/// The expiry that the form starts from.
async fn from(console: &ConsoleClient, ask: &str) -> String {
    let page = console.open(ask).await.expect(200).text();
    page.split_once("name=\"from\" value=\"").expect("the expiry").1.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_extension_goes_on_where_the_token_would_have_ended() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 86_400})).await;
    let page = console.open(&ask).await.expect(200).text();
    assert!(page.contains("By 90 days") && !page.contains("cannot be taken back"), "{page}");
    assert_eq!(page.matches(" checked").count(), 1, "{page}");
    for end in ["16 January 2026, 12:00 UTC", "15 February 2026, 12:00 UTC", "16 April 2026, 12:00 UTC"] {
        assert!(page.contains(end), "{end}: {page}");
    }
    for (by, until, end) in [
        ("30", "", "2026-02-15T12:00:00+0000"),
        ("90", "", "2026-05-16T12:00:00+0000"),
        ("date", "2026-06-01", "2026-06-02T00:00:00+0000"),
    ] {
        let from = from(&console, &ask).await;
        let fields = [("from", from.as_str()), ("by", by), ("until", until)];
        console.submit(&ask, &ask, &fields).await.expect(303);
        assert_eq!(jeton.detail(&held.id).await["expires"], end, "{by}");
    }
    assert_eq!(jeton.last_event(&held.id).await["event"], "storage.tokenUpdated");
    assert_eq!(jeton.verify(&held.token).await, 200, "its copies keep working");
    let told = console.open(&format!("tokens/{}", held.id)).await.expect(200).text();
    assert!(told.contains(" now expires on 2 June 2026, 00:00 UTC."), "{told}");
}

#[tokio::test]
async fn a_token_that_never_expires_gets_an_end_from_now_on() {
    let (jeton, held, console, ask) = start(&json!({})).await;
    assert_eq!(from(&console, &ask).await, "never");
    let page = console.open(&ask).await.expect(200).text();
    assert!(page.contains("This cannot be taken back.") && page.contains("In 90 days"), "{page}");
    assert!(!page.contains(" checked"), "nothing is chosen: {page}");
    let nothing = [("from", "never"), ("at", "2026-01-15T12:00:00+0000")];
    let page = console.submit(&ask, &ask, &nothing).await.expect(400).text();
    assert!(page.contains("Choose a new expiry."), "{page}");
    assert_eq!(jeton.detail(&held.id).await["expires"], json!(null));
    let fields = [("from", "never"), ("at", "2026-01-15T12:00:00+0000"), ("by", "30")];
    // Sent twice, a moment later each time.
    for _ in 0..2 {
        jeton.pass_seconds(1);
        console.submit(&format!("tokens/{}", held.id), &ask, &fields).await.expect(303);
        assert_eq!(jeton.detail(&held.id).await["expires"], "2026-02-14T12:00:00+0000");
    }
    console.submit(&ask, &ask, &[("from", "never"), ("at", "soon"), ("by", "30")]).await.expect(400);
}

#[tokio::test]
async fn an_extension_that_is_sent_twice_extends_once_and_one_of_an_older_page_not_at_all() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 86_400})).await;
    let from = from(&console, &ask).await;
    let fields = [("from", from.as_str()), ("by", "30")];
    console.submit(&ask, &ask, &fields).await.expect(303);
    console.submit(&ask, &ask, &fields).await.expect(303);
    let end = json!("2026-02-15T12:00:00+0000");
    assert_eq!(jeton.detail(&held.id).await["expires"], end);
    let page = console.submit(&ask, &ask, &[("from", from.as_str()), ("by", "90")]).await.expect(409).text();
    assert!(page.contains("The expiry was changed after you opened this page."), "{page}");
    assert!(
        page.contains("value=\"2026-02-15T12:00:00+0000\""),
        "the page starts from the expiry as it is: {page}"
    );
    assert_eq!(jeton.detail(&held.id).await["expires"], end);
}

#[tokio::test]
async fn an_expiry_that_cannot_be_is_said_at_its_field_and_changes_nothing() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 86_400})).await;
    let from = from(&console, &ask).await;
    let before = jeton.detail(&held.id).await;
    for (by, until, problem) in [
        ("date", "", "Enter an expiry date."),
        ("date", "2026-02-30", "Enter a day that there is"),
        ("date", "2026-01-14", "The expiry date is in the past."),
        ("date", "2999-01-01", "within the next hundred years"),
        ("30", "2026-03-01", "Choose “On this date” for this date, or remove it."),
    ] {
        let fields = [("from", from.as_str()), ("by", by), ("until", until)];
        let page = console.submit(&ask, &ask, &fields).await.expect(400).text();
        assert!(page.contains(problem) && page.contains("id=\"until-problem\""), "{problem}: {page}");
        assert!(page.contains(&format!("value=\"{until}\"")), "{problem}: {page}");
    }
    for fields in
        [&[("from", from.as_str())][..], &[("by", "30"), ("from", "soon")], &[("by", "7"), ("from", &from)]]
    {
        console.submit(&ask, &ask, fields).await.expect(400);
    }
    // One without the expiry that it began from may be as old.
    console.submit(&ask, &ask, &[("by", "30")]).await.expect(409);
    assert_eq!(jeton.detail(&held.id).await, before);
}

#[tokio::test]
async fn a_date_before_the_present_expiry_is_set_only_once_that_is_confirmed() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 30 * 86_400})).await;
    let from = from(&console, &ask).await;
    let before = jeton.detail(&held.id).await;
    let fields = [("from", from.as_str()), ("by", "date"), ("until", "2026-01-20")];
    let page = console.submit(&ask, &ask, &fields).await.expect(400).text();
    assert!(page.contains("This is earlier than the present expiry."), "{page}");
    assert!(page.contains("name=\"earlier\"") && page.contains("21 January 2026, 00:00 UTC"), "{page}");
    assert_eq!(jeton.detail(&held.id).await, before);
    // The day on which it ends anyway is later than its expiry.
    let same_day = [("from", from.as_str()), ("by", "date"), ("until", "2026-02-14")];
    console.submit(&ask, &ask, &same_day).await.expect(303);
    let from = self::from(&console, &ask).await;
    // What was confirmed is one date, and no other one.
    for (until, earlier) in
        [("2026-01-18", "2026-01-21T00:00:00+0000"), ("2026-01-20", "1"), ("2026-01-20", "")]
    {
        let other = [("from", from.as_str()), ("by", "date"), ("until", until), ("earlier", earlier)];
        let page = console.submit(&ask, &ask, &other).await.expect(400).text();
        assert!(page.contains("This is earlier than the present expiry."), "{page}");
    }
    let earlier = "2026-01-21T00:00:00+0000";
    let confirmed = [("from", from.as_str()), ("by", "date"), ("until", "2026-01-20"), ("earlier", earlier)];
    console.submit(&ask, &ask, &confirmed).await.expect(303);
    assert_eq!(jeton.detail(&held.id).await["expires"], "2026-01-21T00:00:00+0000");
}

#[tokio::test]
async fn an_expired_token_is_not_extended_but_duplicated() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 60})).await;
    let from = from(&console, &ask).await;
    jeton.pass_seconds(61);
    let page = console.open(&ask).await.expect(200).text();
    assert!(page.contains("It has expired, and stays so.") && !page.contains("name=\"by\""), "{page}");
    console
        .submit(&format!("tokens/{}", held.id), &ask, &[("from", from.as_str()), ("by", "30")])
        .await
        .expect(400);
    assert_eq!(jeton.verify(&held.token).await, 401);
}

#[tokio::test]
async fn every_token_but_a_members_own_offers_duplicate_and_extend() {
    let (jeton, held, console, ask) = start(&json!({"expiresIn": 60})).await;
    let page = console.open(&format!("tokens/{}", held.id)).await.expect(200).text();
    assert!(
        page.contains(&format!("tokens/new?like={}\"", held.id)) && page.contains(&format!("{ask}\"")),
        "{page}"
    );
    let master = console.open(&format!("tokens/{}", jeton.master_id)).await.expect(200).text();
    assert!(!master.contains("/extend\"") && !master.contains("?like="), "{master}");
    let theirs = format!("tokens/{}/extend", jeton.join("eve@example.org").await.id);
    console.open(&theirs).await.expect(403);
    console.submit("tokens/new", &theirs, &[("from", "never"), ("by", "30")]).await.expect(403);
}
