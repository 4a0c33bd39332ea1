//! Snippets: a first call with a token, ready to paste.
//!
//! Nothing in them is escaped, since neither an origin of `origin::canonical` nor a token has a letter that a shell, a
//! string literal or an environment file reads differently.

/// What stands for a token where there is none to show.
pub const PLACEHOLDER: &str = "YOUR_TOKEN";

/// A text to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// Its id on a page.
    pub id: &'static str,
    /// Where it is used, as a heading.
    pub place: &'static str,
    /// What it is, as in *Copy the command*.
    pub name: &'static str,
    /// The text.
    pub text: String,
}

/// The snippets for the service at this origin, with a token or [`PLACEHOLDER`].
pub fn snippets(origin: &str, token: &str) -> [Snippet; 5] {
    let url = format!("{origin}/v2/storage/tokens/verify");
    let of = |id, place, name, text| Snippet { id, place, name, text };
    [
        of("curl", "In a terminal", "command", format!("curl -H 'X-StorageApi-Token: {token}' '{url}'")),
        of(
            "python",
            "In Python",
            "Python lines",
            format!(
                "from urllib.request import Request, urlopen\n\
                 url = \"{url}\"\n\
                 token = \"{token}\"\n\
                 request = Request(url, headers={{\"X-StorageApi-Token\": token}})\n\
                 print(urlopen(request).read().decode())"
            ),
        ),
        of(
            "javascript",
            "In JavaScript",
            "JavaScript lines",
            format!(
                "const url = \"{url}\";\n\
                 const token = \"{token}\";\n\
                 fetch(url, {{ headers: {{ \"X-StorageApi-Token\": token }} }})\n\
                 \x20 .then((answer) => answer.text())\n\
                 \x20 .then((text) => console.log(text));"
            ),
        ),
        // Without quotes, which `docker --env-file` would take as a part of the value. The names are those of the command.
        of("env", "In a .env file", ".env lines", format!("JETON_URL={origin}\nJETON_TOKEN={token}")),
        // The command asks for the token, which is then in no history of a shell.
        of("login", "With the command jeton", "login command", format!("jeton login --url {origin}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_snippet_names_the_service_and_the_token_once_but_for_the_one_that_asks_for_it() {
        for snippet in snippets("https://tokens.example.org", PLACEHOLDER) {
            assert_eq!(snippet.text.matches("https://tokens.example.org").count(), 1, "{}", snippet.id);
            let tokens = usize::from(snippet.id != "login");
            assert_eq!(snippet.text.matches(PLACEHOLDER).count(), tokens, "{}", snippet.id);
        }
    }
}
