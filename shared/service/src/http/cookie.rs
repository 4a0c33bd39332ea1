//! Cookies: reading and setting them.

use http::{HeaderMap, HeaderValue, header};

/// The cookie of this name, if its value may be ours; none if there are two that differ.
///
/// Other applications may set cookies for the same host, so their number, names and bytes are ignored.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str, is_ours: impl Fn(&str) -> bool) -> Option<&'a str> {
    let pairs =
        headers.get_all(header::COOKIE).iter().flat_map(|sent| sent.as_bytes().split(|byte| *byte == b';'));
    let named = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let mut ours = named.filter_map(|value| std::str::from_utf8(value).ok()).filter(|value| is_ours(value));
    let first = ours.next()?;
    ours.all(|other| other == first).then_some(first)
}

/// Sets a cookie for this many seconds; 0 deletes it.
pub fn keep(name: &str, value: &str, seconds: u64) -> HeaderValue {
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    let mut cookie = HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""));
    cookie.set_sensitive(true);
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cookies: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookies in cookies {
            headers.append(header::COOKIE, HeaderValue::from_bytes(cookies).unwrap());
        }
        cookie(&headers, "b", |value| value.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned)
    }

    #[test]
    fn a_cookie_is_found_among_others_and_not_when_two_that_may_be_ours_differ() {
        assert_eq!(found(&[b"a=1; b=2", b"c=3"]).as_deref(), Some("2"));
        assert_eq!(found(&[b"a=1;b=2 ;"]).as_deref(), Some("2"));
        for none in [b"a=1".as_slice(), b"bb=1", b"b", b"", b"b=x", b"b=1; b=2"] {
            assert_eq!(found(&[none]), None);
        }
        assert_eq!(found(&[b"b=1", b"b=2"]), None);
        assert_eq!(found(&[b"b=1; b=1", b"b=1"]).as_deref(), Some("1"));
    }

    #[test]
    fn no_cookie_of_others_spoils_ours_whatever_its_bytes_are() {
        for others in [
            "utm=Unders\u{f8}gelse".as_bytes(),
            b"utm=Unders\xf8gelse",
            b"\xff\xfe",
            b"=; ==; ;;",
            b"b=\xf8",
            b"b=x y; b",
            b"a=\"b=3\"",
        ] {
            let whole = [others, b"; b=2; ".as_slice(), others].concat();
            assert_eq!(found(&[whole.as_slice()]).as_deref(), Some("2"), "{whole:?}");
            assert_eq!(found(&[others, b"b=2", others]).as_deref(), Some("2"));
        }
        let many = [b"a=1; ".repeat(5000).as_slice(), b"b=2"].concat();
        assert_eq!(found(&[many.as_slice()]).as_deref(), Some("2"));
    }

    #[test]
    fn cookies_stay_with_this_host_and_out_of_reach_of_scripts() {
        assert_eq!(
            keep("__Host-jeton-session", "x", 60),
            "__Host-jeton-session=x; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
        );
    }
}
