//! What all mails look like: plain, narrow, without pictures or anything else fetched from afar.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plain::{known, may_be_linked, unlinked_lines};

/// The names and values that a mail states of what has happened.
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

/// For readers who prefer dark and whose client lets a mail say how. It has to outdo the styles on
/// the elements, which are there for clients that drop a style sheet.
const DARK: &str = "@media (prefers-color-scheme:dark){\
                    .ground{background:#101216!important;color:#e9ebef!important}\
                    .sheet{background:#181b21!important;border-color:#2b3039!important}\
                    .soft{color:#a2a9b6!important}.link{color:#a3b0ff!important}\
                    .button{background:#a3b0ff!important;color:#12162e!important}}";

/// The widest line of a text that clients show without breaking it themselves, quoted once or twice.
const WIDTH: usize = 76;

/// A whole mail around its content. Its first sentence is what lists of mails show beside the subject.
pub fn sheet(title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                // Without this, clients that know dark invert the colours as they see fit.
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Phones would make a call of the code.
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

/// The mail for readers without HTML: its paragraphs, with no line wider than [`WIDTH`] but one that
/// a link needs for itself.
pub fn text(paragraphs: &[&str]) -> String {
    let lines: Vec<_> = paragraphs.join("\n\n").lines().map(|line| wrapped(line, beginning(line))).collect();
    lines.join("\n") + "\n"
}

/// How the further lines begin that one is broken into: as the first when that is quoted, below its
/// text when it belongs to a list or to a fact.
fn beginning(line: &str) -> &'static str {
    match line {
        _ if line.starts_with("> ") => "> ",
        _ if line.starts_with(['-', ' ']) => "  ",
        _ => "",
    }
}

/// One line as several.
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

/// Facts as lines, their names in one column. A long fact goes on below itself, not below its name:
/// strangers write facts, and none of their words may begin a line that could be Jeton's.
pub fn facts_text(facts: &[(&str, String)]) -> String {
    let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let below = " ".repeat(widest);
    let line = |name: &str, fact: &str| wrapped(&format!("{:widest$}{fact}", format!("{name}:")), &below);
    let lines: Vec<_> = facts.iter().map(|(name, fact)| line(name, fact)).collect();
    lines.join("\n")
}

/// The same facts in HTML.
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

/// The one link of a mail, as a button and in full, so that everybody can see where it leads.
pub fn link(label: &str, link: &str) -> Markup {
    html! {
        p style="margin:24px 0 12px" { a.button href=(link) style=(BUTTON) { (label) } }
        p.soft style=(SMALL) { "Or copy this address: " a.link href=(link) style=(LINK) { (link) } }
    }
}

/// A sentence with ids in it, which can be copied as they stand. A word that a client would take for an address has its
/// dots in elements of their own, so that it is no link.
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

/// The code, large.
pub fn code(spaced: &str) -> Markup {
    html! { p style=(CODE) { (spaced) } }
}

/// The small print.
pub fn small(content: &str) -> Markup {
    html! { p.soft style=(SMALL) { (content) } }
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
