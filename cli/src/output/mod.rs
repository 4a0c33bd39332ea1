//! Output of the commands: standard output, standard error, tables and JSON.
//!
//! The whole crate uses the `println!`, `eprintln!` and `eprint!` of this module. They differ from the standard ones in
//! three ways: they remove control characters; a closed pipe (`jeton token list | head -1`) is no error; and another write
//! error, such as a full disk, makes the command fail at its end instead of panicking.

mod printable;
mod stdout;

use std::{
    fmt,
    io::{self, Write as _},
};

use comfy_table::{Table, presets};
pub use printable::printable;
use serde_json::Value;
pub use stdout::{could_take, is_open, line, lost, may_be_missed, raw};

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

/// Clears the current line of standard error on a terminal.
pub fn progress(text: fmt::Arguments<'_>) {
    drop(io::stderr().lock().write_all(format!("\r{text}\r").as_bytes()));
}

/// Prints JSON, indented, with its fields in their order.
pub fn json(value: &Value) {
    line(format_args!("{}", printable::json(&format!("{value:#}"))));
}

/// Prints JSON on one line.
pub fn json_line(value: &Value) {
    line(format_args!("{}", printable::json(&value.to_string())));
}

/// Prints a table.
pub fn table(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = plain();
    table.set_header(heading.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    print(&table);
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
