//! Checks of paths in the configuration.

/// Whether a path is plausible: it does not start with a space, and has no control characters.
pub(crate) fn plain(path: &str) -> bool {
    !path.starts_with(char::is_whitespace) && !path.chars().any(char::is_control)
}
