//! Compares output with a page.

/// The wildcard.
const ANYTHING: char = '…';

/// Whether all of the output is what the lines show.
pub fn same(shown: &[String], printed: &str) -> bool {
    let printed: Vec<&str> = printed.trim_end().lines().collect();
    lines_match(shown, &printed, false)
}

/// Whether the output starts with what the lines show.
pub fn begins(shown: &[String], printed: &str) -> bool {
    let printed: Vec<&str> = printed.lines().collect();
    lines_match(shown, &printed, true)
}

fn lines_match(shown: &[String], printed: &[&str], rest: bool) -> bool {
    let Some((first, others)) = shown.split_first() else { return rest || printed.is_empty() };
    if first.trim() == ANYTHING.to_string() {
        return (0..=printed.len()).any(|skipped| lines_match(others, &printed[skipped..], rest));
    }
    let Some((line, further)) = printed.split_first() else { return false };
    line_matches(first.trim_end(), line.trim_end()) && lines_match(others, further, rest)
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let Some((start, rest)) = shown.split_once(ANYTHING) else { return shown == printed };
    let Some(printed) = printed.strip_prefix(start) else { return false };
    let places = printed.char_indices().map(|(at, _)| at).chain([printed.len()]);
    places.into_iter().any(|at| line_matches(rest, &printed[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn dots_stand_for_anything_within_a_line() {
        for (shown, printed) in [
            ("", ""),
            ("a b", "a b"),
            ("a b", "a b\n"),
            ("…", "příliš žluťoučký"),
            ("{\"id\":\"…\",…}", "{\"id\":\"123\",\"token\":\"x\"}"),
            ("a…b…c", "abbbc"),
            ("a…", "a"),
        ] {
            assert!(same(&lines(shown), printed), "{shown} {printed}");
        }
        for (shown, printed) in
            [("a", ""), ("", "a"), ("a", "ab"), ("a…b", "a\nb"), ("a…b", "ab c"), ("x…", "ax"), ("a\nb", "a")]
        {
            assert!(!same(&lines(shown), printed), "{shown} {printed}");
        }
    }

    #[test]
    fn dots_alone_stand_for_any_number_of_lines() {
        for printed in ["a\nz", "a\nb\nz", "a\n\nz\nz"] {
            assert!(same(&lines("a\n…\nz"), printed), "{printed}");
        }
        assert!(!same(&lines("a\n…\nz"), "a\nz\nb"));
        assert!(same(&lines("…"), ""));
    }

    #[test]
    fn a_beginning_may_go_on() {
        assert!(begins(&lines("a\n…\nc"), "a\nb\nc\nd"));
        assert!(begins(&[], "a"));
        assert!(!begins(&lines("b"), "a\nb"));
    }
}
