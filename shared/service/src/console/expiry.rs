//! The expiries that the console offers.

use jeton_core::{
    Error,
    time::{Day, Timestamp},
};

/// The choice that the form of a new token proposes, and that a form without one means.
pub const PROPOSED: &str = "quarter";

/// The choice of no expiry.
pub const NEVER: &str = "never";

/// The choice of a date.
pub const DATE: &str = "date";

/// The latest expiry: a hundred years from now, in seconds.
const LATEST: u64 = 3_153_600_000;

/// The lifetimes of a new token: value, label and seconds.
pub const LIFETIMES: [(&str, &str, u64); 5] = [
    ("hour", "In 1 hour", 3600),
    ("day", "In 1 day", 86_400),
    ("week", "In 1 week", 604_800),
    ("month", "In 30 days", 2_592_000),
    (PROPOSED, "In 90 days", 7_776_000),
];

/// The extensions of an existing token: value, label and seconds.
pub const EXTENSIONS: [(&str, &str, u64); 2] =
    [("30", "30 days", 2_592_000), (PROPOSED_EXTENSION, "90 days", 7_776_000)];

/// The extension that is proposed.
pub const PROPOSED_EXTENSION: &str = "90";

/// The expiry after an extension: from the present one, or from now if there is none.
pub fn extended(present: Option<Timestamp>, seconds: u64, now: Timestamp) -> Timestamp {
    present.unwrap_or(now).plus_seconds(seconds)
}

/// The end of a day in UTC, in the form of a date field. Errors: [`Error::BadField`] for no date, a past one, and one too far away.
pub fn end_of(day: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let bad = |message: &str| Error::bad_field("until", message);
    if day.trim().is_empty() {
        return Err(bad("Enter an expiry date."));
    }
    let day: Day = day.parse().map_err(|_| bad("Enter a day that there is, such as 2026-12-31."))?;
    let end = day.next().start();
    if end <= now {
        return Err(bad("The expiry date is in the past."));
    }
    if end > now.plus_seconds(LATEST) {
        return Err(bad("The expiry date must lie within the next hundred years."));
    }
    Ok(end)
}

/// The lifetime of a new token, in seconds. Errors: [`Error::BadField`].
pub fn lifetime(choice: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<Option<i64>, Error> {
    let choice = choice.unwrap_or(PROPOSED);
    if choice == NEVER {
        return Ok(None);
    }
    let seconds = if choice == DATE {
        let left = end_of(until.unwrap_or_default(), now)?.millis() - now.millis();
        u64::try_from(left).unwrap_or(0).div_ceil(1000)
    } else {
        let offered = LIFETIMES.iter().find(|(value, ..)| *value == choice);
        offered.ok_or_else(|| Error::bad_field("expires", "Choose when the token expires."))?.2
    };
    Ok(i64::try_from(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-15T12:00:00+0000".parse().unwrap()
    }

    #[test]
    fn a_date_is_the_last_day_of_a_token() {
        let on = |day: &str| lifetime(Some(DATE), Some(day), now());
        assert_eq!(on("2026-01-15").unwrap(), Some(12 * 3600));
        for wrong in ["2026-01-14", "", "2126-01-15", "99999-01-01", "tomorrow"] {
            let error = on(wrong).unwrap_err();
            assert!(matches!(&error, Error::BadField { field, .. } if field == "until"), "{wrong}: {error}");
        }
        assert!(lifetime(Some(DATE), None, now()).is_err());
    }

    #[test]
    fn a_part_of_a_second_does_not_shorten_the_last_day() {
        let now = Timestamp::from_millis(now().millis() + 1);
        let seconds = lifetime(Some(DATE), Some("2026-01-15"), now).unwrap().unwrap();
        assert!(now.plus_seconds(seconds.unsigned_abs()).to_string().starts_with("2026-01-16T00:00:00"));
    }

    #[test]
    fn a_form_without_an_expiry_means_the_proposed_one_and_never_has_to_be_chosen() {
        assert_eq!(lifetime(None, None, now()).unwrap(), Some(90 * 86_400));
        assert_eq!(lifetime(Some(NEVER), None, now()).unwrap(), None);
        assert!(lifetime(Some("forever"), None, now()).is_err());
    }
}
