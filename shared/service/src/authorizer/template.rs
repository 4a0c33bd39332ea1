//! Path templates, such as `/v2/buckets/{bucket}/tables`, and matching.

use std::cmp::Ordering;

use jeton_core::secret::redacted;
use percent_encoding::percent_decode_str;

/// A path template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter(String),
}

/// The relation of two templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// No path matches both.
    Apart,
    /// All paths of the more specific one match the other one, too.
    Nested(Ordering),
    /// Some paths match both, and neither is more specific.
    Ambiguous,
}

impl Template {
    /// Parses a template. Errors: a message for the author of the rules.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('/').ok_or_else(|| format!("`{text}` must start with a slash"))?;
        let mut segments: Vec<Segment> = Vec::new();
        for part in inner.split('/').filter(|_| !inner.is_empty()) {
            let segment = Segment::parse(part)?;
            if matches!(segment, Segment::Parameter(_)) && segments.contains(&segment) {
                return Err(format!("`{part}` is in `{text}` twice"));
            }
            segments.push(segment);
        }
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The segment of a parameter.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.segments.iter().position(|segment| matches!(segment, Segment::Parameter(known) if known == name))
    }

    /// Whether a path, split by [`split`], matches.
    pub fn matches(&self, path: &[String]) -> bool {
        self.segments.len() == path.len()
            && self.segments.iter().zip(path).all(|(segment, part)| match segment {
                Segment::Literal(literal) => literal == part,
                Segment::Parameter(_) => true,
            })
    }

    /// The relation to another template; `Greater` is more specific.
    pub fn relation(&self, other: &Self) -> Relation {
        if self.segments.len() != other.segments.len() {
            return Relation::Apart;
        }
        let (mut mine, mut theirs) = (false, false);
        for pair in self.segments.iter().zip(&other.segments) {
            match pair {
                (Segment::Literal(a), Segment::Literal(b)) if a != b => return Relation::Apart,
                (Segment::Literal(_), Segment::Parameter(_)) => mine = true,
                (Segment::Parameter(_), Segment::Literal(_)) => theirs = true,
                _ => {}
            }
        }
        match (mine, theirs) {
            (true, false) => Relation::Nested(Ordering::Greater),
            (false, true) => Relation::Nested(Ordering::Less),
            _ => Relation::Ambiguous,
        }
    }
}

impl Segment {
    fn parse(part: &str) -> Result<Self, String> {
        if let Some(name) = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            return if valid {
                Ok(Self::Parameter(name.to_owned()))
            } else {
                Err(format!(
                    "`{part}` is not a valid parameter: it must be a letter and then letters, digits or _ in \
                     braces, and stands for one segment"
                ))
            };
        }
        let plain = part.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'{' | b'}' | b'*'));
        if plain && is_clear(part) {
            Ok(Self::Literal(part.to_owned()))
        } else if part.is_empty() {
            Err("a template must not have an empty segment or a trailing slash".to_owned())
        } else {
            Err(format!("`{part}` must be one parameter in braces, or decoded text"))
        }
    }
}

/// The percent-decoded segments of a path; `None` if other software could parse the path differently.
///
/// A service behind the gateway may decode, collapse slashes, resolve dots or cut at a semicolon, before or after routing. Such
/// an ambiguous path matches no rule, so it cannot be used to bypass one. A token in a segment is replaced by `***`.
pub fn split(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix('/')?;
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let decoded = inner.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        // Path parameters are stored in the history.
        is_clear(&part).then(|| redacted(&part).into_owned())
    });
    decoded.collect()
}

/// Whether a decoded segment is unambiguous. A remaining percent sign was encoded twice.
fn is_clear(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
        && !part.contains(['/', '\\', '%', ';', '?', '#'])
        && !part.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    fn matches(text: &str, path: &str) -> bool {
        split(path).is_some_and(|path| template(text).matches(&path))
    }

    #[test]
    fn a_template_matches_segment_by_segment() {
        assert!(matches("/", "/"));
        assert!(matches("/b/{bucket}/t", "/b/in.c-main/t"));
        assert!(matches("/b/{bucket}/t", "/%62/in%2Ec-main/t"));
        for path in ["/b/x", "/b/x/t/y", "/B/x/t", "/b/x/tt", "/"] {
            assert!(!matches("/b/{bucket}/t", path), "{path}");
        }
    }

    #[test]
    fn a_path_that_others_may_read_differently_matches_nothing() {
        for path in [
            "",
            "a",
            "//",
            "/a/",
            "//a",
            "/a//b",
            "/.",
            "/a/..",
            "/%2e%2E/b",
            "/a%2Fb",
            "/a%5Cb",
            "/a%252Fb",
            "/a%",
            "/a%zz",
            "/a;x",
            "/a%00",
            "/a%20b",
            "/a%0Ab",
            "/%ff",
            "/a?b",
            "/a%23b",
            "/a\\b",
        ] {
            assert_eq!(split(path), None, "{path}");
        }
        assert_eq!(split("/%C3%A9/a+b").unwrap(), ["é", "a+b"]);
    }

    #[test]
    fn what_is_no_template_says_why() {
        for text in [
            "",
            "a",
            "/a/",
            "//",
            "/a//b",
            "/..",
            "/{a}/{a}",
            "/{}",
            "/{1}",
            "/{a+}",
            "/{proxy+}",
            "/a{b}",
            "/a*",
            "/%61",
            "/é",
            "/a;b",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
        assert_eq!(template("/a/{b}").parameter("b"), Some(1));
        assert_eq!(template("/a/{b}").parameter("a"), None);
    }

    #[test]
    fn the_more_specific_template_is_known_and_ambiguity_too() {
        let relation = |a: &str, b: &str| template(a).relation(&template(b));
        assert_eq!(relation("/a/b", "/a/{x}"), Relation::Nested(Ordering::Greater));
        assert_eq!(relation("/{y}/{x}", "/a/{x}"), Relation::Nested(Ordering::Less));
        assert_eq!(relation("/a/{x}", "/{x}/b"), Relation::Ambiguous);
        assert_eq!(relation("/a/{x}", "/a/{y}"), Relation::Ambiguous);
        assert_eq!(relation("/a", "/a"), Relation::Ambiguous);
        assert_eq!(relation("/a/{x}/c", "/{y}/b/d"), Relation::Apart);
        assert_eq!(relation("/a", "/a/{x}"), Relation::Apart);
    }
}
