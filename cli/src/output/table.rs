//! Tables and labelled values, in the width of a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::printable;

/// The spaces between columns.
const GAP: &str = "  ";

/// The columns that are shortened on a narrow terminal, from what width on, and whether in their middle: descriptions often differ at
/// their end. Rights are whole where they are counted, as in `40 buckets (12 write)`. Other columns, such as ids, are of no use in part.
const TEXTS: [(&str, usize, bool); 6] = [
    ("description", 16, true),
    ("name", 16, true),
    ("address", 28, true),
    ("may", 21, false),
    ("right", 21, false),
    ("outcome", 21, false),
];

/// The narrowest part of a terminal that a value is wrapped in.
const NARROWEST: usize = 20;

/// A table, whose texts are printable.
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of texts of others.
    pub fn new(heading: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let rows = rows.into_iter().map(|row| row.iter().map(|cell| printable(cell)).collect());
        Self { heading: heading.iter().map(|&name| name.to_owned()).collect(), rows: rows.collect() }
    }

    /// Whether texts have to be shortened within this width, even if times are days.
    pub fn shortens(&self, width: usize) -> bool {
        let days = Self { heading: self.heading.clone(), rows: with_days(&self.rows) };
        total(&days.widths()) > width
    }

    /// Its lines: the heading first. On a terminal of this width, times yield first and become days, and then texts are shortened,
    /// to their least width at most.
    pub fn lines(mut self, width: Option<usize>) -> Vec<String> {
        let mut widths = self.widths();
        if let Some(width) = width.filter(|width| total(&widths) > *width) {
            self.rows = with_days(&self.rows);
            widths = self.widths();
            self.shorten(&mut widths, width);
        }
        let heading = self.heading.iter().map(|name| name.to_uppercase()).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).zip(&self.heading);
            let cells = cells.map(|((cell, width), name)| padded(cell, *width, is_middle(name)));
            cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
        };
        [&heading].into_iter().chain(&self.rows).map(line).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |(column, name): (usize, &String)| {
            let cells = self.rows.iter().filter_map(|row| Some(row.get(column)?.width()));
            cells.chain([name.width()]).max().unwrap_or_default()
        };
        self.heading.iter().enumerate().map(widest).collect()
    }

    /// Takes what is too much from the texts, each time from the one with the most beyond its least width. If none has more than that, lines
    /// are wider than the terminal: shorter texts could not be told apart.
    fn shorten(&self, widths: &mut [usize], limit: usize) {
        let least = |column: usize| {
            let name = &self.heading[column];
            TEXTS.iter().find(|(text, ..)| text == name).map(|(_, least, _)| (*least).max(name.width()))
        };
        let texts: Vec<_> = (0..widths.len()).filter_map(|column| Some((column, least(column)?))).collect();
        for _ in limit..total(widths) {
            let beyond = |(column, least): &&(usize, usize)| widths[*column].saturating_sub(*least);
            let most = texts.iter().filter(|text| beyond(text) > 0).max_by_key(beyond);
            let Some((column, _)) = most else { return };
            widths[*column] -= 1;
        }
    }
}

/// Labels and values, one pair for each line. A value that is wider than a terminal is wrapped.
pub fn facts(facts: &[(&str, String)], width: Option<usize>) -> Vec<String> {
    let label = facts.iter().map(|(name, _)| name.width() + 1).max().unwrap_or_default();
    let indent = label + GAP.len();
    let room = width.and_then(|width| width.checked_sub(indent)).filter(|room| *room >= NARROWEST);
    let lines = facts.iter().flat_map(|(name, value)| {
        let parts = wrapped(&printable(value), room.unwrap_or(usize::MAX));
        parts.into_iter().enumerate().map(move |(number, part)| {
            let name = if number == 0 { format!("{name}:") } else { String::new() };
            format!("{}{GAP}{part}", padded(&name, label, false)).trim_end().to_owned()
        })
    });
    lines.collect()
}

/// Breaks a text at spaces.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn is_middle(name: &str) -> bool {
    TEXTS.iter().any(|(text, _, middle)| text == &name && *middle)
}

/// Rows whose times are days, such as `2026-01-31` of `2026-01-31T12:00:00+0000`.
fn with_days(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let day = |cell: &String| {
        let is_time = |text: &str| text.parse::<jeton_core::time::Timestamp>().is_ok();
        let (time, rest) = cell.split_once(' ').map_or((cell.as_str(), ""), |(time, rest)| (time, rest));
        match time.split_once('T') {
            Some((day, _)) if is_time(time) && rest.is_empty() => day.to_owned(),
            Some((day, _)) if is_time(time) => format!("{day} {rest}"),
            _ => cell.clone(),
        }
    };
    rows.iter().map(|row| row.iter().map(day).collect()).collect()
}

/// A text in exactly this width.
fn padded(text: &str, width: usize, in_middle: bool) -> String {
    let mut out = if text.width() <= width { text.to_owned() } else { shortened(text, width, in_middle) };
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(out.width())));
    out
}

/// A text that is shortened to this width, with an ellipsis at its end or in its middle.
fn shortened(text: &str, width: usize, in_middle: bool) -> String {
    let room = width.saturating_sub(1);
    let end = if in_middle { room / 2 } else { 0 };
    let mut tail: Vec<char> = taken(text.chars().rev(), end);
    // A mark on a letter that is cut off is cut off, too.
    while tail.last().is_some_and(|c| c.width() == Some(0)) {
        tail.pop();
    }
    let head = taken(text.chars(), room - end);
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// The first characters that fit.
fn taken(text: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut left = room;
    let fits = |c: &char| {
        let rest = left.checked_sub(c.width().unwrap_or(0));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    text.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: [&str; 5] = ["id", "description", "may", "expires", "last used"];

    fn tokens(rows: &[(&str, &str)]) -> Table {
        let rows = rows.iter().map(|(description, may)| {
            let cells = ["1885274198373", description, may, "2026-12-29T12:00:00+0000", "2026-11-29"];
            cells.map(str::to_owned).to_vec()
        });
        Table::new(&HEADING, rows)
    }

    #[test]
    fn times_become_days_before_a_text_is_shortened() {
        let table = || tokens(&[("Nightly import", "read in.c-main")]);
        assert_eq!(
            table().lines(Some(80))[1],
            "1885274198373  Nightly import  read in.c-main  2026-12-29  2026-11-29"
        );
        assert!(table().lines(None)[1].contains("2026-12-29T12:00:00+0000"));
        assert!(!table().shortens(80) && table().shortens(60));
    }

    #[test]
    fn names_are_told_apart_and_counted_rights_are_whole_in_80_columns() {
        let lines = tokens(&[
            ("Nightly import of orders, Prague", "40 buckets (12 write)"),
            ("Nightly import of orders, Vienna", "read in.c-orders"),
        ])
        .lines(Some(80));
        assert_eq!(
            lines,
            [
                "ID             DESCRIPTION         MAY                    EXPIRES     LAST USED",
                "1885274198373  Nightly i…, Prague  40 buckets (12 write)  2026-12-29  2026-11-29",
                "1885274198373  Nightly i…, Vienna  read in.c-orders       2026-12-29  2026-11-29",
            ]
        );
    }

    #[test]
    fn a_line_is_as_wide_as_the_terminal_unless_that_is_too_narrow_to_tell_texts_apart() {
        let rows = [("東京の毎晩のインポートとその他の仕事", "read in.c-a, read in.c-b, read in.c-c")];
        for width in 78..130 {
            let lines = tokens(&rows).lines(Some(width));
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
        }
        for width in [1, 20, 40, 60] {
            assert_eq!(tokens(&rows).lines(Some(width)), tokens(&rows).lines(Some(78)), "{width}");
        }
    }

    #[test]
    fn a_cell_that_is_empty_keeps_the_columns_in_line() {
        let rows = [["*", "a"], ["", "b"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(Table::new(&["", "name"], rows).lines(None), ["   NAME", "*  a", "   b"]);
    }

    #[test]
    fn a_long_value_is_wrapped_behind_its_label() {
        let rights = "read in.c-a, read in.c-b, write in.c-c";
        let values = [("May", rights.to_owned()), ("  Kept in", "a file".to_owned())];
        assert_eq!(facts(&values, None), [format!("May:        {rights}"), "  Kept in:  a file".to_owned()]);
        assert_eq!(
            facts(&values, Some(38)),
            ["May:        read in.c-a, read in.c-b,", "            write in.c-c", "  Kept in:  a file"]
        );
        assert_eq!(facts(&values, Some(20)), facts(&values, None));
    }
}
