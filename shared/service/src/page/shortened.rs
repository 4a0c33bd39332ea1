//! Long names in lists and messages.

use std::borrow::Cow;

/// A long name without its middle: names that begin alike differ at the end.
pub fn cut(name: &str, longest: usize) -> Cow<'_, str> {
    let letters = name.chars().count();
    if letters <= longest {
        return name.into();
    }
    let end = longest / 3;
    let (first, last) = (longest - end - 1, letters - end);
    let shown = name.chars().enumerate().filter(|(at, _)| *at < first || *at >= last);
    let mut shown: Vec<_> = shown.map(|(_, letter)| letter).collect();
    shown.insert(first, '…');
    shown.into_iter().collect::<String>().into()
}

/// The whole name, for the tooltip of a cut one.
pub fn is_cut(name: &str, longest: usize) -> Option<&str> {
    (name.chars().count() > longest).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!((cut("čaj", 3), is_cut("čaj", 3)), ("čaj".into(), None));
        assert_eq!((cut("čaje", 3), is_cut("čaje", 3)), ("č…e".into(), Some("čaje")));
        assert_eq!(cut("Import production", 9), "Impor…ion");
    }
}
