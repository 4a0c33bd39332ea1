//! What the commands that talk to a Jeton read of the environment.

/// How a Jeton is reached, and by whom.
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
    /// Reads it. An empty variable counts as absent.
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
