//! Mails that came back: the offer in one ends, and its sender is told.

use std::collections::BTreeMap;

use jeton_core::{
    Error,
    event_context::Actor,
    share::{Share, ShareId, State},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::offer::close::{Close, close};
use crate::{
    app::App,
    mail::{self, Notice, ShareOutcome},
    notices,
};

/// What became of the messages of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bounced {
    /// Offers that ended.
    pub ended: u64,
    /// Messages about other mails, about mails that may have arrived, and about offers that had ended before.
    pub others: u64,
}

/// Ends the offers whose mails came back, each with an event, and tells their senders. The same messages may come again.
///
/// `event` is what SNS gives to a function: messages that SES has published.
/// Errors: [`Error::Unavailable`], after which SNS sends the messages again.
pub async fn bounced(app: &App, event: &Value) -> Result<Bounced, Error> {
    app.table_check.passed().await?;
    let mut done = Bounced::default();
    for message in messages(event) {
        match undelivered(&message) {
            Some(share) if end(app, &share).await? => done.ended += 1,
            _ => done.others += 1,
        }
    }
    Ok(done)
}

/// Ends one offer. False if it had ended before, or there is none.
async fn end(app: &App, id: &ShareId) -> Result<bool, Error> {
    let now = app.clock.now();
    let Some(Ok(share)) = app.store.found_share(id).await? else { return Ok(false) };
    if share.state != State::Open {
        return Ok(false);
    }
    let context = app.event_context(now, Actor::Jeton);
    let Some(closed) = close(app, &share, Close::Bounced, &context).await? else { return Ok(false) };
    tracing::warn!(share = %share.id, "the mail of a share came back");
    let Share { sender, recipient, project_name, .. } = share;
    if let Some(to) = sender.email {
        let outcome = ShareOutcome {
            recipient: recipient.to_string(),
            project: project_name,
            description: closed.token.map(|token| token.identity.description),
            when: now.for_people(),
            undo: None,
        };
        notices::notify(app, &to, vec![Notice::Bounced(outcome)], now).await;
    }
    Ok(true)
}

/// The texts of the messages in an event of SNS.
fn messages(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().into_iter().flatten();
    records.filter_map(|record| record["Sns"]["Message"].as_str().map(str::to_owned)).collect()
}

/// What SES tells of a mail.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    event_type: String,
    bounce: Option<Bounce>,
    mail: Sent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

/// The offer whose mail did not arrive, according to a message.
fn undelivered(message: &str) -> Option<ShareId> {
    let Told { event_type, bounce, mail } = serde_json::from_str(message).ok()?;
    let came_back = match (event_type.as_str(), bounce) {
        // SES found a virus in it.
        ("Reject", _) => true,
        ("Bounce", Some(Bounce { bounce_type, bounce_sub_type })) => match bounce_type.as_str() {
            "Permanent" => true,
            // SES has tried for hours. `General` is also what it makes of an out-of-office reply.
            "Transient" => bounce_sub_type != "General",
            _ => false,
        },
        _ => false,
    };
    let tag = mail.tags.get(mail::OFFER_TAG)?.first()?;
    ShareId::parse(tag).filter(|_| came_back)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHARE: &str = "0123456789abcdef";

    fn told(kind: &str, bounce: &Value, tags: &Value) -> String {
        json!({"eventType": kind, "bounce": bounce, "mail": {"messageId": "1", "tags": tags}}).to_string()
    }

    fn tags() -> Value {
        json!({"jeton-offer": [SHARE], "ses:configuration-set": ["sent"]})
    }

    #[test]
    fn a_mail_came_back_when_ses_gave_it_up() {
        let bounce = |kind: &str, sub: &str| json!({"bounceType": kind, "bounceSubType": sub});
        for (kind, bounce, came_back) in [
            ("Bounce", bounce("Permanent", "General"), true),
            ("Bounce", bounce("Permanent", "OnAccountSuppressionList"), true),
            ("Bounce", bounce("Transient", "MailboxFull"), true),
            ("Bounce", bounce("Transient", "General"), false),
            ("Bounce", bounce("Undetermined", "Undetermined"), false),
            ("Reject", Value::Null, true),
            ("Complaint", Value::Null, false),
            ("Delivery", Value::Null, false),
        ] {
            let found = undelivered(&told(kind, &bounce, &tags()));
            assert_eq!(found, came_back.then(|| ShareId::parse(SHARE).unwrap()), "{kind} {bounce}");
        }
    }

    #[test]
    fn a_message_about_anything_else_ends_nothing() {
        let permanent = json!({"bounceType": "Permanent"});
        for message in [
            told("Bounce", &permanent, &json!({})),
            told("Bounce", &permanent, &json!({"jeton-offer": ["no id"]})),
            told("Bounce", &permanent, &json!({"jeton-offer": []})),
            json!({"AlarmName": "jeton-latency", "NewStateValue": "ALARM"}).to_string(),
            "Successfully validated SNS topic for Amazon SES event publishing.".to_owned(),
        ] {
            assert_eq!(undelivered(&message), None, "{message}");
        }
        for event in [json!({}), json!({"Records": [{"s3": {}}]}), json!([1])] {
            assert_eq!(messages(&event), Vec::<String>::new(), "{event}");
        }
    }
}
