//! Timestamps in UTC, with milliseconds, and days.

mod moment;

use std::fmt;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

/// How long an event is kept, in calendar months.
pub const EVENT_MONTHS: u32 = 6;
const RETENTION: Months = Months::new(EVENT_MONTHS);

/// Milliseconds since 1970-01-01T00:00:00Z.
///
/// Displayed in the wire format: `2017-11-13T16:48:28+0000`, whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The text of a timestamp: `2017-11-13T16:48:28+0000`.
#[derive(Debug, Clone, Copy)]
pub struct WireTime([u8; 24]);

/// A UTC day, displayed as `2017-11-13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(NaiveDate);

impl Timestamp {
    /// The latest timestamp of the wire format: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The timestamp of these milliseconds since 1970, clamped to the range of the wire format.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, Self::MAX.0))
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This many seconds later.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This many seconds earlier.
    #[must_use]
    pub fn minus_seconds(self, seconds: u64) -> Self {
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// The days until a later timestamp, rounded up.
    pub fn days_until(self, later: Self) -> u64 {
        const DAY: u64 = 86_400_000;
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0).div_ceil(DAY)
    }

    /// Formats for people: `13 November 2017, 16:48 UTC`.
    pub fn for_people(self) -> String {
        self.date_time().format("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// Formats for people, with seconds: `13 November 2017, 16:48:28 UTC`.
    pub fn with_seconds(self) -> String {
        self.date_time().format("%-d %B %Y, %H:%M:%S UTC").to_string()
    }

    /// Formats as relative time: `2 hours ago`.
    pub fn ago(self, now: Self) -> String {
        let seconds = now.0.saturating_sub(self.0) / 1000;
        let (count, unit) = match seconds {
            ..60 => return "just now".to_owned(),
            60..3600 => (seconds / 60, "minute"),
            3600..86_400 => (seconds / 3600, "hour"),
            _ => (seconds / 86_400, "day"),
        };
        format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
    }

    /// Formats the time of the day in UTC: `16:48`.
    pub fn time_of_day(self) -> String {
        self.date_time().format("%H:%M").to_string()
    }

    /// The same with seconds: `16:48:28`.
    pub fn time_with_seconds(self) -> String {
        self.date_time().format("%H:%M:%S").to_string()
    }

    /// The UTC day.
    pub fn day(self) -> Day {
        Day(self.date_time().date_naive())
    }

    /// The start of the retention period at `self`: events created at or before it are no longer shown.
    #[must_use]
    pub fn retention_start(self) -> Self {
        let start = self.date_time().checked_sub_months(RETENTION);
        Self::from_millis(start.map_or(0, |start| start.timestamp_millis()))
    }

    /// The end of the retention of an event created at `self`.
    #[must_use]
    pub fn retention_end(self) -> Self {
        let end = self.date_time().checked_add_months(RETENTION);
        Self::from_millis(end.map_or(Self::MAX.0, |end| end.timestamp_millis()))
    }

    /// Formats in the wire format without an allocation, since a verify answer has several timestamps.
    pub fn wire(self) -> WireTime {
        // Format strings of chrono, and even `{:02}`, take ten times as long.
        let at = self.date_time();
        let mut text = *b"0000-00-00T00:00:00+0000";
        write(&mut text[..4], at.year().unsigned_abs());
        for (place, number) in
            [(5, at.month()), (8, at.day()), (11, at.hour()), (14, at.minute()), (17, at.second())]
        {
            write(&mut text[place..place + 2], number);
        }
        WireTime(text)
    }

    fn date_time(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl Day {
    /// 1 January 1970.
    pub const FIRST: Self = Self(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap());

    /// The start of the day.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
    }

    /// Formats for people: `13 November 2017`.
    pub fn for_people(self) -> String {
        self.0.format("%-d %B %Y").to_string()
    }

    /// Formats in few letters: `13 Nov`.
    pub fn in_short(self) -> String {
        self.0.format("%-d %b").to_string()
    }

    /// The next day.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }

    /// The previous day.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.pred_opt().unwrap_or(self.0))
    }
}

impl WireTime {
    /// The text.
    pub fn as_str(&self) -> &str {
        // ASCII is valid UTF-8.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire().as_str())
    }
}

/// Parses a day. Each verify does, and chrono takes ten times as long.
fn displayed(text: &str) -> Option<Day> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.strip_prefix('-')?.split_once('-')?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).map(Day)
}

/// Writes a number, padded with zeros to the length of the slice.
fn write(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = chrono::ParseError;

    /// Parses the wire format.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z")?;
        Ok(Self::from_millis(read.timestamp_millis()))
    }
}

impl std::str::FromStr for Day {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        displayed(text).map_or_else(|| text.parse().map(Self), Ok)
    }
}

/// The earliest of several optional ends.
pub fn earliest(ends: impl IntoIterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    ends.into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_shows_whole_seconds_in_utc() {
        assert_eq!(Timestamp(1_510_591_708_999).to_string(), "2017-11-13T16:48:28+0000");
        assert_eq!(Timestamp(1_510_591_708_999).for_people(), "13 November 2017, 16:48 UTC");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59+0000");
        let at = Timestamp(1_510_591_708_999);
        assert_eq!((at.day().in_short(), at.time_of_day()), ("13 Nov".into(), "16:48".into()));
        assert_eq!(at.time_with_seconds(), "16:48:28");
    }

    #[test]
    fn what_the_wire_shows_can_be_read() {
        let shown = "2017-11-13T16:48:28+0000";
        assert_eq!(shown.parse::<Timestamp>().unwrap().to_string(), shown);
        assert!("2017-11-13".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_day_is_read_as_it_is_displayed() {
        let day = Timestamp(1_510_591_708_999).day();
        assert_eq!(day.to_string(), "2017-11-13");
        assert_eq!("2017-11-13".parse(), Ok(day));
        for wrong in ["", "2017", "2017-11", "2017-02-30", "2017-13-01", "20171113"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_and_follows_another() {
        let day: Day = "2024-02-29".parse().unwrap();
        assert_eq!(day.start().to_string(), "2024-02-29T00:00:00+0000");
        assert_eq!(
            (day.previous().to_string(), day.next().to_string()),
            ("2024-02-28".into(), "2024-03-01".into())
        );
        assert_eq!(day.next().start().millis() - day.start().millis(), 86_400_000);
    }

    #[test]
    fn people_are_told_how_long_ago_in_one_unit() {
        let ago = |seconds: i64| Timestamp(0).ago(Timestamp(seconds * 1000));
        assert_eq!([ago(0), ago(59), ago(60)], ["just now", "just now", "1 minute ago"]);
        assert_eq!([ago(7199), ago(7200), ago(86_400)], ["1 hour ago", "2 hours ago", "1 day ago"]);
        assert_eq!([ago(-5), ago(400 * 86_400)], ["just now", "400 days ago"]);
    }

    #[test]
    fn retention_counts_calendar_months() {
        let created = Timestamp(1_510_591_708_000);
        assert_eq!(created.retention_end().to_string(), "2018-05-13T16:48:28+0000");
        assert_eq!(created.retention_end().retention_start(), created);
    }

    #[test]
    fn adding_absurd_amounts_stays_within_range() {
        assert_eq!(Timestamp(5).plus_seconds(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp(5).minus_seconds(u64::MAX), Timestamp(0));
    }

    #[test]
    fn a_day_that_has_begun_counts_as_left() {
        let week = Timestamp(7 * 86_400_000);
        assert_eq!(Timestamp(0).days_until(week), 7);
        assert_eq!(Timestamp(1).days_until(week), 7);
        assert_eq!(Timestamp(86_400_000).days_until(week), 6);
        assert_eq!(Timestamp(7 * 86_400_000 - 1).days_until(week), 1);
        assert_eq!(Timestamp::MAX.days_until(week), 0);
    }
}
