//! What people read.

use comfy_table::{Table, presets};
use serde_json::Value;

/// Prints JSON as it came, in lines that can be read.
pub fn json(value: &Value) {
    println!("{value:#}");
}

/// Prints rows below their heading, in columns.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = plain();
    table.set_header(heading.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    print(&table);
}

/// Prints facts, each below the one before.
pub fn facts(facts: &[(&str, String)]) {
    print(&of(facts));
}

/// Prints facts beside the result, which goes to standard output alone.
pub fn aside(facts: &[(&str, String)]) {
    for line in of(facts).lines() {
        eprintln!("{}", line.trim_end());
    }
}

/// A text without what a terminal would obey: whoever describes a token does not steer the terminal of
/// whoever lists it.
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

fn of(facts: &[(&str, String)]) -> Table {
    let mut table = plain();
    for (name, value) in facts {
        table.add_row([format!("{name}:"), printable(value)]);
    }
    table
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

fn print(table: &Table) {
    for line in table.lines() {
        println!("{}", line.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_others_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(printable("Zürich 東京 🦀"), "Zürich 東京 🦀");
    }
}
