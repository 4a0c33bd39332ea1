//! Mail that a Jeton sent.

use std::path::Path;

use jeton_service::mail::Outbox;
use mail_parser::MessageParser;

use crate::jeton::{Behind, Jeton};

/// A mail as its recipient reads it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The whole message, as it was sent.
    pub raw: String,
}

/// The contents of a mail about a share or an invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The path of the link, without its secret.
    pub path: String,
    /// The secret of the link.
    pub secret: String,
    /// The code; empty when it was not mailed.
    pub code: String,
}

/// All mail in an outbox to an address, oldest first.
pub async fn mail_in(folder: &Path, recipient: &str) -> Vec<Received> {
    let outbox = Outbox::new(folder);
    let mut mails = Vec::new();
    for entry in outbox.list().await.unwrap_or_default().into_iter().rev() {
        if entry.to == recipient {
            let raw = outbox.read(&entry.name).await.unwrap().unwrap();
            mails.push(Received::parse(raw));
        }
    }
    mails
}

impl Jeton {
    /// All mail to an address, oldest first.
    pub async fn mail_to(&self, recipient: &str) -> Vec<Received> {
        // Mail that is sent after the answer may be pending.
        self.app.outgoing.finish().await;
        match &self.behind {
            Behind::CargoLambda(watch) => watch.mail_to(recipient).await,
            _ => mail_in(&self.outbox, recipient).await,
        }
    }

    /// The invitation in the newest mail to an address.
    pub async fn invitation(&self, recipient: &str) -> Invitation {
        let mails = self.mail_to(recipient).await;
        let newest = mails.iter().rfind(|mail| mail.text.contains("/pickup/"));
        Invitation::read(newest.unwrap_or_else(|| panic!("no mail to {recipient} with a link")))
    }
}

impl Jeton {
    /// The sign-in in the newest mail to an address.
    pub async fn sign_in_mail(&self, recipient: &str) -> Invitation {
        let mails = self.mail_to(recipient).await;
        let newest = mails.iter().rfind(|mail| mail.text.contains("/console/sign-in/"));
        Invitation::read(newest.unwrap_or_else(|| panic!("no sign-in was mailed to {recipient}")))
    }
}

impl Received {
    /// Reads a message of RFC 5322.
    pub fn parse(raw: String) -> Self {
        let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
        Self {
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
            raw,
        }
    }
}

impl Invitation {
    /// Finds link and code in a mail.
    pub fn read(mail: &Received) -> Self {
        let link = mail.text.split_whitespace().find(|word| word.contains('#')).unwrap();
        let (address, secret) = link.split_once('#').unwrap();
        let host = address.find("//").unwrap() + 2;
        let path = &address[host + address[host..].find('/').unwrap()..];
        let code =
            mail.text.split_once("this code:").map_or("", |(_, after)| after.lines().next().unwrap_or(""));
        Self { path: path.to_owned(), secret: secret.to_owned(), code: code.trim().replace(' ', "") }
    }
}
