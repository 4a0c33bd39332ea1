//! What the commands write. All of it goes through here.
//!
//! `println!`, `eprintln!` and `eprint!` are those of this module in the whole crate. They differ from the standard
//! ones in three ways: nobody's text steers the terminal; a reader that has gone (`jeton token list | head -1`) ends
//! nothing and is no error; and what cannot be written for another reason, such as a full disk, makes the command
//! fail at its end in place of a panic in its midst.

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

/// A line of the result.
macro_rules! println {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

/// A line beside the result.
macro_rules! eprintln {
    () => { $crate::output::beside(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::beside(format_args!("{}\n", format_args!($($text)*))) };
}

/// The beginning of a line beside the result, such as a question.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::output::beside(format_args!($($text)*)) };
}

/// Writes to standard error. When nobody reads that, nothing can be done about it.
pub fn beside(text: fmt::Arguments<'_>) {
    drop(io::stderr().lock().write_all(printable::lines(&text.to_string()).as_bytes()));
}

/// Writes over the line of a terminal that is written beside the result.
pub fn progress(text: fmt::Arguments<'_>) {
    drop(io::stderr().lock().write_all(format!("\r{text}\r").as_bytes()));
}

/// Prints JSON as it came, in lines that can be read.
pub fn json(value: &Value) {
    line(format_args!("{}", printable::json(&format!("{value:#}"))));
}

/// Prints JSON in one line.
pub fn json_line(value: &Value) {
    line(format_args!("{}", printable::json(&value.to_string())));
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
