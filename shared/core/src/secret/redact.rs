//! Keeping tokens out of texts that are stored.

use std::{borrow::Cow, ops::Range};

use super::{
    format::{self, SECRET_AND_CHECK, SECRET_DIGITS},
    view::{Escape, View},
};

/// What a token in a text is replaced by.
const REPLACEMENT: &str = "***";

/// The most digits that the id of a project has: it lies below 2^24.
const PROJECT_DIGITS: usize = 8;

/// The most digits that the id of a token has: it lies below 2^48.
const TOKEN_DIGITS: usize = 15;

/// How often a text may be escaped once more.
const LAYERS: usize = 4;

/// So much of the part that nobody can guess is a piece of a token worth replacing: whoever has most of it may guess the
/// rest, and can compute the check.
const PIECE: usize = 12;

/// So much of that part is a piece worth replacing where no ids are in front: a word may begin with `jt`, and an id may
/// be long. What is shorter leaves more than 65 bits to be guessed.
const MOST: usize = 32;

/// How long the shortest piece of a token is, `1-1-jt` and what follows.
const SHORTEST: usize = "1-1-jt".len() + PIECE;

/// The text with every token and manage token in it replaced by `***`.
///
/// People paste lines of logs and of shells into descriptions and messages. A string whose checksum fits is replaced, and
/// so is the beginning of one that was cut or mistyped, with 12 characters or more of its secret, or without its ids from `jt` on
/// with 32 or more. A token that is written with escapes, those of URLs, JSON, HTML or mails, is one too, whichever of its
/// characters they are and up to four times over; so is one in Base64, alone or with what stands around it, and one in
/// hexadecimal digits, which may have blanks, colons or dashes between them.
pub fn redacted(text: &str) -> Cow<'_, str> {
    if !may_hold_token(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut found = Vec::new();
    let plain = View::of(text.as_bytes());
    look_at(&plain, true, &mut found);
    // Of each kind for itself too: what looks like an escape of one kind may be a part of a token behind another.
    let kinds: Vec<Escape> =
        Escape::ALL.into_iter().filter(|kind| plain.decoded(&[*kind]).is_some()).collect();
    let each = kinds.iter().map(std::slice::from_ref).filter(|_| kinds.len() > 1);
    for some in each.chain([kinds.as_slice()]) {
        let mut view = plain.decoded(some);
        for _ in 0..LAYERS {
            let Some(decoded) = view else { break };
            look_at(&decoded, some.len() == kinds.len(), &mut found);
            view = decoded.decoded(some);
        }
    }
    replaced(text, found)
}

/// Whether there is a token in a text, as [`redacted`] finds it.
pub fn holds_token(text: &str) -> bool {
    matches!(redacted(text), Cow::Owned(_))
}

/// Whether a closer look is worth its while: most texts are shorter than any token, or have nothing that tokens have.
fn may_hold_token(text: &[u8]) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    let (mut at, mut run, mut in_pairs) = (0, 0, 0);
    while at < text.len() {
        let byte = text[at];
        if Escape::of(byte).is_some() || (byte == b'j' && text.get(at + 1) == Some(&b't')) {
            return true;
        }
        run = if BASE64[usize::from(byte)] == NONE { 0 } else { run + 1 };
        in_pairs = if HEX[usize::from(byte)] == NONE { 0 } else { in_pairs + 1 };
        if run >= SHORTEST || in_pairs >= SHORTEST * 3 - 1 {
            return true;
        }
        at += 1;
    }
    false
}

fn replaced(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let (mut clean, mut seen) = (String::new(), 0);
    for range in found {
        if range.start >= seen {
            clean.push_str(&text[seen..range.start]);
            clean.push_str(REPLACEMENT);
        }
        seen = seen.max(range.end);
    }
    clean.push_str(&text[seen..]);
    Cow::Owned(clean)
}

/// Notes where the text has a token, as it is and, where that is wanted, in other digits.
fn look_at(view: &View, in_other_digits: bool, found: &mut Vec<Range<usize>>) {
    let others = if in_other_digits { encoded(view.bytes()) } else { Vec::new() };
    found.extend(tokens(view.bytes()).into_iter().chain(others).map(|range| view.origin(&range)));
}

/// Where there are tokens as they are.
fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Up to where letters and digits go on, so that none is counted twice.
    let (mut at, mut end) = (0, 0);
    while at + 1 < text.len() {
        if text[at] == b'j' && text[at + 1] == b't' {
            end = end.max(at + 2);
            while text.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                end += 1;
            }
            let range = manage_token(text, at)
                .or_else(|| token(text, at))
                .or_else(|| piece(text, at))
                .or_else(|| bare(text, at, end, found.last().is_some_and(|last| last.end == at)));
            if let Some(range) = range {
                match found.last_mut().filter(|last| range.start < last.end) {
                    // What looks like one may cover the beginning of another.
                    Some(last) => last.end = last.end.max(range.end),
                    None => found.push(range),
                }
            }
        }
        at += 1;
    }
    found
}

/// The token whose `jt` is here: where it starts and ends. Digits that stand before its project are not a part of it.
fn token(text: &[u8], mark: usize) -> Option<Range<usize>> {
    let end = mark + "jt".len() + SECRET_AND_CHECK;
    let dash = mark.checked_sub(1).filter(|at| text[*at] == b'-')?;
    let id = dash - digits_before(text, dash, TOKEN_DIGITS);
    let between = id.checked_sub(1).filter(|at| text[*at] == b'-')?;
    let first = between - digits_before(text, between, PROJECT_DIGITS);
    let part = |start: usize| std::str::from_utf8(text.get(start..end)?).ok();
    (first..between)
        .find(|start| part(*start).is_some_and(|part| format::token_address(part).is_some()))
        .map(|start| start..end)
}

/// The manage token that starts here.
fn manage_token(text: &[u8], start: usize) -> Option<Range<usize>> {
    if text.get(start + "jt".len()) != Some(&b'm') {
        return None;
    }
    let id = start + "jtm-".len();
    let digits =
        text.get(id..)?.iter().take(PROJECT_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let end = id + digits + 1 + SECRET_AND_CHECK;
    let part = std::str::from_utf8(text.get(start..end)?).ok()?;
    format::manage_token_id(part).map(|_| start..end)
}

/// The piece of a token or manage token whose `jt` is here.
fn piece(text: &[u8], mark: usize) -> Option<Range<usize>> {
    let after = text.get(mark + "jt".len()..)?;
    let (start, secret) = if after.first() == Some(&b'm') {
        let digits = after.get(2..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let dashes = after.get(1) == Some(&b'-') && after.get(2 + digits) == Some(&b'-');
        ((1..=PROJECT_DIGITS).contains(&digits) && dashes).then_some((mark, mark + 5 + digits))
    } else {
        None
    }
    .or_else(|| {
        let dash = mark.checked_sub(1).filter(|at| text[*at] == b'-')?;
        let id = dash - digits_before(text, dash, TOKEN_DIGITS);
        let between = id.checked_sub(1).filter(|at| text[*at] == b'-' && id < dash)?;
        let start = between - digits_before(text, between, PROJECT_DIGITS);
        (start < between).then_some((start, mark + 2))
    })?;
    let length =
        text.get(secret..)?.iter().take(SECRET_AND_CHECK).take_while(|byte| byte.is_ascii_alphanumeric());
    let length = length.count();
    (length >= PIECE).then_some(start..secret + length)
}

/// The token without its ids whose `jt` is here, or most of it, in front of where letters and digits end.
///
/// A word or a long id may have a `jt` as well. Within them it is a token where the length is that of one or of one without
/// some of its check, or where what follows can be a check, which mostly begins with other characters.
fn bare(text: &[u8], mark: usize, end: usize, is_after_token: bool) -> Option<Range<usize>> {
    let secret = mark + "jt".len();
    let length = end - secret;
    let begins_word = is_after_token || mark == 0 || !text[mark - 1].is_ascii_alphanumeric();
    let is_token = match length {
        0..MOST => false,
        MOST..SECRET_DIGITS => begins_word,
        SECRET_DIGITS..=SECRET_AND_CHECK => true,
        _ => begins_word || format::may_be_check(&text[secret + SECRET_DIGITS..secret + SECRET_AND_CHECK]),
    };
    is_token.then(|| mark..end.min(secret + SECRET_AND_CHECK))
}

/// How many digits stand in front of a place, up to so many.
fn digits_before(text: &[u8], end: usize, most: usize) -> usize {
    text[..end].iter().rev().take(most).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where there are tokens in Base64 or in hexadecimal digits. Which of the first digits belong to it nobody knows.
fn encoded(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for run in runs(text, &BASE64, SHORTEST * 4 / 3) {
        for first in 0..4 {
            let tokens = tokens(&decoded(&run.digits[first..], 6));
            found.extend(tokens.into_iter().map(|token| {
                let end = first + token.end.div_ceil(3) * 4;
                run.origin(first + token.start / 3 * 4, end.min(run.digits.len()))
            }));
        }
    }
    for run in runs(text, &HEX, SHORTEST * 2) {
        for first in 0..2 {
            let tokens = tokens(&decoded(&run.digits[first..], 4));
            found.extend(
                tokens.into_iter().map(|token| run.origin(first + token.start * 2, first + token.end * 2)),
            );
        }
    }
    found
}

/// Digits without anything between them but what may stand there, each as the number that it is.
struct Run {
    digits: Vec<u8>,
    /// Where each stood.
    places: Vec<usize>,
}

impl Run {
    fn origin(&self, start: usize, end: usize) -> Range<usize> {
        self.places[start]..self.places[end - 1] + 1
    }
}

/// Where runs of such digits stand that are at least so long.
fn runs(text: &[u8], numbers: &[u8; 256], shortest: usize) -> Vec<Run> {
    let (mut runs, mut start, mut at) = (Vec::new(), 0, 0);
    while at <= text.len() {
        let goes_on = at < text.len() && numbers[usize::from(text[at])] != NONE;
        if !goes_on {
            if at - start >= shortest {
                runs.extend(Some(run(text, start..at, numbers)).filter(|run| run.digits.len() >= shortest));
            }
            start = at + 1;
        }
        at += 1;
    }
    runs
}

fn run(text: &[u8], range: Range<usize>, numbers: &[u8; 256]) -> Run {
    let mut run = Run { digits: Vec::with_capacity(range.len()), places: Vec::with_capacity(range.len()) };
    let mut at = range.start;
    while at < range.end {
        let number = numbers[usize::from(text[at])];
        if number < BETWEEN {
            run.digits.push(number);
            run.places.push(at);
        }
        at += 1;
    }
    run
}

/// The bytes that digits of so many bits are. A last byte that is not whole is none.
fn decoded(digits: &[u8], bits_each: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut held, mut bits, mut at) = (0_u32, 0, 0);
    while at < digits.len() {
        held = held << bits_each | u32::from(digits[at]);
        bits += bits_each;
        at += 1;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
        }
    }
    bytes
}

/// What is no digit.
const NONE: u8 = u8::MAX;

/// What is no digit, and may stand between two.
const BETWEEN: u8 = NONE - 1;

/// The digits of Base64, in both of its alphabets, with ends of lines between them.
const BASE64: [u8; 256] = {
    let mut numbers = numbered(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    (numbers[b'-' as usize], numbers[b'_' as usize]) = (62, 63);
    numbers
};

/// Hexadecimal digits, with ends of lines and what dumps and certificates have between them.
const HEX: [u8; 256] = {
    let mut numbers = numbered(b"0123456789abcdef");
    let mut letter = 0;
    while letter < 6 {
        numbers[b'A' as usize + letter] = numbers[b'a' as usize + letter];
        letter += 1;
    }
    let mut other = 0;
    while other < 4 {
        numbers[b" \t:-"[other] as usize] = BETWEEN;
        other += 1;
    }
    numbers
};

/// The number of each of these digits, by its byte.
const fn numbered(digits: &[u8]) -> [u8; 256] {
    let mut numbers = [NONE; 256];
    (numbers[b'\r' as usize], numbers[b'\n' as usize]) = (BETWEEN, BETWEEN);
    let mut number = 0_u8;
    while (number as usize) < digits.len() {
        numbers[digits[number as usize] as usize] = number;
        number += 1;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD as PADDED, URL_SAFE_NO_PAD},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::{
        id::{ManageTokenId, ProjectId, TokenId},
        occasion::testing::Counting,
        secret::{mint_manage_token, mint_token},
    };

    fn tokens() -> [String; 2] {
        let rng = &mut Counting(1);
        let token = mint_token(ProjectId::new(12).unwrap(), TokenId::new(345).unwrap(), rng);
        let manage = mint_manage_token(ManageTokenId::new(7).unwrap(), rng);
        [token.expose().to_owned(), manage.expose().to_owned()]
    }

    /// The text with one of its characters, or all of them, as these escapes write them.
    fn escaped(text: &str, which: Option<usize>, escape: impl Fn(char) -> String) -> String {
        let escaped = |(at, c)| if which.is_none_or(|which| which == at) { escape(c) } else { c.to_string() };
        text.chars().enumerate().map(escaped).collect()
    }

    const ESCAPES: [fn(char) -> String; 11] = [
        |c| format!("%{:02X}", u32::from(c)),
        |c| format!("%25{:02x}", u32::from(c)),
        |c| format!("%2525{:02x}", u32::from(c)),
        |c| format!("\\u{:04x}", u32::from(c)),
        |c| format!("\\\\u{:04X}", u32::from(c)),
        |c| format!("\\x{:02x}", u32::from(c)),
        |c| format!("\\{:03o}", u32::from(c)),
        |c| format!("&#{};", u32::from(c)),
        |c| format!("&#x{:x};", u32::from(c)),
        |c| format!("&#{:09}", u32::from(c)),
        |c| format!("&#x{:09x}", u32::from(c)),
    ];

    #[test]
    fn a_text_without_a_token_is_left_alone() {
        let [token, manage] = tokens();
        let short = format!("{} {}", &token[..9 + PIECE - 1], &manage[..6 + PIECE - 1]);
        let long = "a-z_0+".repeat(40);
        for text in [
            "",
            "a-jtb",
            "1-2-jt",
            "jtm-",
            "jtm-7-",
            "jt",
            "é-jté",
            "100%",
            &short,
            &manage[1..],
            &long,
            &"ab".repeat(99),
        ] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_looks_like_an_escape_in_front_of_a_token_does_not_hide_it() {
        let [token, _] = tokens();
        for before in ["%", "\\", "\\x", "=", "&#", "%2", "123456789"] {
            assert_eq!(redacted(&format!("{before}{token}!")), format!("{before}***!"));
            let dash = token.replace('-', "%2D");
            assert!(holds_token(&format!("{before} {dash}")), "{before}");
        }
        assert!(holds_token(&format!("\\{}", token.replace('-', "%2D"))));
    }

    #[test]
    fn a_piece_of_a_token_is_replaced_however_it_was_cut() {
        for (token, before) in tokens().into_iter().zip(["12-345-jt".len(), "jtm-7-".len()]) {
            for length in [PIECE, 20, 43, 48] {
                let piece = &token[..before + length];
                assert_eq!(redacted(&format!("x {piece}")), "x ***");
                assert_eq!(redacted(&format!("{piece}_, y")), "***_, y");
                let encoded = PADDED.encode(format!("user:{piece}?>"));
                assert!(holds_token(&encoded) && holds_token(&hex::encode(piece)), "{encoded}");
                assert!(holds_token(&piece.replace('-', "%2D")), "{piece}");
            }
            let mistyped = format!("{}0", &token[..token.len() - 1]);
            assert_eq!(redacted(&mistyped), "***");
            // As a header of Basic that was cut by whoever keeps it.
            let cut = &PADDED.encode(format!("user:{token}"))[..60];
            assert!(holds_token(cut), "{cut}");
        }
    }

    #[test]
    fn a_token_without_the_ids_in_front_is_replaced_wherever_it_stands() {
        let [token, _] = tokens();
        let bare = &token["12-345-".len()..];
        assert_eq!(redacted(bare), "***");
        for before in ["x", "é", "-", "5-", "1-x-", "_", "9", "jtm-", &format!("{token}-"), &token] {
            for after in ["", "!", "x", "-1", "jt"] {
                let text = format!("{before}{bare}{after}");
                let clean = redacted(&text);
                assert!(
                    !clean.contains(&bare[20..]) && clean.starts_with(&before.replace(&token, "***")),
                    "{clean}"
                );
                assert!(clean.ends_with(&format!("***{after}")), "{text}: {clean}");
                assert!(holds_token(&PADDED.encode(&text)) && holds_token(&hex::encode(&text)), "{text}");
                assert!(holds_token(&text.replace("jt", "%6At")), "{text}");
            }
        }
        // Mistyped, or without its check, which can be computed; and most of it where a word begins.
        let mistyped = format!("{}z", &bare[..bare.len() - 1]).replace(&bare[45..46], "z");
        assert_eq!(redacted(&format!("x{mistyped} {mistyped}")), "x*** ***");
        assert_eq!(redacted(&format!("x{}!", &bare[..45])), "x***!");
        assert_eq!(redacted(&format!("({})", &bare[..2 + MOST])), "(***)");
        let kept = format!("x{} {}", &bare[..44], &bare[..=MOST]);
        assert!(!holds_token(&kept), "{kept}");
        // Letters and digits that go on are no token where no check has such a beginning.
        let long = format!("jt{}z{}", &bare[2..45], "0".repeat(99));
        assert!(!holds_token(&format!("x{long}")), "{long}");
    }

    #[test]
    fn a_token_that_overlaps_with_what_looks_like_one_is_replaced_whole() {
        let [token, _] = tokens();
        let bare = &token["12-345-".len()..];
        let text = format!("x jt{}{bare}", "0".repeat(45));
        assert_eq!(redacted(&text), "x ***");
    }

    #[test]
    fn a_token_that_a_mail_has_broken_is_one() {
        let [token, _] = tokens();
        assert_eq!(redacted(&format!("a {}=\r\n{} b", &token[..20], &token[20..])), "a *** b");
    }

    #[test]
    fn a_token_in_base64_or_hexadecimal_digits_is_replaced_with_whatever_is_around_it() {
        for token in tokens() {
            for before in ["", "a", "ab", "abc", "user:"] {
                let text = format!("{before}{token}");
                for encoded in
                    [PADDED.encode(&text), URL_SAFE_NO_PAD.encode(&text), PADDED.encode(format!("{text}ÿ?>"))]
                {
                    let clean = redacted(&format!("Authorization: Basic {encoded}, x")).into_owned();
                    let kept = clean.replace("***", "");
                    assert!(kept.starts_with("Authorization: Basic ") && kept.ends_with(", x"), "{clean}");
                    assert!(kept.len() < 50, "{clean}");
                    let broken = format!("{}\r\n{}", &encoded[..30], &encoded[30..]);
                    assert!(holds_token(&broken) && holds_token(&encoded.replace('=', "%3D")), "{broken}");
                }
            }
            assert_eq!(redacted(&format!("<{}>", hex::encode(&token))), "<***>");
            assert_eq!(redacted(&format!("<a{}>", hex::encode_upper(&token))), "<a***>");
        }
    }

    #[test]
    fn a_token_in_references_that_browsers_read_without_semicolons_is_replaced() {
        for token in tokens() {
            for escape in [|c| format!("&#{}", u32::from(c)), |c| format!("&#x{:X}", u32::from(c))] {
                assert_eq!(redacted(&format!("<{}>", escaped(&token, None, escape))), "<***>");
            }
        }
    }

    #[test]
    fn a_token_in_hexadecimal_digits_is_replaced_with_what_dumps_have_between_them() {
        for token in tokens() {
            for between in [" ", ":", "-", "\t", "\n", "  ", ": ", " \r\n"] {
                for bytes in [1, 2, 4] {
                    let groups: Vec<_> = token.as_bytes().chunks(bytes).map(hex::encode).collect();
                    assert_eq!(redacted(&format!("<{}>", groups.join(between))), "<***>", "{between:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_token_is_replaced_wherever_it_stands(before in "\\PC{0,9}", between in "[ é\"]\\PC{0,9}", after in "\\PC{0,9}") {
            let [token, manage] = tokens();
            let text = format!("{before}{token}{between}{manage}{after}");
            let clean = redacted(&text);
            prop_assert_eq!(clean.matches("***").count(), 2 + text.matches("***").count());
            prop_assert!(clean.starts_with(&before) && clean.ends_with(&after), "{}", clean);
        }

        #[test]
        fn a_token_is_replaced_however_it_is_escaped(which in proptest::option::of(0_usize..59), kind in 0_usize..ESCAPES.len(), after in "[ é\"]{1,9}") {
            for token in tokens() {
                let which = which.map(|which| which % token.len());
                let text = format!("x {}{after}", escaped(&token, which, ESCAPES[kind]));
                prop_assert_eq!(redacted(&text), format!("x ***{after}"));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(\\PC|-jt|jtm-|[0-9]|-|%2D|\\\\u002d|&#45;|=2D|=\r\n|[A-Za-z0-9+/]{80}){0,40}") {
            let _ = redacted(&text);
        }
    }
}
