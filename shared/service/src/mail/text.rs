//! The plain text of mails.

use super::plain::unlinked_lines;

/// The maximum width of a line, which leaves room for quoting.
const WIDTH: usize = 76;

/// The plain text of a mail.
pub fn text(paragraphs: &[String]) -> String {
    paragraphs.join("\n\n") + "\n"
}

/// A paragraph, wrapped at [`WIDTH`], except for links and other long words.
pub fn paragraph(text: &str) -> String {
    text.lines().map(|line| wrapped(line, beginning(line))).collect::<Vec<_>>().join("\n")
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
    let (mut out, mut used) = (String::with_capacity(line.len()), 0);
    for (at, word) in line.split(' ').enumerate() {
        let wide = word.chars().count();
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
/// that looks like one of Jeton. The link that belongs to them is a line of its own.
pub fn facts(facts: &[(&str, String)], link: Option<(&str, &str)>) -> String {
    let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let below = format!("\n{:widest$}", "");
    let row = |name: &str, fact: &str| {
        format!("{:widest$}{}", format!("{name}:"), in_column(fact, WIDTH - widest).join(&below))
    };
    let rows = facts.iter().map(|(name, fact)| row(name, fact));
    rows.chain(link.map(|(label, link)| format!("{label}:\n{link}"))).collect::<Vec<_>>().join("\n")
}

/// A value as lines of this width. A longer word is a line of its own: cut, an address would be another one.
fn in_column(value: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in value.split(' ') {
        let wide = word.chars().count();
        if used > 0 && used + 1 + wide > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += wide;
    }
    lines
}

/// An untrusted message. Every line starts with `>`, so that none looks like one of Jeton.
pub fn quote(message: &str) -> String {
    let lines: Vec<_> =
        unlinked_lines(message).iter().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    paragraph(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::layout;

    fn all(paragraphs: &[&str]) -> String {
        text(&paragraphs.iter().map(|text| paragraph(text)).collect::<Vec<_>>())
    }

    #[test]
    fn a_quotation_keeps_its_lines_and_its_place() {
        let message = "Hi <Bob>,\n\nCode: 000 000\nhttps://evil.example";
        let text = quote(message);
        assert!(text.starts_with("> Hi <Bob>,\n>\n> Code: 000 000\n> https"), "{text}");
        assert!(!text.contains("https://"));
        let html = layout::quote(message).into_string();
        assert!(html.contains("Hi &lt;Bob&gt;,<br><br>Code"), "{html}");
        assert!(!html.contains("https://"));
    }

    #[test]
    fn no_line_is_wider_than_a_client_shows_but_for_a_link() {
        let words = "word ".repeat(60);
        let link = format!("https://jeton.example.org/pickup/12#{}", "s".repeat(80));
        let quote = quote(&words);
        let list = format!("- {words}");
        let text = all(&[words.trim(), &link, &quote, list.trim()]);
        assert!(text.lines().all(|line| line == link || line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains(&format!("\n\n{link}\n\n")), "{text}");
        let quoted =
            text.lines().skip_while(|line| !line.starts_with("> ")).take_while(|line| !line.is_empty());
        assert!(quoted.clone().count() > 3 && quoted.clone().all(|line| line.starts_with("> ")), "{text}");
    }

    #[test]
    fn facts_stand_in_columns() {
        let some = [("Project", "Sales".to_owned()), ("To", "Bob".to_owned())];
        assert_eq!(facts(&some, None), "Project: Sales\nTo:      Bob");
        assert!(facts(&some, Some(("Open", "https://x"))).ends_with("To:      Bob\nOpen:\nhttps://x"));
        // Long words, such as addresses, are in their column, too, and whole.
        for long in
            ["a".repeat(69), "重".repeat(255), format!("Report {}@example.org of Sales", "a".repeat(80))]
        {
            let text = text(&[facts(&[("Project", "Sales".to_owned()), ("Token", long.clone())], None)]);
            let value =
                text.strip_prefix("Project: Sales\nToken:   ").expect("the value begins beside its label");
            assert_eq!(value.trim_end().replace("\n         ", " "), long);
        }
        let long = facts(&[("To", "word ".repeat(40).trim().to_owned())], None);
        let text = all(&["Somebody writes.", &long]);
        assert!(text.lines().skip(3).all(|line| line.starts_with("    word")), "{text}");
        assert!(text.lines().count() > 4 && text.lines().all(|line| line.len() <= WIDTH), "{text}");
    }
}
