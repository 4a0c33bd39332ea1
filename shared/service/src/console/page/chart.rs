//! A chart of calls over time: stacked bars with axes, and a table with the same numbers.
//!
//! Each bar is a link to its events. Without a script the keyboard reaches the same links in the table; `chart.js` moves
//! between the bars with arrow keys, and shows the numbers of the bar under the pointer or the focus.

use jeton_core::permission::usage::Calls;
use maud::{Markup, html};

use super::covered::{Covered, Number};
use crate::{
    console::usage_range::{Bar, RANGES, Range},
    page::words::{counted, number},
};

/// A chart.
pub struct Chart<'a> {
    /// The range.
    pub range: &'static Range,
    /// What is counted.
    pub counted: Covered,
    /// Its bars, oldest first.
    pub bars: &'a [Bar],
    /// The path of the events, with the beginning of a query.
    pub events: &'a str,
}

impl Chart<'_> {
    /// Renders it, or a sentence if there were no calls.
    pub fn shown(&self) -> Markup {
        let total = |of: fn(&Bar) -> u64| self.bars.iter().map(of).fold(0, u64::saturating_add);
        let (allowed, denied) = (total(|bar| bar.calls.allowed), total(|bar| bar.calls.denied));
        if allowed == 0 && denied == 0 {
            let counted = if self.counted.of_all { "" } else { "were counted " };
            return html! { p.empty { "No questions and no denied calls " (counted) (self.counted.when()) "." } };
        }
        let most = self.bars.iter().map(Bar::height).max().unwrap_or(0);
        let top = top(most);
        let all = self.counted.of_all_bars(Calls { allowed, denied });
        let from = self.counted.since_as_text();
        let summary = format!(
            "Questions and denied calls since {from}: {}, at most {} in a bar",
            all.text(),
            number(u64::try_from(most).unwrap_or(u64::MAX)),
        );
        html! {
            figure.chart {
                div.plot-area {
                    div.scale aria-hidden="true" {
                        @for tick in [top, top / 2, 0] { span { (number(u64::try_from(tick).unwrap_or(u64::MAX))) } }
                    }
                    svg.plot role="group" aria-label=(summary) {
                        @for y in ["0", "50%", "100%"] { line x1="0" x2="100%" y1=(y) y2=(y) {} }
                        @for (place, bar) in self.bars.iter().enumerate() { (self.bar(place, bar, top)) }
                    }
                    svg.dates aria-hidden="true" {
                        @let (every, first) = self.range.named;
                        @for (place, bar) in self.bars.iter().enumerate().skip(first).step_by(every) {
                            text x=(percent(2 * place + 1, 2 * self.bars.len())) y="1em" text-anchor="middle" { (bar.short_label()) }
                        }
                    }
                }
                p.readout aria-hidden="true" data-readout {}
                figcaption.small.soft {
                    span.key.allowed {} " "
                    @match all.allowed {
                        Number::All(count) => { (counted(count, "question")) " allowed" }
                        Number::AtLeast(count) => { "At least " (counted(count, "question")) " allowed" }
                        Number::NotCounted => "Allowed questions: not counted",
                    }
                    ", " span.key.denied {} " " @if all.denied == Number::NotCounted { "denied: " }
                    (all.denied.text()) @if all.denied != Number::NotCounted { " denied" } ". "
                    @if self.bars.iter().any(|bar| self.counted.of_bar(bar).allowed == Number::NotCounted) {
                        span.key.unknown {} " not counted. "
                    }
                    "Times are in UTC."
                }
                (self.table())
            }
        }
    }

    fn href(&self, bar: &Bar) -> String {
        let separator = if self.events.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.events, bar.query())
    }

    /// A bar. Its link is as high as the plot, so that it is found at any height.
    fn bar(&self, place: usize, bar: &Bar, top: u128) -> Markup {
        let count = self.bars.len();
        let is_last = place + 1 == count;
        let numbers = self.counted.of_bar(bar);
        let label = format!("{}: {}", bar.label(), numbers.text());
        let (allowed, denied) = (share(bar.calls.allowed, top), share(bar.calls.denied, top));
        let (x, width) = (percent(20 * place + 3, 20 * count), percent(14, 20 * count));
        html! {
            a href=(self.href(bar)) aria-label=(label) tabindex=(if is_last { "0" } else { "-1" }) {
                title { (label) }
                rect.area.unknown[numbers.allowed == Number::NotCounted] x=(percent(place, count)) width=(percent(1, count)) y="0" height="100%" {}
                rect.allowed x=(x) width=(width) y=(half_percent(200 - allowed)) height=(half_percent(allowed)) {}
                rect.denied x=(x) width=(width) y=(half_percent(200_u32.saturating_sub(allowed + denied)))
                    height=(half_percent(denied)) {}
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            details.behind {
                summary { "Show as a table" }
                div.scroll tabindex="0" role="region" aria-label="Questions and denied calls over time" {
                    table {
                        thead { tr { th scope="col" { "Time (UTC)" } th scope="col" { "Allowed" } th scope="col" { "Denied" } } }
                        tbody {
                            @for bar in self.bars.iter().rev() {
                                @let numbers = self.counted.of_bar(bar);
                                tr {
                                    th scope="row" { a href=(self.href(bar)) { (bar.label()) } }
                                    td { (numbers.allowed.text()) }
                                    td { (numbers.denied.text()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The links to all ranges. `to` makes the address of one.
pub fn ranges(chosen: &Range, to: impl Fn(&Range) -> String) -> Markup {
    each_range(chosen, |range, current| html! { a href=(to(range)) aria-current=[current] { (range.label) } })
}

/// The same as buttons of a form with this id, for what does not fit into an address.
pub fn range_buttons(chosen: &Range, form: &str, name: &str) -> Markup {
    each_range(chosen, |range, current| {
        html! { button type="submit" form=(form) name=(name) value=(range.word) aria-current=[current] { (range.label) } }
    })
}

fn each_range(chosen: &Range, item: impl Fn(&Range, Option<&str>) -> Markup) -> Markup {
    let current = |range: &Range| (range.word == chosen.word).then_some("true");
    html! { nav.ranges aria-label="Range" { @for range in &RANGES { (item(range, current(range))) } } }
}

/// The end of the axis: 2, 4, 6 or 10 times a power of ten, so that its half is a whole number, too.
fn top(most: u128) -> u128 {
    let mut power = 1;
    loop {
        if let Some(top) = [2, 4, 6, 10].map(|times| times * power).into_iter().find(|top| *top >= most) {
            return top;
        }
        power *= 10;
    }
}

/// A part of the axis in half percents, rounded up so that one call is visible.
fn share(count: u64, top: u128) -> u32 {
    u32::try_from((u128::from(count) * 200).div_ceil(top)).unwrap_or(200).min(200)
}

fn half_percent(halves: u32) -> String {
    format!("{}.{}%", halves / 2, halves % 2 * 5)
}

/// A ratio in percent, with two digits.
fn percent(part: usize, of: usize) -> String {
    let hundredths = part * 10_000 / of.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_number_that_has_a_half() {
        let tops = [0, 1, 2, 3, 5, 6, 7, 10, 11, 41, 60, 61, 101, 12_345].map(top);
        assert_eq!(tops, [2, 2, 2, 4, 6, 6, 10, 10, 20, 60, 60, 100, 200, 20_000]);
        assert!(top(2 * u128::from(u64::MAX)) >= 2 * u128::from(u64::MAX));
    }

    #[test]
    fn bars_lie_within_the_plot_and_one_call_beside_many_is_visible() {
        assert_eq!((share(1, 1_000_000), share(0, 2), share(u64::MAX, 2)), (1, 0, 200));
        assert_eq!([half_percent(1), half_percent(200)], ["0.5%", "100.0%"]);
        assert_eq!([percent(1, 3), percent(0, 0), percent(59, 60)], ["33.33%", "0.00%", "98.33%"]);
    }

    #[test]
    fn each_bar_leads_to_its_events_with_its_numbers_as_words_and_the_table_has_the_same() {
        let now = "2026-01-15T12:34:56+0000".parse().unwrap();
        let range = Range::of(Some("7d"));
        let start = "2026-01-15T00:00:00+0000".parse().unwrap();
        let bars = range.bars(now, &[(start, Calls { allowed: 1200, denied: 1 })].into());
        let counted = Covered::new(range, None, true, now);
        let shown = Chart { range, counted, bars: &bars, events: "/e?type=warn" }.shown().into_string();
        let link = "href=\"/e?type=warn&amp;from=2026-01-15&amp;to=2026-01-16\"";
        assert_eq!(shown.matches(link).count(), 2, "{shown}");
        assert!(shown.contains("aria-label=\"15 January 2026: 1,200 allowed, 1 denied\""), "{shown}");
        assert!(shown.contains("<td>1,200</td><td>1</td>"), "{shown}");
        // The keyboard stops once.
        assert_eq!(
            shown.matches("tabindex=\"0\" ").count() + shown.matches("tabindex=\"0\">").count(),
            2,
            "{shown}"
        );
        assert!(
            shown.contains("aria-label=\"Questions and denied calls since 9 January 2026: 1,200 allowed, 1 denied, at most 1,201"),
            "{shown}"
        );
        let none = range.bars(now, &[].into());
        let none = |counted| Chart { range, counted, bars: &none, events: "/e" }.shown().into_string();
        let quiet = none(counted);
        assert!(quiet.contains(">No questions and no denied calls since <time"), "{quiet}");
        assert!(quiet.ends_with("9 January 2026 (UTC)</time>.</p>"), "{quiet}");
        let of_some = Covered::new(range, None, false, now);
        assert!(none(of_some).contains("no denied calls were counted since"), "{}", none(of_some));
        let cut = none(Covered::new(range, Some(now), true, now));
        assert!(
            cut.contains("15 January 2026, 12:34 UTC</time>, which is as far back as this page reads."),
            "{cut}"
        );
    }

    #[test]
    fn of_the_six_months_that_events_are_kept_the_first_week_is_counted_in_part() {
        let now: jeton_core::time::Timestamp = "2026-01-15T12:34:56+0000".parse().unwrap();
        let range = Range::of(Some("6m"));
        let shown = |first: u64| {
            let series = [(now.retention_start().day().start(), Calls { allowed: first, denied: 0 })];
            let bars = range.bars(now, &series.into());
            Chart { range, counted: Covered::new(range, None, true, now), bars: &bars, events: "/e" }
                .shown()
                .into_string()
        };
        let some = shown(3);
        assert!(
            some.contains("11 July 2025 to 17 July 2025: at least 3 allowed, denied not counted"),
            "{some}"
        );
        assert!(some.contains("since 15 July 2025, 12:34 UTC: 3 allowed, 0 denied"), "{some}");
        assert!(some.contains("8 January 2026: 0 allowed, 0 denied"), "{some}");
        let none = shown(0);
        assert!(
            none.contains("since <time") && none.contains("15 July 2025, 12:34 UTC</time>.</p>"),
            "{none}"
        );
    }

    #[test]
    fn bars_before_the_events_that_were_read_are_not_counted_instead_of_zero() {
        let now = "2026-01-15T12:34:56+0000".parse().unwrap();
        let range = Range::of(Some("7d"));
        let day = |text: &str| text.parse::<jeton_core::time::Day>().unwrap().start();
        let series = [
            (day("2026-01-12"), Calls { allowed: 2, denied: 0 }),
            (day("2026-01-13"), Calls { allowed: 30, denied: 4 }),
        ];
        let bars = range.bars(now, &series.into());
        let since = Some(day("2026-01-13").plus_seconds(3600));
        let counted = Covered::new(range, since, true, now);
        let shown = Chart { range, counted, bars: &bars, events: "/e" }.shown().into_string();
        let labels = [
            "11 January 2026: not counted",
            // Of some tokens, earlier events were read.
            "12 January 2026: at least 2 allowed, denied not counted",
            "13 January 2026: at least 30 allowed, at least 4 denied",
            "14 January 2026: 0 allowed, 0 denied",
            "Questions and denied calls since 13 January 2026, 01:00 UTC: at least 32 allowed, at least 4 denied",
        ];
        for label in labels {
            assert!(shown.contains(label), "{label} is not in {shown}");
        }
        assert_eq!(shown.matches("<td>not counted</td><td>not counted</td>").count(), 3, "{shown}");
        assert_eq!(shown.matches("class=\"area unknown\"").count(), 3, "{shown}");
        assert!(shown.contains("<td>at least 30</td><td>at least 4</td>"), "{shown}");
    }

    #[test]
    fn allowed_questions_of_some_tokens_alone_are_at_least_that_many_or_not_counted_and_denied_ones_are_all()
    {
        let now = "2026-01-15T12:34:56+0000".parse().unwrap();
        let range = Range::of(Some("7d"));
        let day = |text: &str| text.parse::<jeton_core::time::Day>().unwrap().start();
        let shown = |allowed| {
            let series = [
                (day("2026-01-14"), Calls { allowed, denied: 4 }),
                (day("2026-01-15"), Calls { allowed: 0, denied: 2 }),
            ];
            let bars = range.bars(now, &series.into());
            let counted =
                Covered::new(range, Some(day("2026-01-12")), false, now).with_denied(range, None, now);
            Chart { range, counted, bars: &bars, events: "/e" }.shown().into_string()
        };
        let some = shown(30);
        for label in [
            "10 January 2026: allowed not counted, 0 denied",
            "14 January 2026: at least 30 allowed, 4 denied",
            "15 January 2026: allowed not counted, 2 denied",
            "since 12 January 2026: at least 30 allowed, 6 denied",
            "<td>at least 30</td><td>4</td>",
            "<td>not counted</td><td>2</td>",
            " At least 30 questions allowed, ",
            " 6 denied. ",
        ] {
            assert!(some.contains(label), "{label} is not in {some}");
        }
        let none = shown(0);
        assert!(
            none.contains("Allowed questions: not counted, ")
                && none.contains("allowed not counted, 6 denied"),
            "{none}"
        );
    }
}
