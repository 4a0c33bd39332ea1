//! A mail as it is written: each part goes into the plain text and into the HTML, so that both say the same.

use std::sync::Arc;

use jeton_core::text::shown;
use maud::{Markup, html};

use super::{
    Mail, layout,
    plain::{known, may_be_linked},
    text,
};
use crate::brand::{Accent, Brand};

/// A warning in the plain text, where no markup can keep a mail client from turning an id with dots into a link.
const NO_ADDRESSES: &str =
    "Names with dots above are ids of buckets and components. They are no web addresses: do not open them.";

/// What all mails of a service have in common.
#[derive(Debug, Clone, Copy)]
pub struct Letterhead<'a> {
    /// Name, logo, colours, support and imprint.
    pub brand: &'a Brand,
    /// The public URL of the service.
    pub public_url: &'a str,
}

impl Letterhead<'_> {
    /// The host that links lead to, with its port if it has one.
    pub fn host(&self) -> &str {
        self.public_url.split_once("://").map_or(self.public_url, |(_, host)| host)
    }
}

/// A mail that is being written.
pub struct Letter<'a> {
    head: Letterhead<'a>,
    subject: String,
    text: Vec<String>,
    html: Vec<Markup>,
    small: Vec<String>,
}

impl<'a> Letter<'a> {
    /// An empty mail.
    pub fn new(head: &Letterhead<'a>, subject: String) -> Self {
        Self { head: *head, subject, text: Vec::new(), html: Vec::new(), small: Vec::new() }
    }

    /// A paragraph. The first part of a mail is its heading, for screen readers.
    pub fn say(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let is_first = self.html.is_empty();
        self.html.push(if is_first {
            layout::heading(&sentence)
        } else {
            html! { p { (sentence) } }
        });
        self.text.push(text::paragraph(&sentence));
    }

    /// Labels and values.
    pub fn facts(&mut self, facts: &[(&'static str, String)]) {
        self.facts_with(facts, None);
    }

    /// Labels and values, and the link that belongs to them.
    pub fn facts_with(&mut self, facts: &[(&'static str, String)], link: Option<(&str, &str)>) {
        self.html.push(layout::facts(self.accent(), facts, link));
        self.text.push(text::facts(facts, link));
    }

    /// A list of sentences with ids.
    pub fn list(&mut self, before: &str, sentences: &[String]) {
        let items = sentences.iter().map(|sentence| format!("- {}", known(sentence)));
        let lines: Vec<_> = [before.to_owned()].into_iter().chain(items).collect();
        self.text.push(text::paragraph(&lines.join("\n")));
        if sentences.iter().any(|sentence| may_be_linked(sentence)) {
            self.text.push(text::paragraph(NO_ADDRESSES));
        }
        self.html.push(html! {
            p { (before) }
            ul { @for sentence in sentences { li { (layout::ids(sentence)) } } }
        });
    }

    /// An untrusted message.
    pub fn quote(&mut self, message: &str) {
        self.text.push(text::quote(message));
        self.html.push(layout::quote(message));
    }

    /// A link, and the host it leads to. `until` says how long it works, on a line of its own, whose time is not wrapped.
    pub fn link(&mut self, label: &str, link: &str, until: &str) {
        self.text.push(format!("{label}:\n{link}"));
        self.html.push(layout::link(self.accent(), label, link));
        let leads = format!("This link leads to {}.\n{until}", self.head.host());
        self.say(leads.trim_end());
    }

    /// A code.
    pub fn code(&mut self, before: &str, spaced: &str) {
        self.text.push(text::paragraph(&format!("{before} {spaced}")));
        self.html.push(html! { p { (before) } (layout::code(spaced)) });
    }

    /// A sentence of the small print, which is at the end.
    pub fn small(&mut self, sentence: &str) {
        self.small.push(sentence.to_owned());
    }

    /// The mail to a person. An answer goes to the person who caused it, or else to the support address.
    pub fn to(mut self, to: &str, kind: &'static str, reply_to: Option<&str>) -> Mail {
        let Letterhead { brand, .. } = self.head;
        let mut below = vec![format!("{}, at {}, sent this to {}.", brand.name, self.head.host(), known(to))];
        below.extend(brand.support.as_ref().map(|support| format!("Questions? Write to {support}.")));
        below.extend(brand.imprint.iter().cloned());
        self.html.extend(self.small.iter().map(|sentence| layout::small(sentence)));
        self.small.push(below.join("\n"));
        // Mail clients show what is below this line as a signature.
        self.text.push(text::paragraph(&format!("-- \n{}", self.small.join("\n\n"))));
        // Each part leaves invisible characters out of what others wrote; this holds for any part, whatever it forgets.
        let visible = |text: String| shown(&text).into_owned();
        Mail {
            to: to.to_owned(),
            from: brand.name.clone(),
            reply_to: reply_to.map(str::to_owned).or_else(|| brand.support.as_ref().map(ToString::to_string)),
            text: visible(text::text(&self.text)),
            html: visible(layout::sheet(brand, &self.subject, &self.html, &below)),
            subject: visible(self.subject),
            logo: brand.logo.as_ref().map(Arc::clone),
            kind,
            offer: None,
        }
    }

    fn accent(&self) -> &'a Accent {
        &self.head.brand.palette.light
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::brand::Logo;

    /// The letterhead of a service without a brand.
    pub fn plain() -> Letterhead<'static> {
        static BRAND: std::sync::LazyLock<Brand> = std::sync::LazyLock::new(Brand::default);
        Letterhead { brand: &BRAND, public_url: "https://jeton.example.org" }
    }

    fn brand() -> Brand {
        let logo = include_bytes!("testdata/logo.png");
        let brand = Brand::default().named("Acme Tokens").unwrap().coloured("#d62828").unwrap();
        let brand = brand.supported_by("support@acme.com").unwrap();
        let brand = brand.published_by("Acme Ltd., Main Street 1, Prague\nCompany ID 12345678").unwrap();
        brand.with_logo(Logo::parse(logo.to_vec()).unwrap())
    }

    fn letter(brand: &Brand, reply_to: Option<&str>) -> Mail {
        let head = Letterhead { brand, public_url: "https://tokens.acme.com:8443" };
        let mut letter = Letter::new(&head, "A subject".to_owned());
        letter.say("The first sentence.");
        letter.link("Open it", "https://tokens.acme.com:8443/x", "It works once.");
        letter.small("Not expecting this?");
        letter.to("bob@example.com", "share", reply_to)
    }

    #[test]
    fn a_brand_is_above_and_below_both_parts() {
        let mail = letter(&brand(), None);
        insta::assert_snapshot!("branded_mail.txt", mail.text);
        insta::assert_snapshot!("branded_mail.html", mail.html);
        assert_eq!((mail.from.as_str(), mail.reply_to.as_deref()), ("Acme Tokens", Some("support@acme.com")));
        assert!(mail.logo.is_some());
    }

    #[test]
    fn an_answer_goes_to_the_person_who_caused_the_mail_before_the_support() {
        assert_eq!(
            letter(&brand(), Some("alice@example.com")).reply_to.as_deref(),
            Some("alice@example.com")
        );
        assert_eq!(letter(&Brand::default(), None).reply_to, None);
    }

    #[test]
    fn nothing_in_a_mail_is_invisible_whatever_part_it_is_in() {
        let (hidden, brand) = ("pay\u{200b}roll\u{202e} \u{feff}x\u{2060}\u{ad}", Brand::default());
        let head = Letterhead { brand: &brand, public_url: "https://tokens.acme.com" };
        let mut letter = Letter::new(&head, hidden.to_owned());
        letter.say(hidden);
        letter.facts(&[("Token", hidden.to_owned())]);
        letter.list("It may:", &[hidden.to_owned()]);
        letter.quote(hidden);
        letter.code(hidden, "493 201");
        letter.small(hidden);
        let mail = letter.to("bob@example.com", "share", None);
        for (part, times) in [(&mail.subject, 1), (&mail.text, 6), (&mail.html, 7)] {
            assert_eq!(shown(part), part.as_str());
            assert_eq!(part.matches("payroll x").count(), times, "{part}");
        }
    }

    #[test]
    fn every_link_is_followed_by_the_host_it_leads_to() {
        let mail = letter(&Brand::default(), None);
        for body in [&mail.text, &mail.html] {
            assert!(body.contains("This link leads to tokens.acme.com:8443.\nIt works once."), "{body}");
        }
    }
}
