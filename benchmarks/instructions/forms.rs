//! Forms of 64 KB, of all kinds that were ever more work than others.

use http::{HeaderMap, HeaderValue, header};
use jeton_api::event::PostEvent;
use jeton_service::wire::form;

const SIZE: usize = 64 * 1024;

/// As many fields as a form may have.
const FIELDS: usize = 5000;

/// Makes a form of about so many bytes.
pub type Form = fn(usize) -> String;

/// The kinds. `plain` is what the others are held against.
pub const KINDS: [(&str, Form); 14] = [
    ("plain", |n| format!("a{n}=b&")),
    ("list", |_| "a[]=&".to_owned()),
    ("list-encoded", |_| "a%5B%5D=%41&".to_owned()),
    ("list-of-lists", |_| "a[][]=&".to_owned()),
    ("list-of-maps", |_| "a[][b]=&".to_owned()),
    ("numbers", |n| format!("a[{}]=&", 5000 - n)),
    ("number-then-list", |n| if n == 0 { "a[4294960000]=&".to_owned() } else { "a[]=&".to_owned() }),
    ("map", |n| format!("a[k{n}]=&")),
    ("maps", |n| format!("a{n}[b][c]=&")),
    ("long-names", |n| format!("{}{n}=&", "a".repeat(200))),
    ("nothing", |_| "&".to_owned()),
    ("escapes-in-text", |n| if n == 0 { format!("a={}", "%25252541".repeat(7000)) } else { String::new() }),
    ("all-escapes-in-text", |n| {
        if n == 0 { format!("a={}", "%255C%2526%253D".repeat(4300)) } else { String::new() }
    }),
    ("base64", |n| if n == 0 { format!("a={}", "QUJD".repeat(16_000)) } else { String::new() }),
];

/// Reads a form of this kind so many times; none for a kind that there is not.
pub fn read(kind: &str, times: usize) -> Option<()> {
    let (_, field) = KINDS.into_iter().find(|(name, _)| *name == kind)?;
    let mut text = String::new();
    for n in 0..FIELDS {
        let field = field(n);
        if text.len() + field.len() > SIZE {
            break;
        }
        text += &field;
    }
    // The rest is one long text, which is no work.
    text += "&rest=";
    text += &" ".repeat(SIZE.saturating_sub(text.len()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    for _ in 0..times {
        // Whether it is refused in the end does not matter: it has been read.
        drop(form::read_body::<PostEvent>(&headers, text.as_bytes()));
    }
    Some(())
}
