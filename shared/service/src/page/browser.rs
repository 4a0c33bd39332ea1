//! Browsers by name, as people know them.

use jeton_core::session::Session;
use maud::{Markup, html};

/// What browsers send, and their names. The first match counts, because most of them also name those they descend from.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// What browsers send of their systems, and the names of these. The first match counts.
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

/// Where a session was signed in, such as `Chrome on Linux · 10.0.0.5`. What the browser sent is the tooltip.
///
/// A `User-Agent` is only a claim, and these names are only for recognition.
pub fn signed_in_from(session: &Session) -> Markup {
    let sent = session.browser.as_deref();
    html! {
        span title=[sent] { (sent.map_or_else(|| "Unknown browser".to_owned(), name)) }
        @if let Some(address) = &session.address { " · " (address) }
    }
}

fn name(sent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| sent.contains(part)).map(|(_, name)| *name)
    };
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => format!("Unknown browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_and_systems_are_named_as_people_know_them() {
        let mozilla = |rest: &str| name(&format!("Mozilla/5.0 {rest}"));
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (sent, shown) in [
            (format!("(X11; Linux x86_64) {webkit} Chrome/140.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("(X11; Linux x86_64) {webkit} HeadlessChrome/140.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("(Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"), "Edge on Windows"),
            (format!("(Linux; Android 10; K) {webkit} Chrome/140.0 Mobile Safari/537.36 EdgA/140.0"), "Edge on Android"),
            ("(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15".into(), "Safari on macOS"),
            ("(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile Safari/604.1".into(), "Chrome on iPhone"),
            ("(X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0".into(), "Firefox on Linux"),
            (format!("(X11; CrOS x86_64 14541.0.0) {webkit} Chrome/140.0.0.0 Safari/537.36"), "Chrome on ChromeOS"),
            ("(Plan 9)".into(), "Unknown browser"),
        ] {
            assert_eq!(mozilla(&sent), shown, "{sent}");
        }
        assert_eq!(name("curl/8.14.1"), "curl");
        assert_eq!(name(""), "Unknown browser");
    }
}
