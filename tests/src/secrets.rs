//! Forms in which a secret may be written, and traces of secrets in output.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// An escape of one character.
type Escape = fn(char) -> String;

const ESCAPES: [Escape; 7] = [
    |c| format!("%{:02X}", u32::from(c)),
    |c| format!("%{:02x}", u32::from(c)),
    |c| format!("%25{:02X}", u32::from(c)),
    |c| format!("\\u{:04x}", u32::from(c)),
    |c| format!("\\\\u{:04x}", u32::from(c)),
    |c| format!("\\x{:02x}", u32::from(c)),
    |c| format!("&#{};", u32::from(c)),
];

/// A token in every form that people and programs write: as it is; with one character, with its dashes and
/// with all of it escaped, once and twice; in Base64, alone and behind a name; in hexadecimal digits, also
/// with separators; without its ids.
pub fn written(token: &str) -> Vec<String> {
    let mut forms = vec![token.to_owned()];
    for escape in ESCAPES {
        let middle = token.len() / 2;
        forms.push(format!(
            "{}{}",
            token[..middle].to_owned() + &all(&token[middle..=middle], escape),
            &token[middle + 1..]
        ));
        forms.push(token.replace('-', &escape('-')));
        forms.push(all(token, escape));
    }
    for text in [token.to_owned(), format!("user:{token}")] {
        forms.extend([STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)]);
    }
    forms.push(hex(token));
    // As a double click selects it, which ends at a dash, and after a word.
    if let Some((_, bare)) = token.split_once("-jt") {
        forms.extend([format!("jt{bare}"), format!("xjt{bare}"), hex(&format!("-jt{bare}"))]);
    }
    // As in dumps and certificates, which browsers parse too.
    forms.extend([" ", ":", "-"].map(|between| pairs(token, between)));
    forms.push(all(token, |c| format!("&#{}", u32::from(c))));
    forms
}

/// Traces of a secret: pieces of its end that cannot occur by chance, in every form of [`written`].
pub fn traces(secret: &str) -> Vec<String> {
    let mut traces = Vec::new();
    let end = &secret[secret.len() - 40..];
    for at in (0..40).step_by(8) {
        let piece = &end[at..at + 8];
        traces.push(piece.to_owned());
        traces.extend(ESCAPES.map(|escape| all(piece, escape)));
        traces.push(hex(piece));
        traces.extend([" ", ":", "-"].map(|between| pairs(piece, between)));
        traces.push(all(piece, |c| format!("&#{}", u32::from(c))));
    }
    for shift in 0..3 {
        let encoded = STANDARD.encode(format!("{}{end}", "x".repeat(shift)));
        // Without the characters that depend on the neighbours.
        traces.push(encoded[4..20].to_owned());
        traces.push(encoded[20..36].to_owned());
    }
    traces
}

/// Fails the test if the bytes contain a part of one of these secrets.
pub fn assert_holds_none(place: &str, bytes: &[u8], secrets: &[&str]) {
    let text = String::from_utf8_lossy(bytes);
    for trace in secrets.iter().flat_map(|secret| traces(secret)) {
        // Debug output has its backslashes doubled.
        for trace in [trace.replace('\\', "\\\\"), trace] {
            let at = text.find(&trace).map(|at| text.floor_char_boundary(at.saturating_sub(300)));
            assert!(
                at.is_none(),
                "{place} holds {trace}: {}",
                text[at.unwrap()..].chars().take(500).collect::<String>()
            );
        }
    }
}

fn all(text: &str, escape: Escape) -> String {
    text.chars().map(escape).collect()
}

fn hex(text: &str) -> String {
    pairs(text, "")
}

fn pairs(text: &str, between: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}
