//! MIME encoding of a [`Mail`].

use std::time::{Duration, SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart, header::ContentType};

use super::plain::one_line;
use super::{Mail, NotSent, Stamp, layout::LOGO_ID};

/// The latest second of a `Date` header: the end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// Whether this is a plain address, without a name or angle brackets.
pub fn is_address(text: &str) -> bool {
    address(text).is_ok()
}

/// Parses a plain address. The parser accepts almost anything in a quoted local part, and `&=` in a domain; both are rejected
/// here, because no real address has them.
pub fn address(text: &str) -> Result<Address, NotSent> {
    if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err(NotSent::Address);
    }
    let address: Address = text.parse().map_err(|_| NotSent::Address)?;
    let fit = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | ':' | '[' | ']');
    // Mail clients decode `=?utf-8?q?…?=` even where no standard says so, and would show another address.
    let plain = address.domain().chars().all(fit) && !text.contains(ENCODED);
    if plain { Ok(address) } else { Err(NotSent::Address) }
}

/// Builds the message: text and HTML parts, both UTF-8. The logo is within the HTML part (RFC 2387), so nothing is loaded.
///
/// The date, the boundary and the Message-ID come from the stamp, so that the same arguments give the same bytes.
pub fn message(mail: &Mail, from: &Address, stamp: Stamp) -> Result<Message, NotSent> {
    let to = address(&mail.to)?;
    let unique = stamp.hex();
    let seconds = u64::try_from(stamp.millis / 1000).unwrap_or(0).min(LAST_SECOND);
    let body = MultiPart::alternative()
        .boundary(format!("jeton-{unique}"))
        .singlepart(SinglePart::plain(mail.text.clone()));
    let html = SinglePart::html(mail.html.clone());
    let body = match &mail.logo {
        None => body.singlepart(html),
        Some(logo) => {
            let png = ContentType::parse("image/png").map_err(|_| NotSent::Message)?;
            let logo = Attachment::new_inline_with_name(LOGO_ID.to_owned(), "logo.png".to_owned())
                .body(logo.bytes().to_vec(), png);
            let related = MultiPart::related().boundary(format!("jeton-related-{unique}"));
            body.multipart(related.singlepart(html).singlepart(logo))
        }
    };
    let reply_to = mail.reply_to.as_deref().map(address).transpose()?;
    let mut builder = Message::builder().from(Mailbox::new(Some(one_line(&mail.from)), from.clone()));
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(Mailbox::new(None, reply_to));
    }
    builder
        .to(Mailbox::new(None, to))
        .header(Subject(one_line(&mail.subject)))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{unique}@{}>", from.domain())))
        .header(AutoSubmitted)
        .multipart(body)
        .map_err(|_| NotSent::Message)
}

/// The start of an encoded word in a header (RFC 2047).
const ENCODED: &str = "=?";

/// The subject. A subject that looks like an encoded word is encoded, so that clients show it as it was written.
#[derive(Clone)]
struct Subject(String);

impl Header for Subject {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Subject")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        if self.0.contains(ENCODED) {
            HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), encoded(&self.0))
        } else {
            HeaderValue::new(Self::name(), self.0.clone())
        }
    }
}

/// Encodes a text as encoded words, one per line.
fn encoded(text: &str) -> String {
    const BYTES: usize = 42;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(BYTES));
        words.push(format!("=?utf-8?b?{}?=", BASE64_STANDARD.encode(word)));
        rest = after;
    }
    words.join("\r\n ")
}

/// `Auto-Submitted: auto-generated` (RFC 3834), which prevents automatic replies.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::super::tests::{STAMP, sample};
    use super::*;

    fn raw(mail: &Mail) -> String {
        let from = address("jeton@example.org").unwrap();
        String::from_utf8(message(mail, &from, STAMP).unwrap().formatted()).unwrap()
    }

    #[test]
    fn headers_say_who_when_and_that_no_human_wrote() {
        let raw = raw(&sample());
        let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
        insta::assert_snapshot!(headers.replace("\r\n", "\n"), @r#"
        From: Jeton <jeton@example.org>
        To: bob@example.com
        Subject: =?utf-8?b?xb1sdcWlb3XEjWvDvSBrxa/FiA==?=
        Date: Tue, 24 Nov 2026 12:00:00 +0000
        Message-ID: <abababababababababababababababab@example.org>
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="jeton-abababababababababababababababab"
        "#);
    }

    #[test]
    fn both_parts_read_back_as_written() {
        let mail = sample();
        let raw = raw(&mail);
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some(mail.subject.as_str()));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail.text.trim_end());
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), mail.html);
        assert!(parsed.is_content_type("multipart", "alternative"));
        for part in &parsed.parts[1..] {
            let encoding = part.content_transfer_encoding().unwrap();
            assert!(["quoted-printable", "base64"].contains(&encoding), "{encoding}");
            assert_eq!(part.content_type().unwrap().attribute("charset"), Some("utf-8"));
        }
        assert!(raw.is_ascii() && raw.split("\r\n").all(|line| line.len() <= 998));
    }

    #[test]
    fn a_logo_is_a_part_of_the_html_that_it_names() {
        let logo = crate::brand::Logo::parse(include_bytes!("testdata/logo.png").to_vec()).unwrap();
        let raw =
            raw(&Mail { logo: Some(logo.clone().into()), from: "Žluť & Co., a.s.".to_owned(), ..sample() });
        assert!(raw.is_ascii() && raw.split("\r\n").all(|line| line.len() <= 998));
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Žluť & Co., a.s."));
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), sample().html);
        let [related, _, image] = &parsed.parts[2..] else { panic!("{raw}") };
        assert!(related.is_content_type("multipart", "related") && image.is_content_type("image", "png"));
        assert_eq!((image.content_id(), image.contents()), (Some(LOGO_ID), logo.bytes()));
        assert_eq!(image.content_disposition().unwrap().ctype(), "inline");
    }

    #[test]
    fn a_line_break_in_the_subject_begins_no_header() {
        for subject in ["a\r\nBcc: x@evil.example", "a\nBcc: x@evil.example", "č\r\n\r\nBcc: x@evil.example"]
        {
            let raw = raw(&Mail { subject: subject.to_owned(), ..sample() });
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            assert!(parsed.bcc().is_none());
            // lettre would encode the line break; a client that decodes it must not see one either.
            let shown = parsed.subject().unwrap();
            assert!(shown.ends_with(" Bcc: x@evil.example") && !shown.contains(['\r', '\n']), "{shown:?}");
            assert!(!raw.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{raw}");
        }
    }

    #[test]
    fn neither_the_name_of_the_service_nor_an_address_begins_a_header() {
        for text in
            ["Acme\r\nBcc: x@evil.example", "Acme\nBcc: x@evil.example", "Acmé\r\n\r\nBcc: x@evil.example"]
        {
            let raw = raw(&Mail { from: text.to_owned(), ..sample() });
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            assert!(parsed.bcc().is_none(), "{raw}");
            let name = parsed.from().unwrap().first().unwrap().name().unwrap();
            assert!(name.ends_with(" Bcc: x@evil.example") && !name.contains(['\r', '\n']), "{name:?}");
            assert!(!raw.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{raw}");
        }
        let from = address("jeton@example.org").unwrap();
        for reply_to in ["a@b.cz\r\nBcc: x@evil.example", "a@b.cz, x@evil.example", "Alice <a@b.cz>"] {
            let mail = Mail { reply_to: Some(reply_to.to_owned()), ..sample() };
            assert_eq!(message(&mail, &from, STAMP).unwrap_err(), NotSent::Address, "{reply_to:?}");
        }
    }

    #[test]
    fn what_looks_like_an_encoded_word_is_shown_as_it_was_written() {
        for name in
            ["=?utf-8?b?4oCuZ3BqLmV4ZSBwYXlyb2xs?=", &"=?utf-8?q?ž?= ".repeat(12), "a=?b", "žluť =?x?="]
        {
            let subject = format!("A token for project {} is waiting", name.trim());
            let raw = raw(&Mail { subject: subject.clone(), ..sample() });
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            assert_eq!(parsed.subject(), Some(one_line(&subject).as_str()), "{raw}");
            assert!(raw.is_ascii() && raw.lines().all(|line| line.len() <= 78), "{raw}");
        }
    }

    #[test]
    fn an_answer_goes_to_the_person_who_caused_the_mail() {
        let raw = raw(&Mail { reply_to: Some("alice@example.com".to_owned()), ..sample() });
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.reply_to().unwrap().first().unwrap().address(), Some("alice@example.com"));
        assert!(!self::raw(&sample()).contains("Reply-To"));
    }

    #[test]
    fn only_one_bare_address_is_an_address() {
        for good in ["a@b.cz", "a+b@example.com", "jeton@localhost", "o'neil@example.com"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.cz",
            "a@b.cz, c@d.cz",
            "A <a@b.cz>",
            "a@b.cz\r\nBcc: c@d.cz",
            "\"a\r\nb\"@c.cz",
            "\"a b\"@c.cz",
            " a@b.cz",
            "a@b c.cz",
            "a@b.cz&c=d",
            "=?utf-8?q?ceo=40bank.example=3e?=@attacker.example",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
        let from = address("jeton@example.org").unwrap();
        let mail = Mail { to: "a@b.cz\nX: y".to_owned(), ..sample() };
        assert_eq!(message(&mail, &from, STAMP).unwrap_err(), NotSent::Address);
    }

    #[test]
    fn no_time_is_too_early_or_too_late() {
        let from = address("jeton@example.org").unwrap();
        for millis in [i64::MIN, -1, 0, i64::MAX] {
            assert!(message(&sample(), &from, Stamp { millis, ..STAMP }).is_ok());
        }
    }
}
