//! Output of the commands: standard output, standard error, tables and JSON.
//!
//! The whole crate uses the `println!`, `eprintln!` and `eprint!` of this module. They differ from the standard ones in
//! three ways: they remove control characters; a closed pipe (`jeton token list | head -1`) is no error; and another write
//! error, such as a full disk, makes the command fail at its end instead of panicking.

mod jq;
mod printable;
mod progress;
mod select;
mod stdout;
mod terminal;

use std::{
    cell::RefCell,
    fmt,
    io::{self, Write as _},
};

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, presets};
pub use printable::printable;
pub use progress::{bar, spinner};
use serde_json::Value;
pub use stdout::{could_take, is_open, line, lines, lost, may_be_missed, raw};
pub use terminal::{Style, is_narrow, show_all};

/// Prints a line to standard output.
macro_rules! println {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

/// Prints a line to standard error.
macro_rules! eprintln {
    () => { $crate::output::beside(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::beside(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints to standard error without a line break, such as a question.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::output::beside(format_args!($($text)*)) };
}

/// Writes to standard error. Errors are ignored, because there is nowhere to report them.
pub fn beside(text: fmt::Arguments<'_>) {
    drop(io::stderr().lock().write_all(printable::lines(&text.to_string()).as_bytes()));
}

thread_local! {
    /// How JSON is printed. Commands print from the main thread.
    static FORMAT: RefCell<Format> = RefCell::default();
}

/// How JSON is printed.
#[derive(Default)]
struct Format {
    /// The fields; all if there are none.
    fields: Vec<String>,
    /// A filter of jq.
    filter: Option<jq::Filter>,
}

/// Sets the fields of JSON, and the filter that it goes through.
///
/// Errors: the filter has a mistake.
pub fn format(fields: Vec<String>, filter: Option<&str>) -> Result<(), String> {
    let filter = filter.map(jq::Filter::compile).transpose()?;
    FORMAT.set(Format { fields, filter });
    Ok(())
}

/// Prints JSON, indented, with its fields in their order.
pub fn json(value: &Value) {
    FORMAT.with_borrow(|format| format.print(value, |value| format!("{value:#}")));
}

/// Prints JSON on one line.
pub fn json_line(value: &Value) {
    FORMAT.with_borrow(|format| format.print(value, Value::to_string));
}

impl Format {
    fn print(&self, value: &Value, text: fn(&Value) -> String) {
        let (chosen, unknown) = if self.fields.is_empty() {
            (None, None)
        } else {
            Some(select::select(value, &self.fields)).unzip()
        };
        if let Some((field, known)) = unknown.flatten() {
            eprintln!("jeton: warning: nothing has the field {field}; there are {}", known.join(", "));
        }
        let value = chosen.as_ref().unwrap_or(value);
        let Some(filter) = &self.filter else {
            return line(format_args!("{}", printable::json(&text(value))));
        };
        for found in filter.run(&value.to_string()) {
            match found {
                Ok(jq::Found::Text(text)) => line(format_args!("{text}")),
                Ok(jq::Found::Json(json)) => line(format_args!("{}", printable::json(&json))),
                // A secret that is not printed is lost, as on a full disk.
                Err(why) => return stdout::lose(io::Error::other(format!("--jq: {why}"))),
            }
        }
    }
}

/// The columns that are shortened on a narrow terminal. Others, such as ids and times, are of no use in part.
const TEXTS: [&str; 6] = ["description", "may", "right", "outcome", "name", "address"];

/// Prints a table.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    styled_table(heading, rows.into_iter().map(|row| (Style::Plain, row)));
}

/// Prints a table whose rows have colours.
pub fn styled_table(heading: &[&str], rows: impl IntoIterator<Item = (Style, Vec<String>)>) {
    let mut table = plain();
    let mut header: Row = heading.iter().map(|name| name.to_uppercase()).into();
    header.max_height(1);
    table.set_header(header);
    let mut styles = vec![Style::Bold];
    for (style, row) in rows {
        let mut row: Row = row.iter().map(|cell| printable(cell)).into();
        // A row is a line, also where it is shortened.
        row.max_height(1);
        table.add_row(row);
        styles.push(style);
    }
    if let Some(width) = terminal::width() {
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_truncation_indicator("…");
        for (column, name) in table.column_iter_mut().zip(heading) {
            if !TEXTS.contains(name) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    for (line, style) in table.lines().zip(styles) {
        raw(format!("{}\n", style.of(line.trim())).as_bytes());
    }
}

/// Prints labels and values, one pair per line.
pub fn facts(facts: &[(&str, String)]) {
    print(&of(facts));
}

/// Prints labels and values to standard error.
pub fn aside(facts: &[(&str, String)]) {
    for line in of(facts).lines() {
        eprintln!("{}", line.trim_end());
    }
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
