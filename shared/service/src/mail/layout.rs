//! What all mails look like: plain, narrow, without pictures or anything else fetched from afar.

use maud::{DOCTYPE, Markup, html};

use super::plain::unlinked_lines;

const BODY: &str = "margin:0;padding:24px;background:#f4f4f2;color:#1c1c1a;\
                    font:16px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";
const SHEET: &str = "max-width:560px;margin:0 auto;padding:24px 28px;background:#fff;border-radius:8px";
const QUOTE: &str = "margin:16px 0;padding:4px 0 4px 14px;border-left:3px solid #c9c9c4;color:#44443f";
const CODE: &str = "font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:2px;margin:16px 0";
const BUTTON: &str = "display:inline-block;padding:10px 18px;background:#1f5fbf;color:#fff;\
                      text-decoration:none;border-radius:6px";
const SMALL: &str = "font-size:13px;color:#6b6b65";

/// A whole mail around its content.
pub fn sheet(title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                // Phones would make a call of the code.
                meta name="format-detection" content="telephone=no";
                title { (title) }
            }
            body style=(BODY) { div style=(SHEET) { (content) } }
        }
    }
    .into_string()
}

/// The one link of a mail, as a button and in full, so that everybody can see where it leads.
pub fn link(label: &str, link: &str) -> Markup {
    html! {
        p { a href=(link) style=(BUTTON) { (label) } }
        p style=(SMALL) { "Or copy this address: " a href=(link) { (link) } }
    }
}

/// The code, large.
pub fn code(spaced: &str) -> Markup {
    html! { p style=(CODE) { (spaced) } }
}

/// The small print.
pub fn small(content: &str) -> Markup {
    html! { p style=(SMALL) { (content) } }
}

/// A stranger's message in HTML: its lines without links, marked as a quotation.
pub fn quote_html(message: &str) -> Markup {
    html! {
        blockquote style=(QUOTE) {
            @for (at, line) in unlinked_lines(message).iter().enumerate() {
                @if at > 0 { br; }
                (line)
            }
        }
    }
}

/// A stranger's message in plain text: every line begins with `>`, so that none can pass for
/// Jeton's own.
pub fn quote_text(message: &str) -> String {
    let lines: Vec<_> =
        unlinked_lines(message).iter().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_keeps_its_lines_and_its_place() {
        let message = "Hi <Bob>,\n\nCode: 000 000\nhttps://evil.example";
        let text = quote_text(message);
        assert!(text.starts_with("> Hi <Bob>,\n>\n> Code: 000 000\n> https"), "{text}");
        assert!(!text.contains("https://"));
        let html = quote_html(message).into_string();
        assert!(html.contains("Hi &lt;Bob&gt;,<br><br>Code"), "{html}");
        assert!(!html.contains("https://"));
    }
}
