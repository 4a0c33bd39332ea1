//! Output of the commands: standard output, standard error, tables and JSON.
//!
//! The whole crate uses the `println!`, `eprintln!` and `eprint!` of this module. They differ from the standard ones in
//! three ways: they remove control characters and invisible ones; a closed pipe (`jeton token list | head -1`) is no error; and another write
//! error, such as a full disk, makes the command fail at its end instead of panicking.

mod jq;
mod options;
mod printable;
mod progress;
mod select;
mod stdout;
mod table;
mod terminal;

use std::{
    cell::RefCell,
    fmt,
    io::{self, Write as _},
};

pub use options::FormatOptions;
pub use printable::printable;
pub use progress::{bar, beside_progress, bytes_bar, end_progress, show, spinner};
use serde_json::Value;
pub use stdout::{Lost, could_take, is_open, line, lines, lose, lost, may_be_missed, raw};
use table::Table;
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

/// The fields that were chosen, if this one is not among them.
pub fn fields_without(field: &str) -> Option<String> {
    FORMAT.with_borrow(|format| {
        let chosen = &format.fields;
        (!chosen.is_empty() && !chosen.iter().any(|name| name == field)).then(|| chosen.join(","))
    })
}

/// Prints JSON, indented, with its fields in their order.
pub fn json(value: &Value) {
    json_with(value, "");
}

/// The same. Returns whether a part of what was printed has this text.
pub fn json_with(value: &Value, text: &str) -> bool {
    FORMAT.with_borrow(|format| format.print(value, |value| format!("{value:#}"), text))
}

/// Whether JSON goes through a filter.
pub fn is_filtered() -> bool {
    FORMAT.with_borrow(|format| format.filter.is_some())
}

/// Prints JSON on one line.
pub fn json_line(value: &Value) {
    FORMAT.with_borrow(|format| format.print(value, Value::to_string, ""));
}

impl Format {
    /// Returns whether a part of what was printed has the text that was looked for.
    fn print(&self, value: &Value, text: fn(&Value) -> String, wanted: &str) -> bool {
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
            let text = printable::json(&text(value));
            line(format_args!("{text}"));
            return text.contains(wanted);
        };
        let mut has_text = false;
        for found in filter.run(&value.to_string()) {
            let text = match found {
                Ok(jq::Found::Text(text)) => text,
                Ok(jq::Found::Json(json)) => printable::json(&json),
                // A secret that is not printed is lost, as on a full disk.
                Err(why) => {
                    lose(Lost::Filter(why));
                    break;
                }
            };
            has_text |= text.contains(wanted);
            line(format_args!("{text}"));
            // There may be no end of results.
            if lost().is_some() {
                break;
            }
        }
        has_text
    }
}

/// Prints a table.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    styled_table(heading, rows.into_iter().map(|row| (Style::Plain, row)));
}

/// Prints a table whose rows have colours.
pub fn styled_table(heading: &[&str], rows: impl IntoIterator<Item = (Style, Vec<String>)>) {
    let (mut styles, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    styles.insert(0, Style::Bold);
    for (line, style) in Table::new(heading, rows).lines(terminal::width()).iter().zip(styles) {
        raw(format!("{}\n", style.of(line)).as_bytes());
    }
}

/// Whether a table would have shortened texts.
pub fn is_shortened(heading: &[&str], rows: &[(Style, Vec<String>)]) -> bool {
    let rows = || rows.iter().map(|(_, row)| row.clone());
    terminal::width().is_some_and(|width| Table::new(heading, rows()).shortens(width))
}

/// Prints labels and values, one pair per line.
pub fn facts(facts: &[(&str, String)]) {
    for line in table::facts(facts, terminal::width()) {
        println!("{line}");
    }
}

/// Prints labels and values to standard error.
pub fn aside(facts: &[(&str, String)]) {
    for line in table::facts(facts, terminal::width_beside()) {
        eprintln!("{line}");
    }
}
