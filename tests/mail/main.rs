//! Real mail delivery: an SES endpoint and an SMTP server.

mod rejected;
mod ses;
mod smtp;

use std::{sync::Arc, time::Duration};

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig};
use jeton_service::{
    app::App,
    brand::{Brand, Logo},
    mail::{MailConfig, Mailer, Ses, Smtp},
};
use jeton_tests::{jeton::Jeton, mailbox::Invitation};
use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::json;

/// The sender address of every test here.
const FROM: &str = "jeton@example.org";

/// A variable that `./test` sets.
fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
    std::env::var(name).unwrap_or_else(|_| panic!("{name} tells where a service is; run ./test mail"))
}

/// A mailer for an SMTP server, configured like an operator's.
fn smtp_at(endpoint: &str) -> Mailer {
    let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&format!("{endpoint}?from={FROM}")) else {
        panic!("{endpoint} is no SMTP server")
    };
    Mailer::Smtp(Smtp::new(&config).unwrap())
}

/// A mailer for an SES endpoint.
fn ses_at(endpoint: &str) -> Mailer {
    ses_from(endpoint, FROM)
}

/// A mailer for an SES endpoint, with what stands behind `ses:`.
fn ses_from(endpoint: &str, from: &str) -> Mailer {
    let config = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(jeton_service::aws::plain_http())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(10)).build())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build();
    let Ok(MailConfig::Ses { from, set }) = MailConfig::parse(&format!("ses:{from}")) else {
        panic!("{from} is no sender")
    };
    Mailer::Ses(Ses::new(|| aws_sdk_ses::Client::from_conf(config), from, set))
}

/// The logo of that company.
const LOGO: &[u8] = include_bytes!("../../shared/service/src/mail/testdata/logo.png");

/// The brand of a company, with all of its parts.
fn brand() -> Brand {
    let brand = Brand::default().named("Žluť & Co., a.s.").unwrap().coloured("#d62828").unwrap();
    let brand = brand.supported_by("support@acme.example").unwrap();
    let brand = brand.published_by("Acme Ltd., Main Street 1, Prague").unwrap();
    brand.with_logo(Logo::parse(LOGO.to_vec()).unwrap())
}

/// A service of that brand with this mailer.
async fn branded(mailer: Mailer) -> Jeton {
    Jeton::start_as(|app| App { mailer, brand: Arc::new(brand()), ..app }).await
}

/// Checks a mail of that brand: its sender, its logo within the HTML that names it, and what is below.
fn is_branded(raw: &str, reply_to: &str) {
    let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Žluť & Co., a.s."), Some(FROM)));
    assert_eq!(mail.reply_to().unwrap().first().unwrap().address(), Some(reply_to));
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    assert!(text.contains("support@acme.example") && text.contains("Main Street 1"), "{text}");
    assert!(html.contains("support@acme.example") && html.contains("Main Street 1"), "{html}");
    let logo = mail.parts.iter().find(|part| part.is_content_type("image", "png")).unwrap();
    assert!(html.contains(&format!("src=\"cid:{}\"", logo.content_id().unwrap())), "{html}");
    assert_eq!(logo.contents(), LOGO);
}

/// A unique address: the servers are shared by all tests.
fn address(name: &str, domain: &str) -> String {
    format!("{name}.{:x}@{domain}", std::process::id())
}

/// Picks up with the mail's link and code, and checks that the copy is valid and that the share is done.
async fn pick_up_works(jeton: &Jeton, invitation: &Invitation, id: &str) -> String {
    let copy = jeton.pick_up(invitation).await.expect(200).field("token");
    let seen = jeton.get("/v2/storage/tokens/verify").token(&copy).send().await.expect(200);
    assert_eq!(seen.field("id"), id);
    jeton.pick_up(invitation).await.expect(410);
    copy
}

/// Shares a token, or tries to.
async fn share(jeton: &Jeton, id: &str, recipient: &str) -> jeton_tests::client::Answer {
    let body = json!({"recipientEmail": recipient, "message": "see https://evil.example"});
    jeton.post(&format!("/v2/storage/tokens/{id}/share")).token(&jeton.master).json(&body).send().await
}
