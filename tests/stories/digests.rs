//! The digest: one mail a day to a person about all their tokens that expire soon.

use jeton_service::operation::{
    expiry_notice::{Candidate, give},
    expiry_sweep::Swept,
};
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::{Value, json};

use crate::notices::{CREATED, DAY, EXPIRED, NOTICED, events, living, mailed, subject, subjects};

const REFUSED: &str = "storage.tokenExpiryNoticeRefused";

/// The tokens whose notice is due, as a sweep lists them.
async fn candidates(jeton: &Jeton) -> Vec<Candidate> {
    let (store, now) = (&jeton.app.store, jeton.app.clock.now());
    let mut candidates = Vec::new();
    for due in store.due(now, None, 100).await.unwrap() {
        let token = store.token(due.project, due.token).await.unwrap().unwrap();
        candidates.push(Candidate::of(&jeton.app, due, &token, now).await.unwrap());
    }
    candidates
}

/// Gives the notices of these tokens, as the rest of that sweep does.
async fn given(jeton: &Jeton, candidates: Vec<Candidate>) -> Swept {
    let mut swept = Swept::default();
    give(&jeton.app, jeton.app.clock.now(), candidates, &mut swept).await;
    swept
}

#[tokio::test]
async fn all_tokens_of_a_person_that_expire_soon_are_one_mail_a_day_from_all_projects() {
    let jeton = Jeton::start().await;
    let (_, master) = jeton.new_project_of("Marketing", ADMIN).await;
    for hours in 0..20 {
        // They end at different times of one day.
        jeton.create(&json!({"expiresIn": 30 * DAY + hours * 3600})).await;
    }
    jeton.create_by(&master.token, &json!({"expiresIn": 30 * DAY})).await;
    let before = jeton.mail_to(ADMIN).await.len();
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 21);
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!(mails.len(), before + 1);
    assert_eq!(mails[before].subject, "21 tokens expire within 8 days, 2 of them within 7 days");
    assert_eq!(mails[before].text.matches("(id ").count(), 21);
    assert_eq!(jeton.swept().await, Swept::default());
}

#[tokio::test]
async fn a_read_only_member_is_told_to_ask_an_admin() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    jeton.create_by(&eve.token, &json!({"expiresIn": 30 * DAY})).await;
    jeton.set_role("eve@example.org", "readOnly").await.expect(200);
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    let digest = jeton.mail_to("eve@example.org").await.pop().unwrap();
    let words = digest.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Ask an admin of the project to extend it") && !words.contains("PUT"), "{words}");
}

#[tokio::test]
async fn a_digest_says_when_a_token_was_used_and_who_holds_copies_and_the_holders_get_their_own() {
    let jeton = Jeton::start().await;
    let (shared, own) = (living(&jeton, 30).await, living(&jeton, 30).await);
    for holder in ["bob@example.org", "eve@example.org"] {
        jeton.pick_up(&jeton.share(&shared.id, holder).await).await.expect(200);
    }
    jeton.pass_seconds(22 * DAY);
    assert_eq!(jeton.verify(&shared.token).await, 200);
    jeton.pass_seconds(DAY);
    assert_eq!(mailed(&jeton).await, 2);
    let digest = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(digest.subject, "2 tokens of project Test project expire within 7 days");
    for said in ["6 February 2026", "bob@example.org, eve@example.org", &own.id] {
        assert!(digest.text.contains(said), "{said}: {}", digest.text);
    }
    for holder in ["bob@example.org", "eve@example.org"] {
        let mails = jeton.mail_to(holder).await;
        assert_eq!(mails.len(), 2, "the share and the digest");
        let told = &mails[1];
        assert_eq!(told.subject, subject("7 days"));
        assert!(told.text.contains(&shared.id) && told.text.contains(ADMIN), "{}", told.text);
        for hidden in [&own.id, "/console/", "bob@example.org, eve", "eve@example.org, bob"] {
            assert!(!told.text.contains(hidden), "{hidden}: {}", told.text);
        }
    }
    let events = events(&jeton, &shared).await;
    assert_eq!(events[0]["params"]["holderEmails"], json!(["bob@example.org", "eve@example.org"]));
    assert_eq!(jeton.swept().await, Swept::default());
}

#[tokio::test]
async fn who_has_had_the_digest_of_the_day_is_told_of_others_in_the_next_one() {
    let jeton = Jeton::start().await;
    let (first, second, ending) =
        (living(&jeton, 30).await, living(&jeton, 60).await, living(&jeton, 60).await);
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    jeton.pass_seconds(3600);
    for (token, seconds) in [(&second, 5 * DAY), (&ending, 3600)] {
        let path = format!("/v2/storage/tokens/{}", token.id);
        jeton.put(&path).token(&jeton.master).json(&json!({"expiresIn": seconds})).send().await.expect(200);
    }
    // One waits, and nobody is told of the one that does not live until then.
    assert_eq!(mailed(&jeton).await, 0);
    assert_eq!(jeton.history(&ending.id).await, ["storage.tokenUpdated", CREATED]);
    assert_eq!(mailed(&jeton).await, 0, "it is not looked at again before");
    jeton.pass_seconds(DAY - 3601);
    assert_eq!(mailed(&jeton).await, 0);
    jeton.pass_seconds(1);
    assert_eq!(mailed(&jeton).await, 1);
    assert_eq!(jeton.history(&second.id).await, [NOTICED, "storage.tokenUpdated", CREATED]);
    assert_eq!(jeton.history(&first.id).await, [NOTICED, CREATED]);
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 2);
}

#[tokio::test]
async fn a_token_that_is_deleted_or_extended_between_the_listing_and_the_digest_is_not_in_it() {
    let jeton = Jeton::start().await;
    let (deleted, extended, kept) =
        (living(&jeton, 30).await, living(&jeton, 30).await, living(&jeton, 30).await);
    jeton.pass_seconds(23 * DAY);
    let listed = candidates(&jeton).await;
    assert_eq!(listed.len(), 3);
    jeton.delete(&format!("/v2/storage/tokens/{}", deleted.id)).token(&jeton.master).send().await.expect(204);
    let path = format!("/v2/storage/tokens/{}", extended.id);
    jeton.put(&path).token(&jeton.master).json(&json!({"expiresIn": 90 * DAY})).send().await.expect(200);
    assert_eq!(given(&jeton, listed).await, Swept { noticed: 1, ..Swept::default() });
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, subject("7 days").as_str()));
    assert!(mails[0].text.contains(&format!("(id {})", kept.id)), "{}", mails[0].text);
    assert_eq!(jeton.history(&extended.id).await, ["storage.tokenUpdated", CREATED]);
    assert_eq!(jeton.swept().await, Swept::default());
}

#[tokio::test]
async fn of_two_sweeps_that_listed_different_tokens_one_mails_the_digest_of_the_day() {
    let jeton = Jeton::start().await;
    let other = jeton.second_front().await;
    for _ in 0..6 {
        living(&jeton, 30).await;
    }
    jeton.pass_seconds(23 * DAY);
    // One process has listed half of the tokens when the other one, which has listed all, begins as well.
    let (mut half, all) = (candidates(&jeton).await, candidates(&other).await);
    half.truncate(3);
    assert_eq!(given(&jeton, half).await, Swept { noticed: 3, ..Swept::default() });
    assert_eq!(given(&other, all).await, Swept::default());
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!((mails.len(), mails[0].text.matches("(id ").count()), (1, 3));
    jeton.pass_seconds(DAY);
    assert_eq!(mailed(&other).await, 3);
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!((mails.len(), mails[1].text.matches("(id ").count()), (2, 3));
}

#[tokio::test]
async fn where_all_listed_tokens_are_gone_before_the_digest_nobody_gets_one() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    jeton.pass_seconds(23 * DAY);
    let listed = candidates(&jeton).await;
    jeton.delete(&format!("/v2/storage/tokens/{}", token.id)).token(&jeton.master).send().await.expect(204);
    assert_eq!(given(&jeton, listed).await, Swept::default());
    assert!(subjects(&jeton).await.is_empty());
}

#[tokio::test]
async fn who_holds_a_copy_is_told_as_long_as_it_works_and_also_when_they_have_left_the_project() {
    let jeton = Jeton::start().await;
    let (kept, ended) = (living(&jeton, 30).await, living(&jeton, 30).await);
    jeton.join("eve@example.org").await;
    for token in [&kept, &ended] {
        jeton.pick_up(&jeton.share(&token.id, "eve@example.org").await).await.expect(200);
    }
    jeton.remove_member("eve@example.org").await;
    let path = format!("/v2/storage/tokens/{}/copies/2", ended.id);
    jeton.delete(&path).token(&jeton.master).send().await.expect(204);
    let before = jeton.mail_to("eve@example.org").await.len();
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 2);
    let mails = jeton.mail_to("eve@example.org").await;
    assert_eq!(mails.len(), before + 1);
    let told = &mails[before].text;
    assert!(told.contains(&format!("(id {})", kept.id)) && told.contains(ADMIN), "{told}");
    for hidden in [format!("(id {})", ended.id), "/console/".to_owned(), "Last used".to_owned()] {
        assert!(!told.contains(&hidden), "{hidden}: {told}");
    }
    assert_eq!(events(&jeton, &ended).await[0]["params"]["holderEmails"], Value::Null);
}

#[tokio::test]
async fn a_disabled_token_uses_up_no_digest() {
    let jeton = Jeton::start().await;
    let (disabled, later) = (living(&jeton, 30).await, living(&jeton, 60).await);
    let change = |id: &str, body: Value| {
        let path = format!("/v2/storage/tokens/{id}");
        jeton.put(&path).token(&jeton.master).json(&body).send()
    };
    change(&disabled.id, json!({"isDisabled": true})).await.expect(200);
    jeton.pass_seconds(23 * DAY);
    assert_eq!(jeton.swept().await, Swept { unaddressed: 1, ..Swept::default() });
    change(&later.id, json!({"expiresIn": 5 * DAY})).await.expect(200);
    assert_eq!(mailed(&jeton).await, 1);
    assert_eq!(subjects(&jeton).await, [subject("5 days")]);
}

#[tokio::test]
async fn very_many_expiring_tokens_are_one_mail_of_a_bounded_size() {
    let jeton = Jeton::start().await;
    let mut last = None;
    for _ in 0..120 {
        last = Some(living(&jeton, 30).await);
    }
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 120);
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!((mails.len(), mails[0].text.matches("(id ").count()), (1, 50));
    let expiring = format!("/console/projects/{}/tokens?show=expiring&sort=expires", jeton.project);
    assert!(mails[0].text.contains("70") && mails[0].text.contains(&expiring), "{}", mails[0].text);
    assert_eq!(jeton.history(&last.unwrap().id).await, [NOTICED, CREATED]);
    // The other ones are there, and in no later mail.
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    assert!(console.open(&expiring).await.expect(200).text().contains("120 tokens"));
    let mails = jeton.mail_to(ADMIN).await.len();
    jeton.pass_seconds(DAY);
    assert_eq!((mailed(&jeton).await, jeton.mail_to(ADMIN).await.len()), (0, mails));
}

#[tokio::test]
async fn a_token_that_is_shortened_to_less_than_a_day_after_its_digest_is_told_of_by_nobody() {
    let jeton = Jeton::start().await;
    let token = living(&jeton, 30).await;
    jeton.pass_seconds(23 * DAY);
    assert_eq!(mailed(&jeton).await, 1);
    jeton.pass_seconds(3600);
    let path = format!("/v2/storage/tokens/{}", token.id);
    jeton.put(&path).token(&jeton.master).json(&json!({"expiresIn": 20 * 3600})).send().await.expect(200);
    jeton.pass_seconds(20 * 3600 - 1);
    assert_eq!(mailed(&jeton).await, 0);
    jeton.pass_seconds(1);
    assert_eq!(Swept { cleaned: 0, ..jeton.swept().await }, Swept { removed: 1, ..Swept::default() });
    assert_eq!(subjects(&jeton).await, [subject("7 days")]);
    assert_eq!(jeton.history(&token.id).await, [EXPIRED, "storage.tokenUpdated", NOTICED, CREATED]);
}

#[tokio::test]
async fn a_mailer_that_fails_costs_the_digest_of_one_person_and_the_others_wait_for_the_next_sweep() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    let wish = json!({"expiresIn": 30 * DAY});
    let (one, another) = (jeton.create(&wish).await, jeton.create_by(&eve.token, &wish).await);
    // A file, in which no mail can be stored.
    let outbox = jeton.outbox.clone();
    let aside = outbox.with_extension("aside");
    std::fs::rename(&outbox, &aside).unwrap();
    std::fs::write(&outbox, "").unwrap();
    jeton.pass_seconds(23 * DAY);
    assert_eq!(
        Swept { cleaned: 0, ..jeton.swept().await },
        Swept { refused: 1, failed: 1, ..Swept::default() }
    );
    let mut histories = [jeton.history(&one.id).await, jeton.history(&another.id).await];
    histories.sort_by_key(Vec::len);
    assert_eq!(histories[0], [CREATED]);
    assert_eq!(histories[1], [REFUSED, NOTICED, CREATED]);
    std::fs::remove_file(&outbox).unwrap();
    std::fs::rename(&aside, &outbox).unwrap();
    assert_eq!(jeton.swept().await, Swept { noticed: 1, ..Swept::default() });
    assert_eq!(jeton.swept().await, Swept::default());
}
