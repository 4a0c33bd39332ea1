//! The mailer configuration `JETON_MAIL`.
//!
//! Error messages do not quote the value: what looks like a host name may be the second half of a password with an `@` in it.

use std::path::PathBuf;

use lettre::Address;

use super::mime;
use crate::config::path::plain;

#[cfg(feature = "smtp")]
pub use smtp::SmtpConfig;

/// The kind of mailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailConfig {
    /// `outbox:DIR`
    Outbox(PathBuf),
    /// `ses:FROM` or `ses:FROM?set=NAME`
    Ses {
        /// The sender, which SES must have verified.
        from: Address,
        /// The configuration set, if it is not the default one of the identity.
        set: Option<String>,
    },
    /// `smtp://…?from=FROM` or `smtps://…?from=FROM`
    #[cfg(feature = "smtp")]
    Smtp(SmtpConfig),
}

impl MailConfig {
    /// Parses `outbox:DIR`, `ses:FROM?set=NAME`, `smtp://USER:PASSWORD@HOST:PORT?from=FROM` or `smtps://…`. The error is a message for the
    /// operator, without the name of the variable.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(dir) = text.strip_prefix("outbox:") {
            if dir.is_empty() || (dir.starts_with("//") && !dir.starts_with("///")) || !plain(dir) {
                return Err("outbox: needs a directory, such as outbox:./outbox".to_owned());
            }
            return Ok(Self::Outbox(PathBuf::from(dir)));
        }
        if let Some(rest) = text.strip_prefix("ses:") {
            return ses(rest);
        }
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            #[cfg(feature = "smtp")]
            return smtp::parse(text).map(Self::Smtp);
            #[cfg(not(feature = "smtp"))]
            return Err("this program is built without SMTP; use ses:FROM".to_owned());
        }
        Err("must be outbox:DIR, ses:FROM, smtp://USER:PASSWORD@HOST?from=FROM or smtps://…".to_owned())
    }
}

/// Parses the sender, and the configuration set after it. A question mark before the @ belongs to the address.
fn ses(text: &str) -> Result<MailConfig, String> {
    let domain = text.rfind('@').map_or(0, |at| at + 1);
    let (from, set) = match text[domain..].find("?set=") {
        Some(at) => (&text[..domain + at], Some(&text[domain + at + "?set=".len()..])),
        None => (text, None),
    };
    let from = mime::address(from).map_err(|_| {
        "ses: needs the sender's address, such as ses:jeton@example.com, and may say ?set=NAME after it; \
         there is no other setting"
    })?;
    if !set.is_none_or(is_set) {
        return Err("set in ses: must be the name of a configuration set: up to 64 letters, digits, - and _"
            .to_owned());
    }
    Ok(MailConfig::Ses { from, set: set.map(str::to_owned) })
}

/// Whether SES takes a text as the name of a configuration set.
fn is_set(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(feature = "smtp")]
mod smtp {
    use std::fmt;
    use std::net::IpAddr;

    use lettre::{Address, transport::smtp::extension::ClientId};
    use percent_encoding::percent_decode_str;
    use url::{Host, Url};

    use super::mime;
    use crate::origin::is_name;

    /// The SMTP server and the sender.
    #[derive(Clone, PartialEq, Eq)]
    pub struct SmtpConfig {
        pub(in crate::mail) host: String,
        pub(in crate::mail) port: u16,
        /// TLS from the first byte (`smtps`), rather than by STARTTLS.
        pub(in crate::mail) wrapped: bool,
        pub(in crate::mail) login: Option<(String, String)>,
        pub(in crate::mail) from: Address,
        /// The name for the greeting (EHLO), if set.
        pub(in crate::mail) hello: Option<String>,
    }

    impl fmt::Debug for SmtpConfig {
        /// Omits the user and the password: with some providers the user is a secret, too.
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("SmtpConfig")
                .field("host", &self.host)
                .field("port", &self.port)
                .field("wrapped", &self.wrapped)
                .field("login", &self.login.as_ref().map(|_| "…"))
                .field("from", &self.from)
                .field("hello", &self.hello)
                .finish()
        }
    }

    impl SmtpConfig {
        /// Sets the name of this service for the greeting, unless one is set: strict servers reject clients without a name.
        #[must_use]
        pub fn named_by(mut self, public_url: &str) -> Self {
            let url = Url::parse(public_url).ok();
            let name = url.as_ref().and_then(Url::domain).filter(|name| name.contains('.'));
            self.hello = self.hello.or_else(|| name.map(str::to_owned));
            self
        }

        /// The host and the port of the server.
        pub fn server(&self) -> (&str, u16) {
            (&self.host, self.port)
        }

        /// The name for the greeting: from the setting, the service or the sender. An IP address becomes an address literal (RFC 5321,
        /// 4.1.3).
        pub(in crate::mail) fn hello(&self) -> ClientId {
            let name = self.hello.as_deref().unwrap_or(self.from.domain());
            match (literal(name), Host::parse(name.trim_end_matches('.'))) {
                (Some(IpAddr::V4(ip)), _) | (None, Ok(Host::Ipv4(ip))) => ClientId::Ipv4(ip),
                (Some(IpAddr::V6(ip)), _) | (None, Ok(Host::Ipv6(ip))) => ClientId::Ipv6(ip),
                (None, Ok(Host::Domain(ascii))) => ClientId::Domain(ascii),
                (None, Err(_)) => ClientId::Domain(name.to_owned()),
            }
        }

        /// Whether the server is this machine, which needs no TLS. Only the host itself counts, because DNS is not trusted.
        pub(in crate::mail) fn is_loopback(&self) -> bool {
            match self.host.parse::<IpAddr>() {
                Ok(address) => address.is_loopback(),
                Err(_) => self.host.eq_ignore_ascii_case("localhost"),
            }
        }
    }

    /// Parses an IP address, plain or as an address literal.
    fn literal(text: &str) -> Option<IpAddr> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let is_v6 = bare.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("ipv6:"));
        if is_v6 { &bare[5..] } else { bare }.parse().ok()
    }

    /// Whether a text is a host name as in a greeting of RFC 5321.
    fn is_greeting(text: &str) -> bool {
        let fit = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
        let is_label = |label: &str| {
            (1..=63).contains(&label.len()) && label.bytes().all(fit) && label.trim_matches('-') == label
        };
        let last = text.rsplit('.').next().unwrap_or_default();
        text.len() <= 253 && text.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
    }

    pub(super) fn parse(text: &str) -> Result<SmtpConfig, String> {
        let url = Url::parse(text).map_err(|_| {
            "the smtp URL is invalid; write : / ? # @ % in the user or password as %3A %2F %3F %23 %40 %25"
        })?;
        let host =
            url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.parse::<IpAddr>().is_err() && !is_name(&host) {
            return Err("the smtp URL needs a host, such as smtp://mail.example.com?from=jeton@example.com"
                .to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("the smtp URL ends after the host, the port and ?from=FROM; \
                        write / and # in a password as %2F and %23"
                .to_owned());
        }
        let wrapped = url.scheme() == "smtps";
        let port = url.port().unwrap_or(if wrapped { 465 } else { 587 });
        let (from, hello) = settings(&url)?;
        Ok(SmtpConfig { port, wrapped, login: login(&url)?, from, hello, host })
    }

    fn login(url: &Url) -> Result<Option<(String, String)>, String> {
        match (url.username(), url.password()) {
            ("", None) => Ok(None),
            ("", Some(_)) | (_, None) => {
                Err("the smtp URL needs both a user and a password, or neither".to_owned())
            }
            (user, Some(password)) => Ok(Some((decoded(user)?, decoded(password)?))),
        }
    }

    /// The sender and the optional name for the greeting. Not decoded as a form, where `+`, which is common in addresses, means a
    /// space.
    fn settings(url: &Url) -> Result<(Address, Option<String>), String> {
        let wanted = "the smtp URL needs the sender's address, as in ?from=jeton@example.com, and may say \
                      &hello=NAME after it; there is no other setting";
        let query = url.query().and_then(|query| query.strip_prefix("from=")).ok_or(wanted)?;
        let (from, hello) = match query.split_once("&hello=") {
            Some((from, hello)) => (from, Some(decoded(hello)?)),
            None => (query, None),
        };
        if hello.as_ref().is_some_and(|name| !is_greeting(name) && literal(name).is_none()) {
            return Err("hello in the smtp URL must be a host name or an IP address".to_owned());
        }
        let from = mime::address(&decoded(from)?).map_err(|_| wanted)?;
        // A plain IP address is not a valid domain of a sender; an address literal is.
        let from = match from.domain().parse::<IpAddr>() {
            Ok(ip @ IpAddr::V4(_)) => Address::new(from.user(), format!("[{ip}]")).map_err(|_| wanted)?,
            _ => from,
        };
        Ok((from, hello))
    }

    fn decoded(text: &str) -> Result<String, String> {
        let mut after = text.split('%').skip(1).map(str::as_bytes);
        let is_escape =
            |rest: &[u8]| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
        if !after.all(is_escape) {
            return Err(
                "the smtp URL has a % without two hexadecimal digits after it; write % as %25".to_owned()
            );
        }
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| "the smtp URL has percent escapes that are not UTF-8".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outbox_and_ses() {
        assert_eq!(MailConfig::parse("outbox:./out box"), Ok(MailConfig::Outbox("./out box".into())));
        let from = mime::address("jeton@example.com").unwrap();
        let without = MailConfig::Ses { from: from.clone(), set: None };
        assert_eq!(MailConfig::parse("ses:jeton@example.com"), Ok(without));
        for name in ["sent", "Stage-2_mail", &"x".repeat(64)] {
            let wanted = MailConfig::Ses { from: from.clone(), set: Some(name.to_owned()) };
            assert_eq!(MailConfig::parse(&format!("ses:jeton@example.com?set={name}")), Ok(wanted));
        }
        let from = mime::address("j?set=k@example.com").unwrap();
        let wanted = MailConfig::Ses { from, set: Some("sent".to_owned()) };
        assert_eq!(MailConfig::parse("ses:j?set=k@example.com?set=sent"), Ok(wanted));
    }

    #[cfg(feature = "smtp")]
    #[test]
    fn smtp_urls() {
        let table = [
            ("smtp://mail.example.com?from=j@e.cz", "mail.example.com", 587, false, None),
            ("smtps://mail.example.com/?from=j@e.cz", "mail.example.com", 465, true, None),
            ("smtp://localhost:1025?from=j@e.cz", "localhost", 1025, false, None),
            ("smtp://[::1]:25?from=j%40e.cz", "::1", 25, false, None),
            ("smtp://u%40x:p%3A%2f%3Fé@m.cz?from=j@e.cz", "m.cz", 587, false, Some(("u@x", "p:/?é"))),
            ("smtps://u:p+q@m.cz:2465?from=j@e.cz", "m.cz", 2465, true, Some(("u", "p+q"))),
        ];
        for (text, host, port, wrapped, login) in table {
            let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
            let from = mime::address("j@e.cz").unwrap();
            let wanted = SmtpConfig { host: host.to_owned(), port, wrapped, login, from, hello: None };
            assert_eq!(MailConfig::parse(text), Ok(MailConfig::Smtp(wanted)), "{text}");
        }
        let Ok(MailConfig::Smtp(plus)) = MailConfig::parse("smtp://m.cz?from=j+k@e.cz") else { panic!() };
        assert_eq!(plus.from.to_string(), "j+k@e.cz");
        let Ok(MailConfig::Smtp(literal)) = MailConfig::parse("smtp://m.cz?from=j@192.0.2.1") else {
            panic!()
        };
        assert_eq!(literal.from.to_string(), "j@[192.0.2.1]");
    }

    #[cfg(feature = "smtp")]
    #[test]
    fn loopback_is_what_the_host_itself_says() {
        let loopback = |host: &str| match MailConfig::parse(&format!("smtp://{host}?from=j@e.cz")) {
            Ok(MailConfig::Smtp(smtp)) => smtp.is_loopback(),
            other => panic!("{other:?}"),
        };
        for host in ["127.0.0.1", "127.1.2.3:25", "[::1]", "localhost", "LOCALHOST:1025"] {
            assert!(loopback(host), "{host}");
        }
        for host in
            ["127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "[::ffff:127.0.0.1]"]
        {
            assert!(!loopback(host), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_is_repeated() {
        for text in [
            "",
            "hunter2",
            "outbox:",
            "ses:",
            "ses:hunter2",
            "ses:J <j@hunter2.cz>",
            "imap://u:hunter2@m.cz",
            "smtp:u:hunter2@m.cz",
            "smtp://u:hunter2@m.cz",
            "smtp://u:hunter2@m.cz?from=hunter2",
            "smtp://u:hunter2@m.cz?from=j@e.cz&tls=hunter2",
            "smtp://u:hunter2@m.cz?hunter2=1&from=j@e.cz",
            "smtp://u:hunter2@?from=j@e.cz",
            "smtp://u:12#hunter2@m.cz?from=j@e.cz",
            "smtp://u:12?hunter2@m.cz?from=j@e.cz",
            "smtp://u:12/hunter2@m.cz?from=j@e.cz",
            "smtp://u:hunter2@m.cz:port?from=j@e.cz",
            "smtp://hunter2@m.cz?from=j@e.cz",
            "smtp://:hunter2@m.cz?from=j@e.cz",
            "smtp://u:hunter2%ff@m.cz?from=j@e.cz",
            "smtp://u:hunter2%zz@m.cz?from=j@e.cz",
            "smtp://u:hunter2%@m.cz?from=j@e.cz",
            "smtp://u:hunter2%2@m.cz?from=j@e.cz",
            "smtp://hunter2%zz:p@m.cz?from=j@e.cz",
            "outbox: hunter2",
            "ses: hunter2@m.cz",
            "ses:hunter2@m.cz?set=",
            "ses:hunter2@m.cz?set=a b",
            "ses:hunter2@m.cz?set=hunter2@m.cz",
            "ses:hunter2@m.cz?set=a&hello=b",
            "ses:hunter2@m.cz?set=a?set=b",
            "ses:hunter2@m.cz?from=b",
            "ses:?set=hunter2",
            "ses:j@m.cz?set=hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hun",
            "smtp:///?from=j@hunter2.cz",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=hunter2%0d%0aX",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=hunter2..cz",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=-hunter2.cz",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=192.0.2.256",
            "smtp://u:hunter2@m.cz?from=j@e.cz&hello=[hunter2]",
            "smtp://u:hunter2@*.m.cz?from=j@e.cz",
            "smtp://u:hunter2@m..cz?from=j@e.cz",
        ] {
            let sentence = MailConfig::parse(text).unwrap_err();
            assert!(!sentence.contains("hunter2") && sentence.len() > 30, "{text}: {sentence}");
        }
    }

    #[cfg(feature = "smtp")]
    #[test]
    fn debug_shows_no_login() {
        let config = MailConfig::parse("smtp://somebody:hunter2@m.cz?from=j@e.cz").unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("somebody"), "{shown}");
    }
}
