//! Words of the shell, in the commands that messages advise.

use std::path::Path;

/// A path as the shell reads it: in quotes if it has other than harmless characters.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+,@".contains(c);
    if path.starts_with(|c: char| c.is_ascii_alphanumeric() || "/.".contains(c))
        && path.chars().all(is_harmless)
    {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        for (path, word) in [
            ("/home/ada/.config/jeton/a.token", "/home/ada/.config/jeton/a.token"),
            ("/My files/a", "'/My files/a'"),
            ("/it's/$HOME", r"'/it'\''s/$HOME'"),
            ("-n", "'-n'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
