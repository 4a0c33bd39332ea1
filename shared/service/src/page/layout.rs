//! The HTML document of all pages.

use std::borrow::Cow;

use http::Uri;
use jeton_core::text::shown;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::asset::Asset;
use crate::brand::Brand;

/// The head of a page.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The brand of the service.
    pub brand: &'a Brand,
    /// The title.
    pub title: &'a str,
    /// The style sheet, at a path that its function serves.
    pub style: &'a Asset,
    /// Its script, if it has one.
    pub script: Option<&'static Asset>,
}

/// A page. It is readable without the style sheet, and needs only files of the service, so a strict content security policy
/// applies.
pub fn document(head: &Head, content: &Markup) -> Markup {
    around(head, None, &html! { span.mark { (head.brand.name) } }, content)
}

/// A wide page, with content in the header.
pub fn wide(head: &Head, bar: &Markup, content: &Markup) -> Markup {
    around(head, Some("wide"), &html! { (skip("#main")) (bar) }, content)
}

/// A wide page with its contents at its side, and the rest in the element `content`.
pub fn reference(head: &Head, bar: &Markup, content: &Markup) -> Markup {
    around(head, Some("wide reference"), &html! { (skip("#content")) (bar) }, content)
}

/// The first link of a page with much above its content, for the keyboard. It is visible with the focus.
fn skip(to: &str) -> Markup {
    html! { a.skip href=(to) { "Skip to content" } }
}

/// The document. Nothing in it is invisible: names, descriptions and messages are untrusted.
fn around(head: &Head, class: Option<&str>, bar: &Markup, content: &Markup) -> Markup {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (head.title) " · " (head.brand.name) }
                link rel="icon" href=(head.brand.icon().address());
                link rel="stylesheet" href=(head.style.address());
                @if let Some(script) = head.script { script src=(script.address()) defer {} }
            }
            body class=[class] {
                header.bar { (bar) }
                main #main { (content) }
                (imprint(head.brand))
            }
        }
    };
    match shown(&document.0) {
        Cow::Borrowed(_) => document,
        Cow::Owned(visible) => PreEscaped(visible),
    }
}

/// The support address and the imprint, if they are set.
fn imprint(brand: &Brand) -> Markup {
    html! {
        @if brand.support.is_some() || !brand.imprint.is_empty() {
            footer.imprint {
                @if let Some(support) = &brand.support {
                    p { "Questions? Write to " a href={ "mailto:" (support) } { (support) } "." }
                }
                @for line in &brand.imprint { p { (linked(line)) } }
            }
        }
    }
}

/// A line of text, with a link for each address in it.
fn linked(line: &str) -> Markup {
    html! {
        @for word in line.split_inclusive(' ') {
            @let address = word.trim_end_matches([' ', '.', ',', ';', ')']);
            @if address.starts_with("https://") && address.parse::<Uri>().is_ok() {
                a href=(address) { (address) } (word[address.len()..])
            } @else { (word) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_the_imprint_is_a_link() {
        let line = |text| linked(text).0;
        assert_eq!(
            line("See https://acme.example/imprint?a=1&b=2, Prague."),
            "See <a href=\"https://acme.example/imprint?a=1&amp;b=2\">https://acme.example/imprint?a=1&amp;b=2</a>, Prague."
        );
        for plain in
            ["Acme Ltd.", "https://", "https:// x", "javascript:alert(1)", "see http://acme.example", ""]
        {
            assert_eq!(line(plain), plain);
        }
    }

    #[test]
    fn nothing_on_a_page_is_invisible() {
        let brand = Brand::default();
        let head =
            Head { brand: &brand, title: "pay\u{200b}roll", style: brand.pickup_style(), script: None };
        let page =
            document(&head, &html! { p title="a\u{2060}b" { "\u{202e}pay\u{feff}roll\u{7}\n❤\u{fe0f}" } }).0;
        assert!(
            page.contains("<title>payroll · Jeton</title>")
                && page.contains("title=\"ab\">payroll\n❤\u{fe0f}</p>"),
            "{page}"
        );
    }

    #[test]
    fn a_brand_is_the_name_and_the_end_of_a_page() {
        let brand = Brand::default().named("Acme <Tokens>");
        assert!(brand.is_err());
        let brand = Brand::default().named("Acme & Co.").unwrap().supported_by("help@acme.com").unwrap();
        let brand = brand.published_by("Acme <Ltd>\nPrague").unwrap();
        let head = Head { brand: &brand, title: "Pick up", style: brand.pickup_style(), script: None };
        let page = document(&head, &html! {}).0;
        assert!(
            page.contains("<title>Pick up · Acme &amp; Co.</title>") && !page.contains("Jeton"),
            "{page}"
        );
        assert!(
            page.contains("mailto:help@acme.com") && page.contains("<p>Acme &lt;Ltd&gt;</p><p>Prague</p>"),
            "{page}"
        );
    }
}
