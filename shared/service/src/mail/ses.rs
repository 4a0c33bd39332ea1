//! The mailer for Amazon SES.

use std::sync::LazyLock;

use aws_sdk_ses::Client;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use jeton_core::share::ShareId;
use lettre::Address;

use super::{Mail, NotSent, Stamp, mime};

/// The name of the tag that has the id of an offer. What SES publishes about a mail has its tags; the mail itself has them not.
pub const OFFER_TAG: &str = "jeton-offer";

/// Amazon SES.
#[derive(Debug)]
pub struct Ses {
    client: LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>,
    from: Address,
    set: Option<String>,
}

impl Ses {
    /// A mailer with this client, which is created for the first mail, because most functions never send one. Mails name the
    /// configuration set `set`; without one, SES takes the default of the identity.
    pub fn new(client: impl FnOnce() -> Client + Send + 'static, from: Address, set: Option<String>) -> Self {
        Self { client: LazyLock::new(Box::new(client)), from, set }
    }

    pub(super) async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        let message = mime::message(mail, &self.from, stamp)?;
        // A raw message, so that it is the same as through other mailers.
        let raw = RawMessage::builder()
            .data(Blob::new(message.formatted()))
            .build()
            .map_err(|_| NotSent::Message)?;
        let tag = |id: &ShareId| MessageTag::builder().name(OFFER_TAG).value(id.as_str()).build();
        let tag = mail.offer.as_ref().map(tag).transpose().map_err(|_| NotSent::Message)?;
        self.client
            .send_raw_email()
            .set_tags(tag.map(|tag| vec![tag]))
            .set_configuration_set_name(self.set.clone())
            .source(self.from.to_string())
            .destinations(&mail.to)
            .raw_message(raw)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| reason(&error))
    }
}

/// Classifies an error. Only the code of SES is kept, because its message may contain addresses.
fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> NotSent {
    match error {
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().unwrap_or("no code");
            let fit = code.len() <= 64
                && code.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b' ');
            NotSent::Ses(if fit { code } else { "an unknown code" }.to_owned())
        }
        SdkError::ConstructionFailure(_) => NotSent::Message,
        SdkError::ResponseError(_) => NotSent::Protocol,
        _ => NotSent::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use aws_sdk_ses::config::{BehaviorVersion, Config, Credentials, Region};

    use super::super::Mailer;
    use super::super::tests::{STAMP, sample};
    use super::*;

    const SENT: &str = "<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>";

    /// A mailer whose SES answers one request with this, and the body of that request.
    fn ses(set: Option<&str>, status: &'static str, answer: &'static str) -> (Mailer, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
            .http_client(crate::aws::plain_http())
            .build();
        let heard = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                request.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim_end().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            request.read_exact(&mut body).unwrap();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n",
                answer.len()
            );
            stream.write_all(format!("{head}Connection: close\r\n\r\n{answer}").as_bytes()).unwrap();
            String::from_utf8(body).unwrap()
        });
        let from = mime::address("jeton@example.org").unwrap();
        (Mailer::Ses(Ses::new(|| Client::from_conf(config), from, set.map(str::to_owned))), heard)
    }

    #[tokio::test]
    async fn a_mail_reaches_ses() {
        let (mailer, heard) = ses(None, "200 OK", SENT);
        let offer = ShareId::parse("0123456789abcdef");
        mailer.send(&Mail { offer, ..sample() }, STAMP).await.unwrap();
        let heard = heard.join().unwrap();
        for part in [
            "Action=SendRawEmail&",
            "Source=jeton%40example.org",
            "Destinations.member.1=bob%40example.com",
            "RawMessage.Data=",
            "Tags.member.1.Name=jeton-offer&Tags.member.1.Value=0123456789abcdef",
        ] {
            assert!(heard.contains(part), "{part}: {heard}");
        }
        assert!(!heard.contains("ConfigurationSet"), "{heard}");
    }

    #[tokio::test]
    async fn a_mail_names_its_configuration_set() {
        let (mailer, heard) = ses(Some("stage-2"), "200 OK", SENT);
        mailer.send(&sample(), STAMP).await.unwrap();
        let heard = heard.join().unwrap();
        assert!(
            heard.contains("ConfigurationSetName=stage-2&")
                || heard.ends_with("ConfigurationSetName=stage-2"),
            "{heard}"
        );
    }

    #[tokio::test]
    async fn a_rejection_shows_its_code_and_nothing_of_the_mail() {
        let (mailer, _) = ses(
            None,
            "400 Bad Request",
            "<ErrorResponse><Error><Type>Sender</Type><Code>MessageRejected</Code>\
             <Message>Email address is not verified: bob@example.com</Message></Error></ErrorResponse>",
        );
        let refused = mailer.send(&sample(), STAMP).await.unwrap_err();
        assert_eq!(refused, NotSent::Ses("MessageRejected".to_owned()));
        assert!(!format!("{refused} {refused:?}").contains("bob"));
    }
}
