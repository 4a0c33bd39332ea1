//! A mail that comes back reaches its share and the sender.

use http::Method;
use jeton_service::function::Function;
use jeton_tests::{client::Answer, mailbox::Invitation, ses, waiting};
use serde_json::{Value, json};

use crate::{gateway::Gateway, thread};

const TOKENS: &str = "/v2/storage/tokens";

/// An address at which SES takes mail.
fn address(name: &str) -> String {
    format!("{name}.{:x}@ses.example", std::process::id())
}

async fn pick_up(gateway: &mut Gateway, mail: &Invitation) -> Answer {
    let typed = json!({"secret": mail.secret, "code": mail.code});
    gateway.call(Method::POST, &mail.path, "", Some(typed)).await
}

/// Invites an address to the project; the mail.
async fn invite(gateway: &mut Gateway, master: &str, manage: &str, to: &str) -> Invitation {
    let verified = gateway.call(Method::GET, &format!("{TOKENS}/verify"), master, None).await.expect(200);
    let users = format!("/manage/projects/{}/users", verified.json()["owner"]["id"]);
    let (by, body) = ([("x-kbc-manageapitoken", manage)], json!({"email": to}));
    gateway.call_with(Method::POST, &users, &by, Some(body)).await.expect(204);
    thread::mail_to(to).await
}

#[tokio::test]
async fn a_share_whose_mail_comes_back_ends_and_its_sender_is_told() {
    let (mut gateway, master, manage) = thread::gateway().await;
    let (sender, to) = (address("sender"), address("gone"));
    let invitation = invite(&mut gateway, &master, &manage, &sender).await;
    let own = pick_up(&mut gateway, &invitation).await.expect(200).field("token");
    let wish = json!({"description": "Nightly import"});
    let id = gateway.call(Method::POST, TOKENS, &own, Some(wish)).await.expect(201).field("id");
    let path = format!("{TOKENS}/{id}");
    let body = json!({"recipientEmail": to});
    gateway.call(Method::POST, &format!("{path}/share"), &own, Some(body)).await.expect(204);
    let mail = thread::mail_to(&to).await;

    // SNS may send a message more than once.
    for (ended, others) in [(1, 0), (0, 1)] {
        let said = gateway.invoke(Function::Bounces.name(), ses::came_back(&mail.path)).await.unwrap();
        assert_eq!(said, json!({"ended": ended, "others": others}));
    }
    assert_eq!(pick_up(&mut gateway, &mail).await.status, 410, "nobody picks it up any more");
    let open = gateway.call(Method::GET, &format!("{path}/shares"), &own, None).await.expect(200).json();
    assert_eq!(open, json!([]));
    let events = gateway.call(Method::GET, &format!("{path}/events"), &own, None).await.expect(200).json();
    let refused: Vec<&Value> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["event"] == "storage.tokenShareRefused")
        .collect();
    let [event] = refused[..] else { panic!("{events}") };
    assert_eq!(
        (&event["params"]["reason"], &event["params"]["recipientEmail"]),
        (&json!("the mail came back"), &json!(to))
    );
    // The answer waits for the mail for a fixed time only.
    let told = waiting::until("the sender is told", async || {
        let mails = ses::mails_to(&sender).await;
        let told = mails.iter().map(ses::received).filter(|mail| mail.subject.contains("not delivered"));
        Some(told.collect::<Vec<_>>()).filter(|told| !told.is_empty())
    });
    let told = told.await;
    let [told] = &told[..] else { panic!("told twice: {told:?}") };
    assert_eq!(told.subject, "A token you shared from project Test project was not delivered");
    assert!(told.text.contains("Nightly import") && told.text.contains(&to), "{}", told.text);
}

#[tokio::test]
async fn an_invitation_whose_mail_comes_back_is_withdrawn() {
    let (mut gateway, master, manage) = thread::gateway().await;
    let mail = invite(&mut gateway, &master, &manage, &address("unknown")).await;
    let said = gateway.invoke(Function::Bounces.name(), ses::came_back(&mail.path)).await.unwrap();
    assert_eq!(said["ended"], 1);
    assert_eq!(pick_up(&mut gateway, &mail).await.status, 410);
    // The address can be invited again at once.
    invite(&mut gateway, &master, &manage, &address("unknown")).await;
}

#[tokio::test]
async fn a_message_about_another_mail_ends_nothing() {
    let (mut gateway, ..) = thread::gateway().await;
    let alarm = json!({"AlarmName": "jeton-latency", "NewStateValue": "ALARM"}).to_string();
    let event = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": alarm}}]});
    let said = gateway.invoke(Function::Bounces.name(), event).await.unwrap();
    assert_eq!(said, json!({"ended": 0, "others": 1}));
}
