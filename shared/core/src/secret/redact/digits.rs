//! Redaction of tokens in Base64 and in hexadecimal digits.

use std::ops::Range;

use super::tokens::{SHORTEST, tokens_in};

/// Finds tokens in Base64 or in hexadecimal digits. The encoding may start at any digit, so all offsets are tried.
pub(super) fn encoded(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for run in runs(text, &BASE64, SHORTEST * 4 / 3) {
        for first in 0..4 {
            let tokens = tokens_in(&decoded(&run.digits[first..], 6));
            found.extend(tokens.into_iter().map(|token| {
                let end = first + token.end.div_ceil(3) * 4;
                run.origin(first + token.start / 3 * 4, end.min(run.digits.len()))
            }));
        }
    }
    for run in runs(text, &HEX, SHORTEST * 2) {
        for first in 0..2 {
            let tokens = tokens_in(&decoded(&run.digits[first..], 4));
            found.extend(
                tokens.into_iter().map(|token| run.origin(first + token.start * 2, first + token.end * 2)),
            );
        }
    }
    found
}

/// A run of digits, possibly with separators between them, as numbers.
struct Run {
    digits: Vec<u8>,
    /// The position of each.
    places: Vec<usize>,
}

impl Run {
    fn origin(&self, start: usize, end: usize) -> Range<usize> {
        self.places[start]..self.places[end - 1] + 1
    }
}

/// Finds runs of digits of a minimum length.
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

/// Decodes digits of so many bits to bytes. An incomplete last byte is dropped.
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

/// Marks a byte that is not a digit.
pub(super) const NONE: u8 = u8::MAX;

/// Marks a byte that may separate digits.
const BETWEEN: u8 = NONE - 1;

/// Base64 digits in both alphabets, with line ends as separators.
pub(super) static BASE64: [u8; 256] = {
    let mut numbers = numbered(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    (numbers[b'-' as usize], numbers[b'_' as usize]) = (62, 63);
    numbers
};

/// Hexadecimal digits, with line ends and the separators of dumps and certificates.
pub(super) static HEX: [u8; 256] = {
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

/// The value of each digit, by its byte.
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
