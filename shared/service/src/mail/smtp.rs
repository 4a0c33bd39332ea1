//! Mails through an SMTP server.

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Mail, NotSent, SmtpConfig, Stamp, mime};

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one mail may take altogether. lettre bounds the connecting only, and the caller's
/// request waits for us.
const WHOLE: Duration = Duration::from_secs(20);

/// An SMTP server.
///
/// Every mail has a connection of its own: shares are rare, and a pooled connection that the server
/// has closed in the meantime would fail the next one. So lettre's feature `pool` stays off.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

impl Smtp {
    /// Prepares the way to the server; nothing is connected yet.
    pub fn new(config: &SmtpConfig) -> Result<Self, NotSent> {
        // On loopback nobody listens in, and development servers have no certificate worth checking.
        // Elsewhere a server without STARTTLS is refused before the password is said.
        let tls = if config.wrapped || !config.is_loopback() {
            let parameters = TlsParameters::new(config.host.clone()).map_err(|_| NotSent::Tls)?;
            if config.wrapped { Tls::Wrapper(parameters) } else { Tls::Required(parameters) }
        } else {
            Tls::None
        };
        // "Dangerous" because it would speak in the clear unless told otherwise, as above.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.clone())
            .port(config.port)
            .tls(tls)
            .timeout(Some(CONNECT));
        if let Some((user, password)) = &config.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from: config.from.clone() })
    }

    pub(super) async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        let message = mime::message(mail, &self.from, stamp)?;
        match tokio::time::timeout(WHOLE, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(reason(&error)),
            Err(_) => Err(NotSent::Unreachable),
        }
    }
}

/// The kind of failure. The server's own words stay here: many repeat the recipient's address.
fn reason(error: &lettre::transport::smtp::Error) -> NotSent {
    if let Some(code) = error.status() {
        NotSent::Refused(code.into())
    } else if error.is_tls() {
        NotSent::Tls
    } else if error.is_response() || error.is_client() {
        NotSent::Protocol
    } else {
        NotSent::Unreachable
    }
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

    #[tokio::test]
    async fn a_refusal_tells_the_code_and_nothing_of_the_mail() {
        let (port, _) = server("550 no mailbox bob@example.com here");
        let refused =
            mailer(&format!("smtp://127.0.0.1:{port}?from=jeton@example.org")).send(&sample(), STAMP).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused, NotSent::Refused(550));
        assert!(!format!("{refused} {refused:?}").contains("bob"));
    }

    #[tokio::test]
    async fn nobody_there_is_unreachable() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mailer = mailer(&format!("smtp://127.0.0.1:{port}?from=jeton@example.org"));
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
