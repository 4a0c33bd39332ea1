//! What the search of the API reference finds: elements with these attributes.
//!
//! `data-find` is the kind of a thing, `data-title` its link in the list of what was found. Its text finds it, and so do the words of
//! `data-also`, which readers of other products look for.

/// A word of titles, and other words for it.
const ALSO: [(&str, &str); 9] = [
    ("Create", "new add make issue"),
    ("Delete", "revoke remove end"),
    ("Disable", "revoke suspend block"),
    ("leaked", "revoke compromised secret scanning"),
    ("List", "search filter find"),
    ("Refresh", "rotate renew regenerate"),
    ("Share", "send invite hand over"),
    ("Verify", "check introspect who am i login"),
    ("429", "rate limit throttled quota"),
];

/// The other words for what has this title.
pub fn also(title: &str) -> String {
    let found = ALSO.iter().filter(|(word, _)| title.contains(word)).map(|(_, words)| *words);
    found.collect::<Vec<_>>().join(" ")
}
