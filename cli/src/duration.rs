//! Durations on the command line, such as `7d`.

/// Reads a duration: `90s`, `30m`, `1h`, `7d`, `2w`, or `0`; in seconds. Another number without a unit is more often meant in days
/// than in seconds.
pub fn seconds(text: &str) -> Result<i64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" if text == "0" => 0,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err("a duration is a number followed by s, m, h, d or w, such as 7d".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a duration starts with a number, such as 7d".to_owned())?;
    let seconds = number.checked_mul(unit).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.ok_or_else(|| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let read = |text| seconds(text).ok();
        assert_eq!(
            [read("0"), read("90s"), read("30m"), read("1h"), read("7d"), read("2w")].map(Option::unwrap),
            [0, 90, 1800, 3600, 604_800, 1_209_600]
        );
        for text in ["", "90", "00", "h", "1y", "1.5h", "-1h", "99999999999999999w", "1 h"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
