//! The `/outbox` page: the mails of a development server.

use jeton_core::time::Timestamp;
use mail_parser::MessageParser;
use maud::{Markup, html};

use super::{
    asset::Asset,
    layout::{self, Head},
    table::table,
    time::{self, exact_time},
};
use crate::{brand::Brand, mail::OutboxEntry};

/// The script of the page.
pub static SCRIPT: Asset = Asset::new("/outbox/-/outbox.js", "text/javascript; charset=utf-8", time::SCRIPT);

/// The page without the key.
pub fn outbox_closed(brand: &Brand) -> Markup {
    page(
        brand,
        "Outbox",
        &html! {
            h1 { "Outbox" }
            p.lead { "Open the link that `jeton serve` printed when it started." }
        },
    )
}

/// The list of mails.
pub fn outbox_index(brand: &Brand, mails: &[OutboxEntry]) -> Markup {
    let row = |mail: &OutboxEntry| {
        let time = exact_time(Timestamp::from_millis(mail.millis));
        vec![time, html! { (mail.to) }, html! { a href={ "/outbox/" (mail.name) } { (mail.subject) } }]
    };
    let content = html! {
        h1 { "Outbox" }
        p.lead { "Mails that a real mailer would have sent. They are only on this machine." }
        @if mails.is_empty() {
            p { "No mail yet." }
        } @else {
            (table("Mails", &["Time", "To", "Subject"], &mails.iter().map(row).collect::<Vec<_>>()))
        }
    };
    page(brand, "Outbox", &content)
}

/// A mail: its headers and its text. The HTML is not rendered, so that it cannot run in this origin. `name` is the name of the
/// file.
pub fn outbox_mail(brand: &Brand, name: &str, raw: &str) -> Markup {
    let headers = raw.split_once("\r\n\r\n").map_or(raw, |(headers, _)| headers);
    let parsed = MessageParser::default().parse(raw.as_bytes());
    let subject = parsed.as_ref().and_then(|mail| mail.subject()).unwrap_or("(no subject)");
    let text = parsed.as_ref().and_then(|mail| mail.body_text(0)).unwrap_or_default().replace("\r\n", "\n");
    let content = html! {
        p { a href="/outbox" { "Outbox" } }
        h1 { (subject) }
        pre { (linked(&text)) }
        details { summary { "Headers of " (name) } pre { (headers) } }
    };
    page(brand, subject, &content)
}

/// The text with clickable links. Links in a sharer's message were defused when the mail was built.
fn linked(text: &str) -> Markup {
    html! {
        @for word in text.split_inclusive(char::is_whitespace) {
            @let link = word.trim_end();
            @if link.starts_with("http://") || link.starts_with("https://") {
                a href=(link) rel="noreferrer" { (link) } (word[link.len()..])
            } @else {
                (word)
            }
        }
    }
}

fn page(brand: &Brand, title: &str, content: &Markup) -> Markup {
    // A server with this page also serves the style sheet of pick-ups.
    let head = Head { brand, title, style: brand.pickup_style(), script: Some(&SCRIPT) };
    layout::document(&head, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Letterhead, Mailer, Outbox, ShareMail, Stamp, share_mail};

    #[test]
    fn the_index_lists_escapes_and_says_when_it_is_empty() {
        let mail = OutboxEntry {
            name: "1-ab.eml".to_owned(),
            millis: 1_795_521_600_000,
            to: "<b>@example.com".to_owned(),
            subject: "<script>".to_owned(),
        };
        let page = outbox_index(&Brand::default(), &[mail]).into_string();
        assert!(
            page.contains("24 November 2026, 12:00:00 UTC</time></td><td role=\"cell\" data-label=\"To\">&lt;b&gt;@example.com</td>"),
            "{page}"
        );
        assert!(page.contains("<a href=\"/outbox/1-ab.eml\">&lt;script&gt;</a>"), "{page}");
        assert!(outbox_index(&Brand::default(), &[]).into_string().contains("No mail yet."));
    }

    #[tokio::test]
    async fn a_mail_that_was_sent_can_be_read_and_its_link_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(dir.path());
        let head = Letterhead { brand: &Brand::default(), public_url: "http://localhost:3000" };
        let mail = share_mail(
            &head,
            &ShareMail {
                to: "bob@example.com".to_owned(),
                link: "http://localhost:3000/pickup/12#s3cr3t".to_owned(),
                code: Some("493201".to_owned()),
                sharer: "alice@example.com".to_owned(),
                sharer_email: None,
                by_token: None,
                project: "Prodejní & <i>data</i> Žižkov".to_owned(),
                description: "Import".to_owned(),
                permissions: Vec::new(),
                message: "<script>alert(1)</script> https://evil.example".to_owned(),
                expires: "tomorrow".to_owned(),
                token_expires: None,
            },
        );
        Mailer::Outbox(outbox.clone()).send(&mail, Stamp { millis: 5, random: [1; 16] }).await.unwrap();
        let name = &outbox.list().await.unwrap()[0].name;
        let raw = outbox.read(name).await.unwrap().unwrap();
        let page = outbox_mail(&Brand::default(), name, &raw).into_string();
        let link = "<a href=\"http://localhost:3000/pickup/12#s3cr3t\" rel=\"noreferrer\">";
        assert_eq!((page.matches(link).count(), page.matches("<a ").count()), (1, 2), "{page}");
        assert!(page.contains("493 201") && page.contains("Auto-Submitted: auto-generated"), "{page}");
        assert!(page.contains("Prodejní &amp; &lt;i&gt;data&lt;/i&gt; Žižkov"), "{page}");
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn what_is_no_mail_is_shown_as_it_is() {
        for raw in ["", "\r\n\r\n", "<script>"] {
            assert!(!outbox_mail(&Brand::default(), "1-ab.eml", raw).into_string().contains("<script>"));
        }
    }
}
