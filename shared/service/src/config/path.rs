//! Paths in the configuration.

/// Whether a path is meant as it is written: it does not begin with space, and holds nothing that nobody types.
pub(crate) fn plain(path: &str) -> bool {
    !path.starts_with(char::is_whitespace) && !path.chars().any(char::is_control)
}
