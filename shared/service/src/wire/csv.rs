//! Tables for spreadsheets (RFC 4180).

/// What a file begins with, so that a spreadsheet reads it as UTF-8.
pub const BEGINNING: &str = "\u{feff}";

/// A row of a table, with its end.
pub fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula: whoever names a token does not compute in the spreadsheet of whoever
/// exports its history. An apostrophe makes text of what would be one. A spreadsheet of another locale divides at
/// semicolons, tabs or bars, and does not see the quotes then; so what follows one of those, or begins a line, may be a
/// cell as well.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut begins = true;
    for letter in text.chars() {
        match letter {
            '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}' if begins => {
                out.push('\'');
                begins = false;
            }
            ';' | '\t' | '|' | '\r' | '\n' => {
                if begins && out.is_empty() {
                    out.push('\'');
                }
                begins = true;
            }
            _ if letter.is_whitespace() || letter == '"' || letter == '\u{feff}' => {}
            _ => begins = false,
        }
        out.push(letter);
    }
    if out.len() > text.len() || out.contains(['"', ',', ';', '\t', '|', '\r', '\n']) {
        format!("\"{}\"", out.replace('"', "\"\""))
    } else {
        out
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
            "\"=1+1",
        ] {
            let row = row(&["x".to_owned(), evil.to_owned(), "y".to_owned()]);
            for part in row.split([',', ';', '\t', '|', '\r', '\n']) {
                let begins = part.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
                assert!(!begins.starts_with(['=', '+', '-', '@', '\u{ff1d}']), "{evil:?}: {row:?}");
            }
        }
    }
}
