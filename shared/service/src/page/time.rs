//! Times on pages: in UTC, and by the script of the pages in the time zone of the browser.

use jeton_core::time::{Day, Timestamp};
use maud::{Markup, html};

/// The script, which is a part of the script of each page with times.
pub(super) const SCRIPT: &str = include_str!("time.js");

/// A time, such as `13 November 2017, 16:48 UTC`. UTC with seconds is its tooltip.
pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title=(at.with_seconds()) data-local { (at.for_people()) } }
}

/// The same with seconds.
pub fn exact_time(at: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title=(at.with_seconds()) data-local="seconds" { (at.with_seconds()) } }
}

/// A time as seen from now, such as `2 hours ago`. UTC with seconds is its tooltip.
pub fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title=(at.with_seconds()) { (at.ago(now)) } }
}

/// A day in UTC, such as `13 November 2017 (UTC)`: it is the same in every time zone.
pub fn utc_day(day: Day) -> Markup {
    html! { time datetime=(day) { (day.for_people()) " (UTC)" } }
}

/// A day as seen from now, such as `3 days ago`. The day in UTC is its tooltip.
pub fn days_ago(day: Day, now: Timestamp) -> Markup {
    let days = now.day().start().millis().saturating_sub(day.start().millis()) / 86_400_000;
    html! {
        time datetime=(day) title={ (day.for_people()) " (UTC)" } {
            @match days { ..=0 => "today", 1 => "yesterday", _ => { (days) " days ago" } }
        }
    }
}

/// The form of ISO 8601 that every browser reads.
fn iso(at: Timestamp) -> String {
    at.to_string().replace("+0000", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_until_the_script_makes_it_local_and_utc_when_hovered() {
        let at = Timestamp::from_millis(1_510_591_708_999);
        let tag = "<time datetime=\"2017-11-13T16:48:28Z\" title=\"13 November 2017, 16:48:28 UTC\"";
        assert_eq!(time(at).into_string(), format!("{tag} data-local>13 November 2017, 16:48 UTC</time>"));
        let exact = format!("{tag} data-local=\"seconds\">13 November 2017, 16:48:28 UTC</time>");
        assert_eq!(exact_time(at).into_string(), exact);
        assert_eq!(ago(at, at.plus_seconds(7200)).into_string(), format!("{tag}>2 hours ago</time>"));
        let day = utc_day(at.day()).into_string();
        assert_eq!(day, "<time datetime=\"2017-11-13\">13 November 2017 (UTC)</time>");
    }

    #[test]
    fn a_day_is_said_as_seen_from_now_whatever_the_time_of_day_is() {
        let at = Timestamp::from_millis(1_510_591_708_999);
        let said = |seconds| days_ago(at.day(), at.day().start().plus_seconds(seconds)).into_string();
        let tag = "<time datetime=\"2017-11-13\" title=\"13 November 2017 (UTC)\">";
        assert_eq!(said(86_399), format!("{tag}today</time>"));
        assert_eq!(said(86_400), format!("{tag}yesterday</time>"));
        assert_eq!(said(3 * 86_400), format!("{tag}3 days ago</time>"));
    }
}
