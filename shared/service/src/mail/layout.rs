//! The layout of all mails, as HTML and text. Nothing in a mail is loaded from a server.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plain::{known, may_be_linked, unlinked_lines};

/// Labels and values.
pub type Facts = Vec<(&'static str, String)>;

const SANS: &str = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";
const BODY: &str = "margin:0;padding:24px 12px;background:#f6f7f9;color:#1a1d23";
const MARK: &str = "max-width:560px;margin:0 auto 12px;font-weight:700";
const SHEET: &str = "max-width:560px;box-sizing:border-box;margin:0 auto;padding:12px 28px 16px;background:#ffffff;\
                     border:1px solid #e1e4ea;border-radius:12px;overflow-wrap:anywhere";
const FACT: &str = "padding:5px 20px 5px 0;text-align:left;vertical-align:top;font-weight:400";
const QUOTE: &str = "margin:16px 0;padding:2px 0 2px 14px;border-left:3px solid #858d9b";
const CODE: &str = "font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:2px;margin:16px 0";
const BUTTON: &str = "display:inline-block;padding:11px 20px;background:#3f51c7;color:#ffffff;font-weight:600;\
                      text-decoration:none;border-radius:8px";
const SMALL: &str = "font-size:14px;color:#59606c";
const LINK: &str = "color:#3f51c7;overflow-wrap:anywhere";

/// The style sheet for dark mode. It must override the inline styles, which exist for clients that drop style sheets.
const DARK: &str = "@media (prefers-color-scheme:dark){\
                    .ground{background:#101216!important;color:#e9ebef!important}\
                    .sheet{background:#181b21!important;border-color:#2b3039!important}\
                    .soft{color:#a2a9b6!important}.link{color:#a3b0ff!important}\
                    .button{background:#a3b0ff!important;color:#12162e!important}}";

/// The maximum width of a text line, which leaves room for quoting.
const WIDTH: usize = 76;

/// The HTML document of a mail. Mail clients preview its first sentence next to the subject.
pub fn sheet(title: &str, content: &Markup) -> String {
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
                style { (PreEscaped(DARK)) }
            }
            body.ground style={ (BODY) ";font:16px/1.55 " (SANS) } {
                main {
                    div.sheet style=(SHEET) { (content) }
                    p.soft style={ (MARK) ";" (SMALL) ";margin-top:14px" } { "Jeton" }
                }
            }
        }
    }
    .into_string()
}

/// The plain text of a mail: its paragraphs, wrapped at [`WIDTH`], except for links.
pub fn text(paragraphs: &[&str]) -> String {
    let lines: Vec<_> = paragraphs.join("\n\n").lines().map(|line| wrapped(line, beginning(line))).collect();
    lines.join("\n") + "\n"
}

/// The indentation of wrapped lines: the quotation mark of a quoted line, or spaces below the text of a list item or value.
fn beginning(line: &str) -> &'static str {
    match line {
        _ if line.starts_with("> ") => "> ",
        _ if line.starts_with(['-', ' ']) => "  ",
        _ => "",
    }
}

/// Wraps a line.
fn wrapped(line: &str, next: &str) -> String {
    let width = |text: &str| text.chars().filter(|letter| *letter != '\u{2060}').count();
    let (mut out, mut used) = (String::with_capacity(line.len()), 0);
    for (at, word) in line.split(' ').enumerate() {
        let wide = width(word);
        if at > 0 && used + 1 + wide > WIDTH && used > next.len() {
            out.push('\n');
            out.push_str(next);
            used = next.len();
        } else if at > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out
}

/// Labels and values as lines, aligned. A long value is indented below itself: values are untrusted, and must not start a line
/// that looks like one of Jeton.
pub fn facts_text(facts: &[(&str, String)]) -> String {
    let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let below = " ".repeat(widest);
    let line = |name: &str, fact: &str| wrapped(&format!("{:widest$}{fact}", format!("{name}:")), &below);
    let lines: Vec<_> = facts.iter().map(|(name, fact)| line(name, fact)).collect();
    lines.join("\n")
}

/// Labels and values in HTML.
pub fn facts_html(facts: &[(&str, String)]) -> Markup {
    html! {
        table style="border-collapse:collapse;margin:16px 0" {
            @for (name, fact) in facts {
                tr {
                    th.soft scope="row" style={ (FACT) ";white-space:nowrap;color:#59606c" } { (name) }
                    td style=(FACT) { (fact) }
                }
            }
        }
    }
}

/// The link of a mail, as a button and in full, so that its target is visible.
pub fn link(label: &str, link: &str) -> Markup {
    html! {
        p style="margin:24px 0 12px" { a.button href=(link) style=(BUTTON) { (label) } }
        p.soft style=(SMALL) { "Or copy this address: " a.link href=(link) style=(LINK) { (link) } }
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

/// An untrusted message in HTML, as a quotation without links.
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

/// An untrusted message in plain text. Every line starts with `>`, so that none looks like one of Jeton.
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

    #[test]
    fn no_line_is_wider_than_a_client_shows_but_for_a_link() {
        let words = "word ".repeat(60);
        let link = format!("https://jeton.example.org/pickup/12#{}", "s".repeat(80));
        let quote = quote_text(&words);
        let list = format!("- {words}");
        let text = text(&[words.trim(), &link, &quote, list.trim()]);
        assert!(text.lines().all(|line| line == link || line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains(&format!("\n\n{link}\n\n")), "{text}");
        let quoted =
            text.lines().skip_while(|line| !line.starts_with("> ")).take_while(|line| !line.is_empty());
        assert!(quoted.clone().count() > 3 && quoted.clone().all(|line| line.starts_with("> ")), "{text}");
    }

    #[test]
    fn facts_stand_in_columns() {
        let facts = [("Project", "Sales".to_owned()), ("To", "Bob".to_owned())];
        assert_eq!(facts_text(&facts), "Project: Sales\nTo:      Bob");
        let long = facts_text(&[("To", "word ".repeat(40).trim().to_owned())]);
        let text = text(&["Somebody writes.", &long]);
        assert!(text.lines().skip(3).all(|line| line.starts_with("    word")), "{text}");
        assert!(text.lines().count() > 4 && text.lines().all(|line| line.len() <= WIDTH), "{text}");
    }
}
