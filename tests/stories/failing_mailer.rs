//! A mail server that fails while expiry notices are mailed.

use std::sync::{Arc, Mutex};

use jeton_core::email::Email;
use jeton_service::{
    mail::{MailConfig, Mailer, Smtp},
    operation::{expiry_sweep::Swept, setup},
};
use jeton_tests::jeton::{ADMIN, Jeton};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::notices::{CREATED, DAY, NOTICED, events};

const REFUSED: &str = "storage.tokenExpiryNoticeRefused";

/// The recipients that a mail server was told.
type Heard = Arc<Mutex<Vec<String>>>;

/// A mailer whose server breaks each connection off once it knows the recipient.
async fn breaks_off() -> (Mailer, Heard) {
    let (listener, heard) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Heard::default());
    let url = format!("smtp://{}?from=jeton@example.org", listener.local_addr().unwrap());
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let recipient = recipient(stream).await;
            all.lock().unwrap().extend(recipient);
        }
    });
    let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&url) else { panic!("{url}") };
    (Mailer::Smtp(Smtp::new(&config).unwrap()), heard)
}

async fn recipient(mut stream: TcpStream) -> Option<String> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        if let Some(recipient) = line.strip_prefix("RCPT TO:") {
            return Some(recipient.to_owned());
        }
        write.write_all(b"250 ok\r\n").await.ok()?;
    }
    None
}

#[tokio::test]
async fn once_it_failed_nobody_else_who_shares_a_token_is_mailed_and_the_history_names_all_of_them() {
    let (mailer, heard) = breaks_off().await;
    let jeton = Jeton::start_with_mailer(mailer).await;
    let eve = Email::parse("eve@example.org").unwrap();
    setup::member(&jeton.app, jeton.project, &eve, "Eve").await.unwrap();
    // Of no member, so that all of them are told.
    let token = jeton.create_by_manage(&json!({"expiresIn": 30 * DAY})).await;
    jeton.pass_seconds(23 * DAY);
    let swept = jeton.swept().await;
    assert_eq!(Swept { cleaned: 0, ..swept }, Swept { refused: 1, ..Swept::default() });
    let tried = heard.lock().unwrap().clone();
    assert_eq!(tried.len(), 1, "{tried:?}");
    assert_eq!(jeton.history(&token.id).await, [REFUSED, REFUSED, NOTICED, CREATED]);
    let events = events(&jeton, &token).await;
    let mut told = [0, 1].map(|event| events[event]["params"]["recipientEmail"].as_str().unwrap().to_owned());
    told.sort();
    assert_eq!(told, [ADMIN, "eve@example.org"]);
}
