//! Moments as people write them: RFC 3339, or a day.

use chrono::DateTime;

use super::{Day, Timestamp};

impl Timestamp {
    /// Parses RFC 3339, with or without a colon in the offset, or a day, which is its midnight in UTC. A space in place of the plus
    /// of an offset is a plus: in a URL, a plus that is not encoded is a space.
    pub fn from_moment(text: &str) -> Option<Self> {
        let (day, rest) = text.split_at_checked(10)?;
        if digits(day) != "0000-00-00" {
            return None;
        }
        if rest.is_empty() {
            return day.parse().ok().map(Day::start);
        }
        let (time, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
        let (fraction, offset) = match rest.strip_prefix('.') {
            Some(after) => {
                let end = after.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
                (&rest[..=end], &after[end..])
            }
            None => ("", rest),
        };
        let offset = match digits(offset).as_str() {
            "Z" | "z" => "Z".to_owned(),
            "+00:00" | "-00:00" => offset.to_owned(),
            " 00:00" => offset.replace(' ', "+"),
            "+0000" | "-0000" | " 0000" => format!("{}:{}", offset[..3].replace(' ', "+"), &offset[3..]),
            _ => return None,
        };
        let read = DateTime::parse_from_rfc3339(&format!("{day}T{time}{fraction}{offset}")).ok()?;
        Some(Self::from_millis(read.timestamp_millis()))
    }
}

/// The text with each digit as 0.
fn digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_rfc_3339_or_a_day_in_utc() {
        let at = |text: &str| Timestamp::from_moment(text).map(Timestamp::millis);
        let noon = Some(1_768_478_400_000);
        for text in [
            "2026-01-15T12:00:00Z",
            "2026-01-15t12:00:00z",
            "2026-01-15 12:00:00.000999Z",
            "2026-01-15T12:00:00+0000",
            "2026-01-15T14:30:00+02:30",
            "2026-01-15T14:30:00 02:30",
            "2026-01-15T14:30:00 0230",
            "2026-01-15T02:00:00-1000",
        ] {
            assert_eq!(at(text), noon, "{text}");
        }
        assert_eq!(at("2026-01-15T12:00:00.25Z"), noon.map(|noon| noon + 250));
        assert_eq!(at("2026-01-15"), noon.map(|noon| noon - 12 * 3_600_000));
        assert_eq!(at("0001-01-01"), Some(0));
        for wrong in [
            "",
            "now",
            "2026",
            "2026-1-5",
            "2026-+1-05",
            "2026-02-30",
            "+2026-01-1",
            "2026-01-15T12:00:00",
            "2026-01-15T12:00Z",
            "2026-01-15T12:00:00.Z",
            "2026-01-15T12:00:00.5",
            "2026-01-15T25:00:00Z",
            "2026-01-15T12:00:00+2",
            "2026-01-15T12:00:00\u{2212}02:00",
            "2026-01-1é",
            "1768478400",
            "2026-01-15T12:00:00Z ",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
