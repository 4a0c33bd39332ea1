//! Mail that does not leave takes its share back.

use axum::{Router, http::StatusCode, routing::post};
use jeton_service::mail::Mailer;
use jeton_tests::{
    client::Answer,
    jeton::{Held, Jeton},
    mailbox::{Invitation, Received},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::oneshot,
};

use crate::{address, ses_at, share, smtp_at, variable};

/// A token of whose share the mail was refused is as if nobody had shared it, but for its history.
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
async fn a_mail_server_that_refuses_or_breaks_off_withdraws_the_share() {
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
async fn refused_mail_does_not_use_up_what_a_token_may_have() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({})).await;
    for _ in 0..20 {
        share(&jeton, &token.id, &address("bob", "refused.example")).await.expect(424);
    }
    // With the copy from its creation that makes the sixteen it may have.
    for number in 0..15 {
        share(&jeton, &token.id, &address(&format!("limit{number}"), "smtp.example")).await.expect(204);
    }
    let full = share(&jeton, &token.id, &address("late", "smtp.example")).await;
    full.expect_error(409, "storage.token.tooManyCopies");
}

#[tokio::test]
async fn a_way_out_that_is_not_there_withdraws_the_share() {
    // A port that was free a moment ago; nobody listens on it.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = |scheme: &str| format!("{scheme}://127.0.0.1:{port}");
    for mailer in [smtp_at(&nobody("smtp")), ses_at(&nobody("http"))] {
        let jeton = Jeton::start_with_mailer(mailer).await;
        let token = jeton.create(&json!({})).await;
        let answer = share(&jeton, &token.id, "bob@example.org").await;
        is_withdrawn(&jeton, &token, answer, "mail.notSent").await;
    }
}

#[tokio::test]
async fn a_refusal_by_ses_withdraws_the_share() {
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
async fn a_mail_that_arrives_although_it_was_refused_opens_nothing() {
    let (mailer, heard) = smtp_that_refuses_what_it_has_read().await;
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
async fn a_refused_invitation_is_withdrawn_too() {
    let (mailer, heard) = smtp_that_refuses_what_it_has_read().await;
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

/// An SES that answers every mail with this error.
async fn ses_that_answers(status: u16, code: &'static str) -> Mailer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>Email address is not verified: bob@example.org</Message></Error></ErrorResponse>"
    );
    let answer = move || async move { (status, [("content-type", "text/xml")], body) };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    ses_at(&endpoint)
}

/// An SMTP server that reads one mail to its end and then refuses it, as some do after they have
/// passed it on; and what it has read.
async fn smtp_that_refuses_what_it_has_read() -> (Mailer, oneshot::Receiver<String>) {
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
            // A line that starts with a dot travels with one more.
            mail += line.strip_prefix('.').unwrap_or(&line);
            mail += "\r\n";
        }
        tell.send(mail).unwrap();
        write.write_all(b"451 4.3.0 something went wrong\r\n").await.unwrap();
        // The client says goodbye and waits for an answer.
        while let Ok(Some(_)) = lines.next_line().await {
            let _ = write.write_all(b"221 bye\r\n").await;
        }
    });
    (smtp_at(&endpoint), heard)
}
