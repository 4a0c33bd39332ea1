//! Tokens are found in texts, and nothing else is.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as PADDED, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;

use super::{
    unbroken::{MOST, PIECE},
    *,
};
use crate::{
    event_context::testing::Counting,
    id::{ManageTokenId, ProjectId, TokenId},
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

/// What texts have between the parts of a word that they break.
const BREAKS: [&str; 58] = [
    "\n",
    "\r\n",
    "\r",
    "\n ",
    "\n\t\t",
    "\n> ",
    "\n>> ",
    "\n> > ",
    "\n | ",
    "\n# ",
    "\n * ",
    "\n// ",
    "\n+ ",
    " ",
    "   ",
    "\t",
    "\u{b}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{34f}",
    "\u{180e}",
    "\u{2003}",
    "\u{200b}",
    "\u{200d}",
    "\u{2028}",
    "\u{2060}",
    "\u{202a}",
    "\u{3164}",
    "\u{fe0f}",
    "\u{feff}",
    "\u{e0001}",
    "\\\n",
    "=\n",
    "<wbr>",
    "<br/>",
    "<br />\n",
    "</span><span class=\"k\">",
    "&shy;",
    "&nbsp;",
    "&ZeroWidthSpace;",
    "\u{1b}[0m",
    "\u{1b}[1;31m",
    "\u{1b}(B\u{1b}[m",
    "\u{9b}0m",
    "^[[0m",
    "\\e[0m",
    "[0m",
    "\" + \"",
    "' + '",
    "\" .. \"",
    "\" +\n    \"",
    "' . '",
    "\" & \"",
    "\" \"",
    "\\\" + \\\"",
    "\\n",
    "\\r\\n",
];

/// The same as URLs, programs and pages write them.
const ESCAPED: [&str; 12] = [
    "%0A",
    "%20",
    "%0D%0A",
    "%C2%AD",
    "%E2%80%8B",
    "%250A",
    "\\u200b",
    "\\x0a",
    "&#10;",
    "&#8203;",
    "&#xAD;",
    "=20=\n",
];

fn breaks() -> impl Iterator<Item = &'static str> {
    BREAKS.into_iter().chain(ESCAPED)
}

#[test]
fn a_token_is_replaced_as_a_whole_wherever_it_is_broken() {
    for token in tokens() {
        for between in breaks() {
            for at in 1..token.len() {
                let broken = format!("({}{between}{})", &token[..at], &token[at..]);
                assert_eq!(redacted(&broken), "(***)", "{broken:?}");
            }
        }
    }
}

#[test]
fn a_token_may_be_broken_often_and_over_any_signs() {
    for token in tokens() {
        for size in [1, 2, 3, 5, 20] {
            let parts: Vec<_> =
                token.as_bytes().chunks(size).map(|part| std::str::from_utf8(part).unwrap()).collect();
            let all: Vec<_> = breaks().chain([" | ", "***", "·", ")(", "\n\n\n\n"]).collect();
            for between in &all {
                assert_eq!(redacted(&format!("a: {}.", parts.join(between))), "a: ***.", "{between:?}");
            }
            let mixed = parts.iter().zip(BREAKS.iter().cycle().skip(size)).map(|(a, b)| format!("{a}{b}"));
            let mixed: String = mixed.collect();
            let clean = redacted(&mixed);
            assert!(clean.starts_with("***") && !clean[3..].contains(parts[parts.len() - 1]), "{clean}");
        }
        // A gap may be of any length.
        let far = format!("{}{}{}", &token[..20], "\n> ".repeat(9999), &token[20..]);
        assert_eq!(redacted(&far), "***");
        // Nor does a token hide the one that it breaks.
        let (inner, at) = (tokens()[0].clone(), token.find("jt").unwrap() + 1);
        assert_eq!(redacted(&format!("{}{inner}!{}", &token[..at], &token[at..])), "***");
    }
}

#[test]
fn the_beginning_of_a_token_is_followed_over_what_texts_are_broken_with() {
    for (token, before) in tokens().into_iter().zip(["12-345-jt".len(), "jtm-7-".len()]) {
        for between in BREAKS {
            for size in [1, 2, 3, 4, 8, 11, 20] {
                // Without its check, which can be computed.
                let secret = token.as_bytes()[before..before + 43].chunks(size);
                let secret: Vec<_> = secret.map(|part| std::str::from_utf8(part).unwrap()).collect();
                for seam in ["", between] {
                    let broken = format!("a {}{seam}{}!", &token[..before], secret.join(between));
                    let clean = redacted(&broken);
                    let kept = clean.strip_prefix("a ***").unwrap_or_else(|| panic!("{broken:?}: {clean}"));
                    // Of its end less is left than leaves anything to be guessed from.
                    assert!(kept.replace(between, "").len() <= 12, "{size} {clean:?}");
                }
            }
        }
    }
}

#[test]
fn a_broken_token_without_its_ids_is_replaced_where_a_word_begins() {
    let [token, _] = tokens();
    let bare = &token["12-345-".len()..];
    for between in BREAKS {
        for at in [3, 8, 30, 44] {
            let clean = redacted(&format!("({}{between}{})", &bare[..at], &bare[at..])).into_owned();
            assert_eq!(clean, "(***)", "{at} {between:?}");
        }
    }
}

#[test]
fn words_behind_the_beginning_of_a_token_are_left_alone() {
    let [token, manage] = tokens();
    for text in [
        "12-345-jt and then forty-three letters and digits, such as these",
        "tokens look like 12-345-jt\nand have 49 characters behind that",
        "12-345-jt was refreshed by Eve in 2026 from GitHub",
        "call 5 12-345-jt: see https://example.org/x8Kq?y=Zz91kQ&z=aB3dE5",
        "jtm-7- is how manage tokens begin, and 49 characters follow",
        "the object jt\nis the first of 43 that the JavaScript has",
        "job teams: jobs, tables & objects t",
    ] {
        assert!(matches!(redacted(text), Cow::Borrowed(_)), "{}", redacted(text));
    }
    assert_eq!(redacted(&format!("{}\nand more of it", &token[..9 + 20])), "***\nand more of it");
    assert_eq!(redacted(&format!("5 {token} {manage} 7 days")), "5 *** *** 7 days");
    let broken = format!("5 {}\n{} 7 days are left", &token[..15], &token[15..]);
    assert_eq!(redacted(&broken), "5 *** 7 days are left");
}

#[test]
fn a_long_text_of_beginnings_and_breaks_costs_as_much_as_it_is_long() {
    for part in
        ["12-345-jt\n> ", "jtm-7-", "j\n", "j<a", "<", "&a", "\u{1b}[", "\u{1b}]", "jt; ", "1-1-jt\" + \""]
    {
        let text = part.repeat(20_000);
        assert!(!holds_token(&text), "{part}");
    }
}

proptest! {
    #[test]
    fn a_token_is_replaced_wherever_it_stands(before in "\\PC{0,9}", between in "[ é\"]\\PC{0,9}", after in "\\PC{0,9}") {
        // With the digits of a token, `%`, `=` and `\` could be an escape, which is replaced with the token.
        prop_assume!(!before.contains(['%', '=', '\\']));
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
    fn a_token_is_replaced_wherever_it_is_broken(places in proptest::collection::vec((1_usize..55, 0_usize..BREAKS.len() + ESCAPED.len()), 1..6)) {
        for token in tokens() {
            let mut text = token.clone();
            let mut places = places.clone();
            places.sort_unstable();
            for (at, which) in places.into_iter().rev() {
                text.insert_str(at, breaks().nth(which).unwrap());
            }
            let text = format!("x {text}!");
            prop_assert_eq!(redacted(&text), "x ***!", "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|-jt|jtm-|[0-9]|-|%2D|\\\\u002d|&#45;|=2D|=\r\n|[A-Za-z0-9+/]{80}|[ \\n\"<&>\u{1b}\\[m;]){0,40}") {
        let _ = redacted(&text);
    }
}
