//! Failed mail withdraws its share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::post};
use jeton_service::mail::Mailer;
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Held, Jeton},
    mailbox::{Invitation, Received},
    outage::NOBODY,
    reading::pluck,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::{Notify, oneshot},
};

use crate::{address, ses_at, share, smtp_at, variable};

/// After a failed mail, a token is as if nobody had shared it, except for its history.
async fn is_withdrawn(jeton: &Jeton, token: &Held, answer: Answer, code: &str) {
    let sentence = answer.expect_error(424, code);
    assert!(!sentence.contains('@') && !sentence.contains("example"), "{sentence}");
    let path = format!("/v2/storage/tokens/{}", token.id);
    let detail = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    assert_eq!((&detail["shares"], detail["copies"].as_array().unwrap().len()), (&json!([]), 1));
    let history = jeton.history(&token.id).await;
    assert_eq!(history[..2], ["storage.tokenShareRefused", "storage.tokenShared"]);
    assert_eq!(jeton.verify(&token.token).await, 200);
}

#[tokio::test]
async fn a_mail_server_that_rejects_or_breaks_off_withdraws_the_share() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    for (domain, code) in [
        ("refused.example", "mail.addressRefused"),
        ("later.example", "mail.notSent"),
        ("refused-data.example", "mail.notSent"),
        ("dropped.example", "mail.notSent"),
    ] {
        let token = jeton.create(&json!({})).await;
        let answer = share(&jeton, &token.id, &address("bob", domain)).await;
        is_withdrawn(&jeton, &token, answer, code).await;
    }
}

#[tokio::test]
async fn rejected_mail_does_not_use_up_what_a_token_may_have() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({})).await;
    for _ in 0..20 {
        share(&jeton, &token.id, &address("bob", "refused.example")).await.expect(424);
    }
    // With the copy from its creation this reaches the limit of sixteen.
    for number in 0..15 {
        share(&jeton, &token.id, &address(&format!("limit{number}"), "smtp.example")).await.expect(204);
    }
    let full = share(&jeton, &token.id, &address("late", "smtp.example")).await;
    full.expect_error(409, "storage.token.tooManyCopies");
}

#[tokio::test]
async fn a_way_out_that_is_not_there_withdraws_the_share() {
    for mailer in [smtp_at(&format!("smtp://{NOBODY}")), ses_at(&format!("http://{NOBODY}"))] {
        let jeton = Jeton::start_with_mailer(mailer).await;
        let token = jeton.create(&json!({})).await;
        let answer = share(&jeton, &token.id, "bob@example.org").await;
        is_withdrawn(&jeton, &token, answer, "mail.notSent").await;
    }
}

#[tokio::test]
async fn a_rejection_by_ses_withdraws_the_share() {
    for (status, code, told) in [
        (400, "MessageRejected", "mail.addressRefused"),
        (403, "AccessDenied", "mail.notSent"),
        (500, "InternalFailure", "mail.notSent"),
    ] {
        let jeton = Jeton::start_with_mailer(ses_that_answers(status, code).await).await;
        let token = jeton.create(&json!({})).await;
        let answer = share(&jeton, &token.id, "bob@example.org").await;
        is_withdrawn(&jeton, &token, answer, told).await;
    }
}

#[tokio::test]
async fn the_link_of_a_mail_that_arrives_although_it_was_rejected_is_not_valid() {
    let (mailer, heard) = smtp_that_rejects_what_it_has_read().await;
    let jeton = Jeton::start_with_mailer(mailer).await;
    let token = jeton.create(&json!({})).await;
    let answer = share(&jeton, &token.id, "bob@example.org").await;
    is_withdrawn(&jeton, &token, answer, "mail.notSent").await;
    let invitation = Invitation::read(&Received::parse(heard.await.unwrap()));
    jeton.pick_up(&invitation).await.expect(410);
    let path = format!("/v2/storage/tokens/{}", token.id);
    let detail = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    assert_eq!(detail["copies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rejected_invitation_is_withdrawn_too() {
    let (mailer, heard) = smtp_that_rejects_what_it_has_read().await;
    let jeton = Jeton::start_with_mailer(mailer).await;
    let users = format!("/manage/projects/{}/users", jeton.project);
    let invite = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": "eve@example.org"}));
    invite.send().await.expect_error(424, "mail.notSent");
    let invitation = Invitation::read(&Received::parse(heard.await.unwrap()));
    jeton.pick_up(&invitation).await.expect(410);

    let members = jeton.get(&users).manage(&jeton.manage).send().await.expect(200).json();
    assert_eq!(members.as_array().unwrap().len(), 1);
    let events = jeton.get("/v2/storage/events").token(&jeton.master).send().await.expect(200).json();
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names[..2], ["storage.memberInvitationRefused", "storage.memberInvited"]);
}

async fn project_events(jeton: &Jeton) -> Vec<String> {
    pluck(&jeton.events(&jeton.master, "/v2/storage/events").await, "event")
}

/// Shares a token by a call that can be repeated.
async fn keyed_share(jeton: &Jeton, token: &Held) -> Answer {
    let call = jeton.post(&format!("/v2/storage/tokens/{}/share", token.id)).token(&jeton.master);
    let call = call.json(&json!({"recipientEmail": "bob@example.org"}));
    call.header("idempotency-key", &"k".repeat(43)).send().await
}

#[tokio::test]
async fn a_share_whose_mail_left_stays_open_when_the_mail_of_a_repeated_call_is_rejected() {
    for (status, code) in [(400, "MessageRejected"), (403, "AccessDenied"), (500, "InternalFailure")] {
        let jeton = Jeton::start_with_mailer(
            ses(move |mail| async move { if mail == 0 { taken() } else { error(status, code) } }).await,
        )
        .await;
        let token = jeton.create(&json!({})).await;
        keyed_share(&jeton, &token).await.expect(204);
        let said = keyed_share(&jeton, &token).await.expect(503).text();
        assert!(!said.contains("nothing was shared"), "{said}");
        let detail = jeton.detail(&token.id).await;
        assert_eq!(
            detail["shares"].as_array().map(Vec::len),
            Some(1),
            "{code}: the first mail may have arrived"
        );
        assert_eq!(jeton.history(&token.id).await[0], "storage.tokenShared");
    }
}

#[tokio::test]
async fn a_share_that_a_repeated_call_has_mailed_survives_a_later_failure_of_the_first_mail() {
    let go_on = Arc::new(Notify::new());
    let jeton = Jeton::start_with_mailer(ses_that_rejects_the_first_later(&go_on).await).await;
    let token = jeton.create(&json!({})).await;
    let (first, ()) = tokio::join!(keyed_share(&jeton, &token), async {
        while jeton.history(&token.id).await[0] != "storage.tokenShared" {
            tokio::task::yield_now().await;
        }
        keyed_share(&jeton, &token).await.expect(204);
        go_on.notify_one();
    });
    assert!(first.expect(503).text().contains("The mail could not be sent; the share is open"));
    let shares = jeton.detail(&token.id).await["shares"].clone();
    assert_eq!(shares.as_array().unwrap().len(), 1, "its link was mailed");
    assert_eq!(jeton.history(&token.id).await[0], "storage.tokenShared");
    keyed_share(&jeton, &token).await.expect(204);
}

#[tokio::test]
async fn a_repeated_share_says_why_its_mail_failed_as_the_first_call_did() {
    for (status, code) in [(400, "MessageRejected"), (403, "AccessDenied"), (500, "InternalFailure")] {
        let jeton = Jeton::start_with_mailer(ses_that_answers(status, code).await).await;
        let token = jeton.create(&json!({})).await;
        let first = keyed_share(&jeton, &token).await.expect(424).json();
        let again = keyed_share(&jeton, &token).await.expect(424).json();
        for part in ["code", "error"] {
            assert_eq!(first[part], again[part], "{code}");
        }
    }
}

#[tokio::test]
async fn that_the_mail_of_an_invitation_was_rejected_is_told_when_another_has_replaced_it_meanwhile() {
    let go_on = Arc::new(Notify::new());
    let jeton = Jeton::start_with_mailer(ses_that_rejects_the_first_later(&go_on).await).await;
    let users = format!("/manage/projects/{}/users", jeton.project);
    let invite = async || {
        jeton.post(&users).manage(&jeton.manage).json(&json!({"email": "eve@example.org"})).send().await
    };
    let (first, second) = tokio::join!(invite(), async {
        while !project_events(&jeton).await.contains(&"storage.memberInvited".to_owned()) {
            tokio::task::yield_now().await;
        }
        let second = invite().await;
        go_on.notify_one();
        second
    });
    second.expect(204);
    first.expect_error(424, "mail.addressRefused");
    let told = ["storage.memberInvitationRefused", "storage.memberInvited", "storage.memberInvited"];
    assert_eq!(project_events(&jeton).await[..3], told);
    let pending = jeton.get(&format!("/manage/projects/{}/invitations", jeton.project)).manage(&jeton.manage);
    assert_eq!(pending.send().await.expect(200).json().as_array().unwrap().len(), 1, "the second one stands");
}

#[tokio::test]
async fn history_says_of_a_sign_in_too_whether_its_address_was_rejected() {
    let jeton = Jeton::start_with_mailer(ses_that_answers(400, "MessageRejected").await).await;
    let console = ConsoleClient::new(&jeton);
    console.send_form("/console/sign-in", &[("email", ADMIN)]).await.expect(200);
    jeton.app.outgoing.finish().await;
    let events = jeton.events(&jeton.master, "/v2/storage/events").await;
    assert_eq!(events[0]["message"], format!("Sign-in of {ADMIN}: the mail server refused the address"));
}

/// An SES that takes every mail but the first one, and rejects that when it is notified.
async fn ses_that_rejects_the_first_later(go_on: &Arc<Notify>) -> Mailer {
    let go_on = Arc::clone(go_on);
    ses(move |mail| {
        let go_on = Arc::clone(&go_on);
        async move {
            if mail > 0 {
                return taken();
            }
            go_on.notified().await;
            error(400, "MessageRejected")
        }
    })
    .await
}

/// An SES that answers every mail with this error.
async fn ses_that_answers(status: u16, code: &'static str) -> Mailer {
    ses(move |_| async move { error(status, code) }).await
}

/// An SES that answers the first mail, and each further one, like this.
async fn ses<A>(answer: impl Fn(usize) -> A + Clone + Send + Sync + 'static) -> Mailer
where
    A: Future<Output = (StatusCode, String)> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let mails = Arc::new(AtomicUsize::new(0));
    let answer = move || answer(mails.fetch_add(1, Ordering::Relaxed));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    ses_at(&endpoint)
}

fn taken() -> (StatusCode, String) {
    let body = "<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>";
    (StatusCode::OK, body.to_owned())
}

fn error(status: u16, code: &str) -> (StatusCode, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>Email address is not verified: bob@example.org</Message></Error></ErrorResponse>"
    );
    (StatusCode::from_u16(status).unwrap(), body)
}

/// An SMTP server that reads one mail to its end and then rejects it, as some do after they have forwarded
/// it; also returns the mail.
async fn smtp_that_rejects_what_it_has_read() -> (Mailer, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("smtp://{}", listener.local_addr().unwrap());
    let (tell, heard) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 ready\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            let answer = if line == "DATA" { "354 go on" } else { "250 ok" };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            if line == "DATA" {
                break;
            }
        }
        let mut mail = String::new();
        while let Some(line) = lines.next_line().await.unwrap().filter(|line| line != ".") {
            // SMTP doubles a dot at the beginning of a line.
            mail += line.strip_prefix('.').unwrap_or(&line);
            mail += "\r\n";
        }
        tell.send(mail).unwrap();
        write.write_all(b"451 4.3.0 something went wrong\r\n").await.unwrap();
        // The client sends QUIT and waits for an answer.
        while let Ok(Some(_)) = lines.next_line().await {
            let _ = write.write_all(b"221 bye\r\n").await;
        }
    });
    (smtp_at(&endpoint), heard)
}
