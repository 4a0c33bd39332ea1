//! Expiry notices: the creator of a token and the holders of its copies get a digest seven days and one day before it expires.

use jeton_core::id::TokenId;
use jeton_service::operation::expiry_sweep::Swept;
use jeton_tests::{
    jeton::{ADMIN, Held, Jeton},
    store::open_store_at,
};
use serde_json::{Value, json};

/// A day, in seconds.
pub const DAY: i64 = 86_400;
pub const NOTICED: &str = "storage.tokenExpiryNoticed";
pub const EXPIRED: &str = "storage.tokenExpired";
pub const CREATED: &str = "storage.tokenCreated";

/// A token that lasts this many days.
pub async fn living(jeton: &Jeton, days: i64) -> Held {
    jeton.create(&json!({"description": "Nightly import", "expiresIn": days * DAY})).await
}

/// How many notices a sweep mails now.
pub async fn mailed(jeton: &Jeton) -> u64 {
    jeton.swept().await.noticed
}

/// The subjects of all mail to the administrator, oldest first.
pub async fn subjects(jeton: &Jeton) -> Vec<String> {
    jeton.mail_to(ADMIN).await.into_iter().map(|mail| mail.subject).collect()
}

/// The subject of a digest of one token.
pub fn subject(days: &str) -> String {
    format!("A token of project Test project expires within {days}")
}

/// The events of a token, the newest first.
pub async fn events(jeton: &Jeton, token: &Held) -> Value {
    let path = format!("/v2/storage/tokens/{}/events", token.id);
    jeton.get(&path).token(&jeton.master).send().await.expect(200).json()
}

#[tokio::test]
async fn the_creator_is_mailed_seven_days_before_the_end_and_one_day_before_once_each() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    jeton.pass_millis(23 * DAY * 1000 - 1);
    assert_eq!(jeton.swept().await, Swept::default());
    jeton.pass_millis(1);
    assert_eq!(jeton.swept().await, Swept { noticed: 1, ..Swept::default() });
    assert_eq!(mailed(&jeton).await, 0);
    jeton.pass_millis(6 * DAY * 1000 - 1);
    assert_eq!(mailed(&jeton).await, 0);
    assert_eq!(subjects(&jeton).await, [subject("7 days")]);
    jeton.pass_millis(1);
    assert_eq!(mailed(&jeton).await, 1);
    assert_eq!(mailed(&jeton).await, 0);
    assert_eq!(jeton.verify(&token.token).await, 200);
    jeton.pass_seconds(DAY);
    // The clean-up also removes the mail budget, unless the store has a TTL of its own.
    assert_eq!(Swept { cleaned: 0, ..jeton.swept().await }, Swept { removed: 1, ..Swept::default() });
    assert_eq!(jeton.swept().await, Swept::default());
    let mut subjects = subjects(&jeton).await;
    subjects.sort();
    assert_eq!(subjects, [subject("1 day"), subject("7 days")]);
    assert_eq!(jeton.history(&token.id).await, [EXPIRED, NOTICED, NOTICED, CREATED]);
}

#[tokio::test]
async fn the_mail_says_which_token_ends_when_and_what_to_do_and_holds_no_secret() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    let mail = jeton.mail_to(ADMIN).await.remove(0);
    let page = format!("{}/console/projects/{}/tokens/{}", jeton.url, jeton.project, token.id);
    for said in [
        "Nightly import",
        &token.id,
        "Test project",
        "14 February 2026, 12:00 UTC",
        "Extend it on its page",
        "never",
        &page,
    ] {
        assert!(
            mail.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(said),
            "{said}: {}",
            mail.text
        );
        assert!(mail.html.contains(said), "{said}: {}", mail.html);
    }
    assert!(!mail.text.contains(&token.token) && !mail.html.contains(&token.token));
    let events = events(&jeton, &token).await;
    assert_eq!(events[0]["params"]["recipientEmail"], ADMIN);
    assert_eq!(events[0]["params"]["notice"], "week");
    assert_eq!(events[0]["params"]["expires"], "2026-02-14T12:00:00+0000");
    assert_eq!(events[0]["token"]["id"], Value::Null, "nobody's token did it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sweeps_at_once_mail_each_notice_once() {
    let jeton = Jeton::start().await;
    let other = jeton.second_front().await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(living(&jeton, 30).await);
    }
    for (passed, times) in [(23 * DAY, 1), (6 * DAY, 2)] {
        jeton.pass_seconds(passed);
        let (one, two) = tokio::join!(jeton.swept(), other.swept());
        assert_eq!(one.noticed + two.noticed, 10, "{one:?} {two:?}");
        assert_eq!((one.failed, two.failed), (0, 0));
        let mails = jeton.mail_to(ADMIN).await;
        assert_eq!(mails.len(), times, "one digest a day");
        let mails: String = mails.into_iter().map(|mail| mail.text).collect();
        for token in &tokens {
            assert_eq!(mails.matches(&format!("(id {})", token.id)).count(), times, "{mails}");
        }
    }
    for token in &tokens {
        assert_eq!(jeton.history(&token.id).await, [NOTICED, NOTICED, CREATED]);
    }
}

#[tokio::test]
async fn a_token_made_for_three_days_gets_only_the_last_notice_and_one_for_an_hour_none() {
    let jeton = Jeton::start().await;
    let (three_days, one_day) = (living(&jeton, 3).await, living(&jeton, 1).await);
    assert_eq!(jeton.swept().await, Swept::default());
    jeton.pass_seconds(DAY);
    assert_eq!(jeton.swept().await, Swept { removed: 1, ..Swept::default() });
    jeton.pass_seconds(DAY);
    assert_eq!(jeton.swept().await, Swept { noticed: 1, ..Swept::default() });
    jeton.pass_seconds(DAY);
    assert_eq!(Swept { cleaned: 0, ..jeton.swept().await }, Swept { removed: 1, ..Swept::default() });
    assert_eq!(subjects(&jeton).await, [subject("1 day")]);
    assert_eq!(jeton.history(&three_days.id).await, [EXPIRED, NOTICED, CREATED]);
    assert_eq!(jeton.history(&one_day.id).await, [EXPIRED, CREATED]);
}

#[tokio::test]
async fn after_a_long_time_without_sweeps_only_the_nearer_notice_is_mailed_and_none_after_the_end() {
    let jeton = Jeton::start().await;
    let (first, second) = (living(&jeton, 30).await, living(&jeton, 10).await);
    jeton.pass_seconds(30 * DAY - 3600);
    // The notice of the second came due on the third day.
    let oldest_overdue_seconds = 27 * 86_400 - 3600;
    let swept = Swept { removed: 1, noticed: 1, oldest_overdue_seconds, ..Swept::default() };
    assert_eq!(jeton.swept().await, swept);
    assert_eq!(subjects(&jeton).await, [subject("1 day")]);
    jeton.pass_seconds(3600);
    assert_eq!(Swept { cleaned: 0, ..jeton.swept().await }, Swept { removed: 1, ..Swept::default() });
    assert_eq!(subjects(&jeton).await.len(), 1);
    assert_eq!(jeton.history(&first.id).await, [EXPIRED, NOTICED, CREATED]);
    assert_eq!(jeton.history(&second.id).await, [EXPIRED, CREATED]);
}

#[tokio::test]
async fn changes_of_a_token_neither_repeat_nor_lose_its_notices() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    let rename = |name: &str| jeton.put(&path).token(&jeton.master).json(&json!({"description": name}));
    rename("renamed").send().await.expect(200);
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    rename("renamed again").send().await.expect(200);
    let token = jeton.refresh(&token).await;
    assert_eq!(mailed(&jeton).await, 0);
    jeton.pass_seconds(6 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    assert_eq!(jeton.verify(&token.token).await, 200, "a notice changes nothing about the token");
}

#[tokio::test]
async fn a_deleted_token_gets_no_notice() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    jeton.delete(&format!("/v2/storage/tokens/{}", token.id)).token(&jeton.master).send().await.expect(204);
    jeton.pass_seconds(23 * DAY);
    assert_eq!(jeton.swept().await, Swept::default());
    assert!(subjects(&jeton).await.is_empty());
}

#[tokio::test]
async fn where_the_creator_has_left_or_is_no_member_the_members_of_the_project_are_told() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    jeton.join("dan@example.org").await;
    let wish = json!({"expiresIn": 30 * DAY});
    let made_by_eve = jeton.create_by(&eve.token, &wish).await;
    let made_outside = jeton.create_by_manage(&wish).await;
    let before = [jeton.mail_to("eve@example.org").await.len(), jeton.mail_to("dan@example.org").await.len()];
    jeton.remove_member("eve@example.org").await;
    jeton.pass_seconds(23 * DAY);
    let swept = jeton.swept().await;
    assert_eq!(Swept { cleaned: 0, ..swept }, Swept { noticed: 2, ..Swept::default() });
    assert_eq!(jeton.swept().await, Swept::default());
    assert_eq!(jeton.mail_to("eve@example.org").await.len(), before[0]);
    assert_eq!(jeton.mail_to("dan@example.org").await.len(), before[1] + 1);
    assert_eq!(subjects(&jeton).await, ["2 tokens of project Test project expire within 7 days"]);
    for token in [made_by_eve, made_outside] {
        assert_eq!(jeton.history(&token.id).await[0], NOTICED);
        let events = events(&jeton, &token).await;
        let mut told: Vec<_> = events[0]["params"]["recipientEmails"].as_array().unwrap().clone();
        told.sort_by_key(ToString::to_string);
        assert_eq!(told, [ADMIN, "dan@example.org"]);
    }
}

#[tokio::test]
async fn one_unreadable_token_does_not_keep_the_others_from_their_notice_and_their_end() {
    let (store, place) = open_store_at().await;
    let jeton = Jeton::start_on(store).await;
    let spoiled = [living(&jeton, 8).await, living(&jeton, 30).await];
    let (ending, noticed) = (living(&jeton, 9).await, living(&jeton, 30).await);
    for token in &spoiled {
        place.spoil(jeton.project, TokenId::new(token.id.parse().unwrap()).unwrap()).await;
    }
    jeton.pass_seconds(23 * DAY);
    // The unreadable one was due first on the first day. It has expired, as its verify item shows.
    let left = Swept { failed: 1, ..Swept::default() };
    let overdue = 22 * 86_400;
    assert_eq!(
        jeton.swept().await,
        Swept { removed: 2, noticed: 1, oldest_overdue_seconds: overdue, ..left }
    );
    assert_eq!(jeton.swept().await, left);
    assert_eq!(jeton.verify(&spoiled[0].token).await, 401);
    assert_eq!(jeton.history(&ending.id).await, [EXPIRED, CREATED]);
    assert_eq!(jeton.history(&noticed.id).await, [NOTICED, CREATED]);
}
