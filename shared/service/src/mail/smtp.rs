//! The mailer for an SMTP server.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{self};

use super::{Mail, NotSent, SmtpConfig, Stamp, mime};

/// The timeout of opening a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The timeout of sending a mail. The timeout of lettre covers the connection only.
const WHOLE: Duration = Duration::from_secs(20);

/// An SMTP server.
///
/// Each mail uses a new connection: mails are rare, and a pooled connection that the server closed would fail the next mail.
pub struct Smtp {
    config: SmtpConfig,
    /// `None` for a server on this machine, without TLS.
    tls: Option<TlsParameters>,
    /// The name in the greeting (EHLO).
    hello: ClientId,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Prepares a mailer. Does not connect yet.
    pub fn new(config: &SmtpConfig) -> Result<Self, NotSent> {
        // On this machine nobody can listen in, and development servers have no valid certificates. Elsewhere a server without
        // STARTTLS is rejected before the password is sent.
        let tls = if config.wrapped || !config.is_loopback() {
            Some(TlsParameters::new(config.host.clone()).map_err(|_| NotSent::Tls)?)
        } else {
            None
        };
        Ok(Self { config: config.clone(), tls, hello: config.hello() })
    }

    pub(super) async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        let to = mime::address(&mail.to)?;
        let message = mime::message(mail, &self.config.from, stamp)?.formatted();
        let sent = tokio::time::timeout(WHOLE, self.converse(to, &message)).await;
        sent.unwrap_or(Err(NotSent::Unreachable))
    }

    async fn converse(&self, to: Address, message: &[u8]) -> Result<(), NotSent> {
        let server = (self.config.host.as_str(), self.config.port);
        let wrapped = self.tls.clone().filter(|_| self.config.wrapped);
        let connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &self.hello, wrapped, None).await;
        let mut connection = connection.map_err(|error| reason(&error))?;
        let sent = self.hand_over(&mut connection, to, message).await;
        match sent {
            Ok(()) => drop(connection.quit().await),
            Err(_) => connection.abort().await,
        }
        sent
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: Address,
        message: &[u8],
    ) -> Result<(), NotSent> {
        if let Some(tls) = self.tls.clone().filter(|_| !self.config.wrapped) {
            if !connection.can_starttls() {
                return Err(NotSent::Tls);
            }
            connection.starttls(tls, &self.hello).await.map_err(|error| reason(&error))?;
        }
        if let Some((user, password)) = &self.config.login {
            let login = Credentials::new(user.clone(), password.clone());
            connection.auth(DEFAULT_MECHANISMS, &login).await.map_err(|error| reason(&error))?;
        }
        let from = &self.config.from;
        let needs_utf8 = !AsRef::<str>::as_ref(from).is_ascii();
        let utf8 = needs_utf8 && connection.server_info().supports_feature(Extension::SmtpUtfEight);
        let parameters = if utf8 { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        let mail = MailFrom::new(Some(from.clone()), parameters);
        connection.command(mail).await.map_err(|error| reason(&error))?;
        connection.command(Rcpt::new(to, Vec::new())).await.map_err(|error| reason_at_recipient(&error))?;
        connection.command(Data).await.map_err(|error| reason(&error))?;
        connection.message(message).await.map_err(|error| reason_at_end(&error))?;
        Ok(())
    }
}

/// Classifies an error. The server's message is dropped, because many servers quote the recipient's address.
fn reason(error: &smtp::Error) -> NotSent {
    if let Some(code) = error.status() {
        NotSent::Rejected(code.into())
    } else if error.is_tls() {
        NotSent::Tls
    } else if error.is_response() || error.is_client() {
        NotSent::Protocol
    } else {
        NotSent::Unreachable
    }
}

/// Classifies an error after `RCPT TO`: a permanent rejection is about the address, unless its enhanced code says policy or
/// authentication.
fn reason_at_recipient(error: &smtp::Error) -> NotSent {
    match (error.status().map(u16::from), subject(error)) {
        (Some(code @ (550..=559 | 501 | 521)), subject) if subject != Some(Subject::Policy) => {
            NotSent::NoSuchAddress(code)
        }
        (Some(code @ 500..=599), Some(Subject::Address)) => NotSent::NoSuchAddress(code),
        _ => reason(error),
    }
}

/// Classifies an error after `DATA`: some servers check the mailbox only then. The enhanced code says whether the address or the
/// mail was rejected; without one, reply codes about mailboxes mean the address.
fn reason_at_end(error: &smtp::Error) -> NotSent {
    match (error.status().map(u16::from), subject(error)) {
        (Some(code @ 500..=599), Some(Subject::Address)) | (Some(code @ (550 | 551 | 553)), None) => {
            NotSent::NoSuchAddress(code)
        }
        _ => reason(error),
    }
}

/// The subject of a permanent rejection, by its enhanced code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The address, its mailbox, or the routing.
    Address,
    /// A policy, or missing authentication.
    Policy,
    /// Anything else, such as the content of the mail.
    Other,
}

fn subject(error: &smtp::Error) -> Option<Subject> {
    let words = std::error::Error::source(error)?.to_string();
    let mut code = words.trim_start_matches('#').split([' ', '\n']).next()?.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (class, subject, detail) = (code.next()?, code.next()?, code.next()?);
    let is_code = class == "5" && is_number(subject) && is_number(detail) && code.next().is_none();
    is_code.then_some(match subject {
        "1" | "2" | "4" => Subject::Address,
        "7" => Subject::Policy,
        _ => Subject::Other,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use super::super::tests::{STAMP, sample};
    use super::super::{MailConfig, Mailer};
    use super::*;

    /// A server for one mail, which gives back what it heard. It answers `verdict` to the mail.
    fn server(verdict: &'static str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (port, thread::spawn(move || converse(&listener.accept().unwrap().0, verdict)))
    }

    fn converse(mut stream: &TcpStream, verdict: &str) -> String {
        let (mut heard, mut mail) = (String::new(), false);
        let mut lines = BufReader::new(stream);
        stream.write_all(b"220 test\r\n").unwrap();
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) == 0 {
                return heard;
            }
            heard.push_str(&line);
            let answer = match line.trim_end() {
                "." => {
                    mail = false;
                    verdict
                }
                _ if mail => continue,
                "DATA" => {
                    mail = true;
                    "354 go on"
                }
                "QUIT" => return heard,
                line if line.starts_with("AUTH") => "235 welcome",
                line if line.starts_with("EHLO") => "250-test\r\n250 AUTH PLAIN",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
        }
    }

    fn mailer(url: &str) -> Mailer {
        match MailConfig::parse(url) {
            Ok(MailConfig::Smtp(config)) => Mailer::Smtp(Smtp::new(&config).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_mail_reaches_the_server() {
        let (port, heard) = server("250 taken");
        let mailer = mailer(&format!("smtp://u:p@127.0.0.1:{port}?from=jeton@example.org"));
        mailer.send(&sample(), STAMP).await.unwrap();
        let heard = heard.join().unwrap();
        assert!(heard.contains("MAIL FROM:<jeton@example.org>"), "{heard}");
        assert!(heard.contains("RCPT TO:<bob@example.com>") && heard.contains("AUTH PLAIN"), "{heard}");
        assert!(heard.contains("Auto-Submitted: auto-generated"), "{heard}");
    }

    /// A server that answers this to the recipient.
    fn server_of_no(verdict: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            stream.write_all(b"220 test\r\n").unwrap();
            let mut line = String::new();
            while lines.read_line(&mut line).unwrap_or(0) > 0 {
                let answer = if line.starts_with("RCPT") { verdict } else { "250 ok" };
                stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
                line.clear();
            }
        });
        port
    }

    #[tokio::test]
    async fn an_address_that_is_rejected_is_told_from_a_policy_and_from_a_mail_that_is_rejected() {
        for (verdict, outcome) in [
            ("550 no such user bob@example.com", NotSent::NoSuchAddress(550)),
            ("550 5.1.1 no such user", NotSent::NoSuchAddress(550)),
            ("553 mailbox name not allowed", NotSent::NoSuchAddress(553)),
            ("550 5.7.1 relaying denied", NotSent::Rejected(550)),
            ("451 4.3.0 try again later", NotSent::Rejected(451)),
            ("530 5.7.0 authentication required", NotSent::Rejected(530)),
        ] {
            let mailer =
                mailer(&format!("smtp://127.0.0.1:{}?from=jeton@example.org", server_of_no(verdict)));
            assert_eq!(mailer.send(&sample(), STAMP).await, Err(outcome), "{verdict}");
        }
    }

    #[tokio::test]
    async fn jeton_says_hello_by_a_name_of_its_own() {
        for (setting, public_url, hello) in [
            ("", "https://tokens.example.net", "EHLO tokens.example.net"),
            ("", "http://127.0.0.1:3000", "EHLO example.org"),
            ("", "http://localhost:3000", "EHLO example.org"),
            ("", "http://[::1]:3000", "EHLO example.org"),
            ("", "https://192.0.2.1", "EHLO example.org"),
            ("", "https://tokens.example.net.", "EHLO tokens.example.net"),
            ("&hello=mail.example.com", "https://tokens.example.net", "EHLO mail.example.com"),
            ("&hello=192.0.2.1", "https://tokens.example.net", "EHLO [192.0.2.1]"),
            ("&hello=[192.0.2.1]", "https://tokens.example.net", "EHLO [192.0.2.1]"),
            ("&hello=[IPv6:2001:db8::1]", "https://tokens.example.net", "EHLO [IPv6:2001:db8::1]"),
        ] {
            let (port, heard) = server("250 taken");
            let url = format!("smtp://127.0.0.1:{port}?from=jeton@example.org{setting}");
            let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&url) else { panic!("{url}") };
            let mailer = Mailer::Smtp(Smtp::new(&config.named_by(public_url)).unwrap());
            mailer.send(&sample(), STAMP).await.unwrap();
            let heard = heard.join().unwrap();
            assert!(heard.starts_with(&format!("{hello}\r\n")), "{hello}: {heard}");
        }
    }

    #[test]
    fn a_sender_whose_domain_is_no_name_makes_no_greeting_that_is_none() {
        for (from, hello) in [
            ("jeton@192.0.2.1", "[192.0.2.1]"),
            ("jeton@[192.0.2.1]", "[192.0.2.1]"),
            ("jeton@d%C4%9Bti.example", "xn--dti-0ra.example"),
            ("jeton@example.org", "example.org"),
        ] {
            let url = format!("smtp://127.0.0.1?from={from}");
            let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&url) else { panic!("{url}") };
            assert_eq!(config.named_by("https://192.0.2.7").hello().to_string(), hello, "{from}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_rejected_after_the_whole_mail_is_told_from_a_mail_that_is_rejected() {
        for (verdict, outcome) in [
            ("550 5.1.1 no such user", NotSent::NoSuchAddress(550)),
            ("550 no such user bob@example.com", NotSent::NoSuchAddress(550)),
            ("551 user not local", NotSent::NoSuchAddress(551)),
            ("553 mailbox name not allowed", NotSent::NoSuchAddress(553)),
            ("550 #5.1.1 no such user", NotSent::NoSuchAddress(550)),
            ("554 #5.7.1 refused by policy", NotSent::Rejected(554)),
            ("554 5.1.1 no such user", NotSent::NoSuchAddress(554)),
            ("552 5.2.2 mailbox full", NotSent::NoSuchAddress(552)),
            ("550 5.4.1 recipient address rejected", NotSent::NoSuchAddress(550)),
            ("550 5.7.1 looks like spam", NotSent::Rejected(550)),
            ("554 5.6.0 message refused", NotSent::Rejected(554)),
            ("554 transaction failed", NotSent::Rejected(554)),
            ("552 message too large", NotSent::Rejected(552)),
            ("451 4.1.1 try again later", NotSent::Rejected(451)),
        ] {
            let (port, _) = server(verdict);
            let mailer = mailer(&format!("smtp://127.0.0.1:{port}?from=jeton@example.org"));
            assert_eq!(mailer.send(&sample(), STAMP).await, Err(outcome.clone()), "{verdict}");
            assert_eq!(outcome.is_for_good(), verdict.starts_with('5'), "{verdict}");
        }
    }

    #[tokio::test]
    async fn a_rejection_shows_its_code_and_nothing_of_the_mail() {
        let (port, _) = server("550 no mailbox bob@example.com here");
        let refused =
            mailer(&format!("smtp://127.0.0.1:{port}?from=jeton@example.org")).send(&sample(), STAMP).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused, NotSent::NoSuchAddress(550));
        assert!(!format!("{refused} {refused:?}").contains("bob"));
    }

    #[tokio::test]
    async fn an_address_without_a_server_is_unreachable() {
        // No program listens on this port by chance, as one may on a port that was free a moment ago.
        let mailer = mailer("smtp://127.0.0.1:9?from=jeton@example.org");
        assert_eq!(mailer.send(&sample(), STAMP).await, Err(NotSent::Unreachable));
    }

    /// The server offers no STARTTLS. Off loopback that ends the conversation before the login.
    #[tokio::test]
    async fn off_loopback_a_server_without_tls_hears_no_password() {
        let (port, heard) = server("250 taken");
        let Ok(MailConfig::Smtp(mut config)) = MailConfig::parse("smtp://u:p@mail.example?from=j@e.cz")
        else {
            panic!()
        };
        config.port = port;
        // Another name of this machine, which `is_loopback` does not take for it.
        config.host = "::ffff:127.0.0.1".to_owned();
        assert!(!config.is_loopback());
        let refused = Mailer::Smtp(Smtp::new(&config).unwrap()).send(&sample(), STAMP).await;
        assert!(refused.is_err());
        let heard = heard.join().unwrap();
        assert!(!heard.contains("AUTH") && !heard.contains("DATA"), "{heard}");
    }
}
