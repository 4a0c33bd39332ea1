//! The environment variables of the commands that call Jeton.

/// The URL and the tokens of the environment.
#[derive(Debug, Default)]
pub struct Environment {
    /// `JETON_URL`.
    pub url: Option<String>,
    /// `JETON_TOKEN`.
    pub token: Option<String>,
    /// `JETON_MANAGE_TOKEN`.
    pub manage_token: Option<String>,
}

impl Environment {
    /// Reads the variables. An empty one counts as absent.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where these commands read it")]
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self {
            url: variable("JETON_URL"),
            token: variable("JETON_TOKEN"),
            manage_token: variable("JETON_MANAGE_TOKEN"),
        }
    }
}
