//! Characters that texts of strangers may not have.

/// Whether a character turns the direction of what follows it, or of all around it: with it a text can be shown as
/// another than it is. Scripts that run from right to left do without; each of their letters says so itself.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
