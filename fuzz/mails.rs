//! Mails with words of strangers in them.

use bolero::check;
use jeton_core::text::shown;
use jeton_service::{
    brand::Brand,
    mail::{Address, Letterhead, ShareMail, Stamp, is_address, message, share_mail},
};
use mail_parser::MessageParser;

use crate::text;

const LINK: &str = "https://tokens.example.org/pickup/0123456789abcdef#secret";

#[test]
fn share_mails() {
    let from: Address = "tokens@example.org".parse().unwrap();
    let brand = Brand::default();
    let head = Letterhead { brand: &brand, public_url: "https://tokens.example.org" };
    let stamp = Stamp { millis: 1_700_000_000_000, random: [7; 16] };
    check!().for_each(|bytes: &[u8]| {
        let text = text(bytes);
        // One input for each of the words, so that a short one tries them all.
        let words: Vec<&str> = text.split('\u{1}').collect();
        let word = |n: usize| words.get(n % words.len()).copied().unwrap_or_default().to_owned();
        let to = word(0);
        let to = if is_address(&to) { to } else { "bob@example.org".to_owned() };
        let share = ShareMail {
            to: to.clone(),
            link: LINK.to_owned(),
            code: Some("123456".to_owned()),
            sharer: word(1),
            sharer_email: Some(to.clone()),
            by_token: None,
            project: word(2),
            description: word(3),
            permissions: vec![word(4)],
            message: word(5),
            expires: "1 December 2026, 12:05 UTC".to_owned(),
            token_expires: None,
        };
        let mail = share_mail(&head, &share);
        let raw = message(&mail, &from, stamp).expect("a mail to an address can be written").formatted();
        let parsed = MessageParser::default().parse(&raw).expect("it is a mail");
        let of = |name: &str| {
            parsed.headers().iter().filter(|header| header.name().eq_ignore_ascii_case(name)).count()
        };
        for header in ["From", "To", "Reply-To", "Subject", "Date", "Message-ID"] {
            assert_eq!(of(header), 1, "{header}");
        }
        for header in ["Cc", "Bcc", "Sender"] {
            assert_eq!(of(header), 0, "{header}");
        }
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert_eq!(shown(part), part.as_str(), "nothing is invisible");
        }
        assert!(!mail.html.contains("<script"), "no word is markup");
        let links = mail.html.matches("href=\"").count();
        assert_eq!(links, mail.html.matches(&format!("href=\"{LINK}\"")).count(), "all links are Jeton's");
    });
}
