//! `POST /v2/storage/tokens/leaked`

use std::io::Read as _;

use jeton_service::{
    mail::{MailConfig, Mailer, Smtp},
    notices,
};
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    github,
    jeton::{ADMIN, Held, Jeton},
    random::mistyped,
    reading::path,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const LEAKED: &str = "/v2/storage/tokens/leaked";

async fn report(jeton: &Jeton, strings: &[&str]) -> Answer {
    jeton.post(LEAKED).json(&json!({"tokens": strings})).send().await
}

#[tokio::test]
async fn exactly_the_copies_that_leaked_are_ended() {
    let jeton = Jeton::start().await;
    let (token, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let copy = jeton.shared_copy(&token.id).await;
    report(&jeton, &["hello", &copy.token, &mistyped(&other.token)]).await.expect(204);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    assert_eq!((jeton.verify(&token.token).await, jeton.verify(&other.token).await), (200, 200));
    assert_eq!(jeton.history(&token.id).await[0], "storage.tokenLeaked");
    assert_eq!(jeton.history(&other.id).await, ["storage.tokenCreated"]);
    assert_eq!(jeton.detail(&token.id).await["copies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_answer_is_the_same_whatever_was_found() {
    let jeton = Jeton::start().await;
    let live = jeton.create(&json!({})).await;
    let gone = jeton.create(&json!({})).await;
    jeton.delete(&path(&gone.id)).token(&jeton.master).send().await.expect(204);
    let unknown = gone.token.replacen(&format!("{}-", jeton.project), "1-", 1);
    let found = |answer: Answer| (answer.status, answer.text(), answer.content_type().map(str::to_owned));
    let expected = found(report(&jeton, &[&live.token]).await);
    let of =
        [&[live.token.as_str()] as &[&str], &[gone.token.as_str()], &[unknown.as_str()], &["", "hello"], &[]];
    for strings in of {
        assert_eq!(found(report(&jeton, strings).await), expected);
    }
}

#[tokio::test]
async fn a_report_without_a_list_of_strings_is_rejected_and_a_line_with_blanks_around_is_a_string() {
    let jeton = Jeton::start().await;
    let live = jeton.create(&json!({})).await;
    for body in
        [json!({}), json!({"token": live.token}), json!({"Tokens": [live.token]}), json!({"tokens": null})]
    {
        let answer = jeton.post("/v2/storage/tokens/leaked").json(&body).send().await;
        assert!(answer.expect_error(400, "validationError").starts_with("tokens must be set"));
    }
    assert_eq!(jeton.verify(&live.token).await, 200);
    report(&jeton, &[&format!(" {}\n", live.token)]).await.expect(204);
    assert_eq!(jeton.verify(&live.token).await, 401);
}

#[tokio::test]
async fn the_creator_is_told_and_the_mail_holds_no_secret() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({"description": "Nightly import"})).await;
    report(&jeton, &[&token.token, &token.token]).await.expect(204);
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!(mails.len(), 1, "once, however often the string stands in the report");
    assert_eq!(mails[0].subject, "A token of project Test project was found in public");
    assert!(mails[0].text.contains("Nightly import") && !mails[0].raw.contains(&token.token));
}

#[tokio::test]
async fn one_report_is_one_mail_to_a_person_however_many_of_their_tokens_leaked() {
    let jeton = Jeton::start().await;
    let mut strings = Vec::new();
    for number in 0..30 {
        strings.push(jeton.create(&json!({"description": format!("Import {number}")})).await.token);
    }
    report(&jeton, &strings.iter().map(String::as_str).collect::<Vec<_>>()).await.expect(204);
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "30 copies of your tokens were found in public");
    assert!(mails[0].text.contains("Import 0 ") && mails[0].text.contains("10 more are in the events"));
}

#[tokio::test]
async fn a_loop_of_refreshes_and_reports_is_a_few_mails_and_one_that_tells_the_rest_together() {
    let jeton = Jeton::start().await;
    let mut held = jeton.create(&json!({"description": "Import"})).await;
    for _ in 0..8 {
        let old = held.token.clone();
        let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&old);
        held.token = refresh.json(&json!({"gracePeriod": 3600})).send().await.expect(200).field("token");
        report(&jeton, &[&old]).await.expect(204);
    }
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 3);
    notices::tell_held(&jeton.app, false).await;
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 3, "ten minutes are not over");
    jeton.pass_seconds(600);
    notices::tell_held(&jeton.app, false).await;
    let mails = jeton.mail_to(ADMIN).await;
    assert_eq!((mails.len(), mails[3].subject.as_str()), (4, "5 copies of your tokens were found in public"));
}

#[tokio::test]
async fn what_is_held_of_a_kind_is_told_when_the_server_ends() {
    let jeton = Jeton::start().await;
    for _ in 0..5 {
        report(&jeton, &[&jeton.create(&json!({})).await.token]).await.expect(204);
    }
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 3);
    notices::tell_held(&jeton.app, true).await;
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 4);
}

#[tokio::test]
async fn where_the_creator_has_left_the_remaining_members_are_told_of_a_leak() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    let token = jeton.create_by(&eve.token, &json!({})).await;
    jeton.remove_member("eve@example.org").await;
    let before = jeton.mail_to("eve@example.org").await.len();
    report(&jeton, &[&token.token]).await.expect(204);
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1);
    assert_eq!(jeton.mail_to("eve@example.org").await.len(), before);
}

#[tokio::test]
async fn a_master_token_that_leaked_is_ended_and_its_member_can_refresh_it() {
    let jeton = Jeton::start().await;
    report(&jeton, &[&jeton.master]).await.expect(204);
    assert_eq!(jeton.verify(&jeton.master).await, 401);
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1);
}

#[tokio::test]
async fn a_report_is_read_in_all_the_ways_that_bodies_are() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let form = format!("tokens[]=hello&tokens[]={}", token.token);
    jeton.post(LEAKED).form(&form).send().await.expect(204);
    assert_eq!(jeton.verify(&token.token).await, 401);
}

#[tokio::test]
async fn more_than_a_hundred_strings_are_rejected_and_end_nothing() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let mut strings = vec![token.token.as_str(); 101];
    let problem = report(&jeton, &strings).await.expect_error(400, "validationError");
    assert_eq!(problem, "tokens must be at most 100 strings");
    assert_eq!(jeton.verify(&token.token).await, 200);
    strings.pop();
    report(&jeton, &strings).await.expect(204);
    assert_eq!(jeton.verify(&token.token).await, 401);
}

fn matches(held: &Held) -> String {
    json!([{"token": held.token, "type": "jeton", "url": "https://example.com/a", "source": "commit"}])
        .to_string()
}

#[tokio::test]
async fn a_report_that_github_signed_tells_where_the_string_was_found() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    github::signed(jeton.post(LEAKED), &matches(&token)).send().await.expect(204);
    assert_eq!(jeton.verify(&token.token).await, 401);
    let events = jeton.get(&format!("{}/events", path(&token.id))).token(&jeton.master).send().await.json();
    let event =
        events.as_array().unwrap().iter().find(|event| event["event"] == "storage.tokenLeaked").unwrap();
    assert_eq!(event["params"], json!({"leakedCopy": "1", "found": "commit https://example.com/a"}));
    assert!(event["token"]["id"] != json!(token.id), "it was not the token that did it");
    assert!(jeton.mail_to(ADMIN).await[0].text.contains("commit"));
}

#[tokio::test]
async fn a_report_in_githubs_form_that_github_did_not_sign_is_rejected_and_ends_nothing() {
    let jeton = Jeton::start().await;
    let (token, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let unsigned = jeton.post(LEAKED).raw("application/json", matches(&token));
    unsigned.send().await.expect_error(400, "malformedRequest");
    let swapped =
        github::signed(jeton.post(LEAKED), &matches(&other)).raw("application/json", matches(&token));
    swapped.send().await.expect_error(403, "accessDenied");
    let nonsense: Value = json!([{"type": "jeton"}]);
    let signed = github::signed(jeton.post(LEAKED), &nonsense.to_string());
    signed.send().await.expect_error(400, "malformedRequest");
    assert_eq!(jeton.verify(&token.token).await, 200);
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_mail_that_only_a_live_string_causes() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("smtp://{}?from=jeton@example.org", server.local_addr().unwrap());
    let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&endpoint) else { unreachable!() };
    let jeton = Jeton::start_with_mailer(Mailer::Smtp(Smtp::new(&config).unwrap())).await;
    let live = jeton.create(&json!({})).await;
    // The mail server accepts the connection, and says nothing.
    let strings = [live.token.as_str()];
    let (answer, connection) = tokio::join!(report(&jeton, &strings), server.accept());
    answer.expect(204);
    let mut connection = connection.unwrap().0.into_std().unwrap();
    let waits = connection.read(&mut [0]).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock, "the mail is on its way still");
}

/// The text of the last mail to somebody, on one line.
async fn told(jeton: &Jeton, email: &str) -> String {
    let mail = jeton.mail_to(email).await.pop().unwrap();
    mail.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_read_only_member_whose_only_copy_leaked_is_told_what_works_and_it_does() {
    let jeton = Jeton::start().await;
    let bob = jeton.join_to_read("bob@example.org").await;
    report(&jeton, &[&bob.token]).await.expect(204);
    assert_eq!(jeton.verify(&bob.token).await, 401);
    let told = told(&jeton, "bob@example.org").await;
    assert!(told.contains("Left: no copy"), "{told}");
    assert!(
        told.contains("refresh its token on its page in the console") && !told.contains("admin"),
        "{told}"
    );
    let console = ConsoleClient::signed_in(&jeton, "bob@example.org").await;
    let own = format!("tokens/{}", bob.id);
    let refresh = format!("{own}/refresh");
    assert!(console.open(&own).await.expect(200).text().contains(&format!("{refresh}\"")));
    let page = console.submit(&refresh, &refresh, &[("old", "end")]).await.expect(200).text();
    let new = page.split_once("data-plain=\"").unwrap().1.split('"').next().unwrap();
    assert_eq!(jeton.verify(new).await, 200);
    jeton.read(new, "/v2/storage/tokens").await.expect(200);
}

#[tokio::test]
async fn the_mail_counts_the_copies_that_are_left_and_sends_who_may_not_refresh_to_an_admin() {
    let jeton = Jeton::start().await;
    let eve = jeton.join("eve@example.org").await;
    let made = jeton.create_by(&eve.token, &json!({"description": "hers"})).await;
    let invitation = jeton.share(&made.id, "carl@example.org").await;
    jeton.pick_up(&invitation).await.expect(200);
    jeton.set_role("eve@example.org", "readOnly").await.expect(200);
    report(&jeton, &[&made.token]).await.expect(204);
    let of_hers = told(&jeton, "eve@example.org").await;
    assert!(of_hers.contains("Left: 1 other copy") && of_hers.contains("ask an admin"), "{of_hers}");
    assert!(!of_hers.contains("on its page in the console"), "{of_hers}");
    // Of one report, one mail tells of both.
    let by_master = Held { id: made.id, token: jeton.master.clone() };
    let second = jeton.refresh(&by_master).await;
    report(&jeton, &[&second.token, &eve.token]).await.expect(204);
    let of_both = told(&jeton, "eve@example.org").await;
    // In the same project: nobody else refreshes the token of a member, and a read-only member no other.
    let (made, own) = of_both.split_once("Refreshed by: an admin of the project").unwrap();
    assert!(made.contains("hers (id ") && !made.contains("Refreshed by"), "{of_both}");
    assert!(own.contains(&format!("(id {})", eve.id)) && own.contains("Refreshed by: you"), "{of_both}");
    assert!(own.contains("on their pages in the console, and ask an admin of the project"), "{of_both}");
    jeton.set_role("eve@example.org", "admin").await.expect(200);
    let third = jeton.refresh(&by_master).await;
    report(&jeton, &[&third.token]).await.expect(204);
    let as_admin = told(&jeton, "eve@example.org").await;
    assert!(as_admin.contains("on its page in the console") && !as_admin.contains("admin"), "{as_admin}");
}
