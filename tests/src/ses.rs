//! Mails that the SES server of the tests has received.

use serde_json::{Value, json};

use crate::{client::fetch, mailbox::Received};

/// Its address, set by `./test`.
pub fn endpoint() -> String {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    std::env::var("SES_ENDPOINT").expect("SES_ENDPOINT tells where SES is; run ./test")
}

/// All mail to an address, oldest first, as the server lists it: `from` and `subject` beside the fields of
/// [`received`].
pub async fn mails_to(recipient: &str) -> Vec<Value> {
    let mails = all_mails().await.into_iter();
    mails.filter(|mail| mail["destination"]["to"] == json!([recipient])).collect()
}

/// All mail to anybody, oldest first.
pub async fn all_mails() -> Vec<Value> {
    let store = fetch(&format!("{}/store", endpoint()), &[]).await.expect(200).json();
    store["emails"].as_array().unwrap().clone()
}

/// One of these mails as its recipient reads it.
pub fn received(mail: &Value) -> Received {
    let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Received {
        subject: part(&mail["subject"]),
        text: part(&mail["body"]["text"]),
        html: part(&mail["body"]["html"]),
        raw: mail.to_string(),
    }
}

/// What SNS gives to a function when the mail of an offer came back. `path` is that of its link.
pub fn came_back(path: &str) -> Value {
    let message = json!({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "gone@example.org"}],
        },
        "mail": {
            "messageId": "1",
            "source": "jeton@example.org",
            "tags": {"ses:configuration-set": ["sent"], "jeton-offer": [path.rsplit('/').next()]},
        },
    });
    let sns = json!({"Type": "Notification", "MessageId": "1", "Message": message.to_string()});
    json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]})
}
