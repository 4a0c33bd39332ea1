//! CSV for spreadsheets (RFC 4180).

/// The byte order mark, from which spreadsheets detect UTF-8.
pub const BEGINNING: &str = "\u{feff}";

/// A CSV row, with its line break.
pub fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// What a spreadsheet may parse from the present position in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// Nothing: within a cell.
    No,
    /// A cell, of any content.
    Cell,
    /// A word after white space. A sign alone is a dash.
    Word,
    /// A value after a comma or colon, as in JSON. A sign may begin a number.
    Value,
}

/// Escapes a cell against formula injection: the name of a token must not run a formula in the spreadsheet of someone
/// who exports its history. An apostrophe makes a formula text. Spreadsheets of other locales split at semicolons, and
/// on request at tabs, spaces, colons or bars, and ignore quotes then. So text after one of those, or at the start of
/// a line, may be a cell as well.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut begins = Begins::Cell;
    for (at, letter) in text.char_indices() {
        match letter {
            '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
                if begins != Begins::No =>
            {
                if !is_harmless(begins, &text[at..]) {
                    out.push('\'');
                }
                begins = Begins::No;
            }
            ';' | '\t' | '|' | '\r' | '\n' => {
                if begins == Begins::Cell && out.is_empty() {
                    out.push('\'');
                }
                begins = Begins::Cell;
            }
            ',' | ':' => begins = Begins::Value,
            _ if letter.is_whitespace() => {
                if begins == Begins::No {
                    begins = Begins::Word;
                }
            }
            '"' | '\u{feff}' => {}
            _ => begins = Begins::No,
        }
        out.push(letter);
    }
    if out.len() > text.len() || out.contains(['"', ',', ';', '\t', '|', '\r', '\n']) {
        format!("\"{}\"", out.replace('"', "\"\""))
    } else {
        out
    }
}

/// Whether a text that begins with a sign is not a formula at the start of such a part.
fn is_harmless(begins: Begins, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    match begins {
        Begins::Word => rest.is_empty() || rest.starts_with(char::is_whitespace),
        Begins::Value => {
            let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            behind.len() < rest.len() && (behind.is_empty() || behind.starts_with([',', ']', '}']))
        }
        Begins::No | Begins::Cell => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_leaves_its_place() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\n", "\"say \"\"hi\"\"\n\""),
            ("=1+1", "\"'=1+1\""),
            (" =1+1", "\" '=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t'=1\""),
            ("a-b=c", "a-b=c"),
            ("[1,-5]", "\"[1,-5]\""),
            ("{\"a\":-5}", "\"{\"\"a\"\":-5}\""),
            ("one - two", "one - two"),
            ("12:00:00+0000", "12:00:00+0000"),
            ("a =1+1", "\"a '=1+1\""),
            ("a:=1+1", "\"a:'=1+1\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }

    #[test]
    fn whatever_divides_a_row_no_part_of_it_is_a_formula() {
        for evil in [
            "a;=1+1",
            "a\t=1+1",
            "a|=1+1",
            "a\n=1+1",
            "a\r=1+1",
            "a; \"=1+1",
            "a;\"\"=1+1",
            ";;=1+1",
            "a;\u{ff1d}1+1",
            "a;+1",
            "a;-1",
            "a;@x",
            "a =1+1",
            "a -1+1",
            "a  @x",
            "a\u{a0}=1+1",
            "a:=1+1",
            "a: +1+1",
            "a:-1+cmd",
            "a: \"=1+1",
            "a,=1+1",
            "a,-1+1",
            ":=1+1",
            ",=1+1",
            "\"=1+1",
        ] {
            let row = row(&["x".to_owned(), evil.to_owned(), "y".to_owned()]);
            for part in row
                .split([',', ';', ':', '\t', '|', '\r', '\n'])
                .flat_map(|part| part.split(char::is_whitespace))
            {
                let begins = part.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                assert!(!begins.starts_with(['=', '+', '-', '@', '\u{ff1d}']), "{evil:?}: {row:?}");
            }
        }
    }
}
