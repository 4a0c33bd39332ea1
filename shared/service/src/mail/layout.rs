//! The HTML of mails. Nothing in a mail is loaded from a server.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plain::{known, may_be_linked, unlinked_lines};
use crate::brand::{Accent, Brand};

/// Labels and values.
pub type Facts = Vec<(&'static str, String)>;

const SANS: &str = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";
const BODY: &str = "margin:0;padding:24px 12px;background:#f6f7f9;color:#1a1d23";
const OUTSIDE: &str =
    "max-width:560px;margin:14px auto 0;font-size:14px;color:#59606c;overflow-wrap:anywhere";
const SHEET: &str = "max-width:560px;box-sizing:border-box;margin:0 auto;padding:12px 28px 16px;background:#ffffff;\
                     border:1px solid #e1e4ea;border-radius:12px;overflow-wrap:anywhere";
const FACT: &str = "padding:5px 20px 5px 0;text-align:left;vertical-align:top;font-weight:400";
const QUOTE: &str = "margin:16px 0;padding:2px 0 2px 14px;border-left:3px solid #858d9b";
const CODE: &str = "font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:2px;margin:16px 0";
const BUTTON: &str =
    "display:inline-block;padding:11px 20px;font-weight:600;text-decoration:none;border-radius:8px";
const HEADING: &str = "margin:16px 0;font-size:16px;font-weight:400";
const SMALL: &str = "font-size:14px;color:#59606c";
const LOGO: &str =
    "display:block;max-width:160px;height:40px;object-fit:contain;object-position:left;margin:8px 0 0";

/// The Content-ID of the logo.
pub const LOGO_ID: &str = "logo@jeton";

/// The style sheet for dark mode. It must override the inline styles, which exist for clients that drop style sheets.
fn dark(accent: &Accent) -> String {
    let Accent { colour, text, .. } = accent;
    format!(
        "@media (prefers-color-scheme:dark){{\
         .ground{{background:#101216!important;color:#e9ebef!important}}\
         .sheet{{background:#181b21!important;border-color:#2b3039!important}}\
         .soft{{color:#a2a9b6!important}}.link{{color:{colour}!important}}\
         .button{{background:{colour}!important;color:{text}!important}}}}"
    )
}

/// The HTML document of a mail. Mail clients preview its first sentence next to the subject. `below` are the lines below the sheet.
pub fn sheet(brand: &Brand, title: &str, content: &[Markup], below: &[String]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                // Without this, clients in dark mode invert the colours themselves.
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Phones would turn the code into a phone link.
                meta name="format-detection" content="telephone=no";
                title { (title) }
                style { (PreEscaped(dark(&brand.palette.dark))) }
            }
            body.ground style={ (BODY) ";font:16px/1.55 " (SANS) } {
                main {
                    div.sheet style=(SHEET) {
                        // Without a text of its own, which clients would preview. The name is below.
                        @if brand.logo.is_some() { img src={ "cid:" (LOGO_ID) } alt="" height="40" style=(LOGO); }
                        @for part in content { (part) }
                    }
                    div.soft style=(OUTSIDE) { @for line in below { div { (line) } } }
                }
            }
        }
    }
    .into_string()
}

/// The heading, which looks like a paragraph: it is the first sentence.
pub fn heading(sentence: &str) -> Markup {
    html! { h1 style=(HEADING) { (sentence) } }
}

/// Labels and values, and the link that belongs to them.
pub fn facts(accent: &Accent, facts: &[(&str, String)], link: Option<(&str, &str)>) -> Markup {
    html! {
        table style="border-collapse:collapse;margin:16px 0" {
            @for (name, fact) in facts {
                tr {
                    th.soft scope="row" style={ (FACT) ";white-space:nowrap;color:#59606c" } { (name) }
                    td style=(FACT) { (fact) }
                }
            }
            @if let Some((label, link)) = link {
                tr {
                    td {}
                    td style=(FACT) { a.link href=(link) style={ "color:" (accent.colour) } { (label) } }
                }
            }
        }
    }
}

/// The link of a mail, as a button and in full, so that its target is visible.
pub fn link(accent: &Accent, label: &str, link: &str) -> Markup {
    let Accent { colour, text, .. } = accent;
    html! {
        p style="margin:24px 0 12px" {
            a.button href=(link) style={ (BUTTON) ";background:" (colour) ";color:" (text) } { (label) }
        }
        p.soft style=(SMALL) {
            "Or copy this address: "
            a.link href=(link) style={ "overflow-wrap:anywhere;color:" (colour) } { (link) }
        }
    }
}

/// A sentence with ids, which can be copied. Dots in ids are wrapped in elements of their own, so that mail clients do not turn
/// them into links.
pub fn ids(sentence: &str) -> Markup {
    let sentence = known(sentence);
    html! {
        @for (at, word) in sentence.split(' ').enumerate() {
            @if at > 0 { " " }
            @if may_be_linked(word) {
                @for (at, label) in word.split('.').enumerate() {
                    @if at > 0 { span { "." } }
                    (label)
                }
            } @else { (word) }
        }
    }
}

/// The code, in large type.
pub fn code(spaced: &str) -> Markup {
    html! { p style=(CODE) { (spaced) } }
}

/// The small print.
pub fn small(content: &str) -> Markup {
    html! { p.soft style=(SMALL) { (content) } }
}

/// An untrusted message, as a quotation without links.
pub fn quote(message: &str) -> Markup {
    html! {
        blockquote style=(QUOTE) {
            @for (at, line) in unlinked_lines(message).iter().enumerate() {
                @if at > 0 { br; }
                (line)
            }
        }
    }
}
