//! The environment variables of the commands that call Jeton.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

/// The variables by which other programs find an HTTP proxy.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The URL, the tokens and the profile of the environment.
#[derive(Debug, Default)]
pub struct Environment {
    /// `JETON_URL`.
    pub url: Option<String>,
    /// `JETON_TOKEN`.
    pub token: Option<String>,
    /// `JETON_MANAGE_TOKEN`.
    pub manage_token: Option<String>,
    /// `JETON_TOKEN` and `JETON_MANAGE_TOKEN` if they are there and empty, as when a script failed to set them.
    pub blank: Vec<&'static str>,
    /// `JETON_PROFILE`.
    pub profile: Option<String>,
    /// `JETON_RETRY_FOR`.
    pub retry_for: Option<String>,
    /// The folder of the configuration file: `jeton` in `XDG_CONFIG_HOME`, or in `.config` of `HOME`.
    pub config_folder: Option<PathBuf>,
    /// The file that commands lock while they change the keyring, the same for all configurations of a user.
    pub keyring_lock: Option<PathBuf>,
    /// The name of a variable that names an HTTP proxy, if one does.
    pub proxy: Option<&'static str>,
}

impl Environment {
    /// Reads the variables. An empty one counts as absent.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where these commands read it")]
    pub fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let is_blank = |name: &&str| std::env::var(name).is_ok_and(|value| value.trim().is_empty());
        // A relative path would depend on the folder that a command is run in.
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
        let session = folder("XDG_RUNTIME_DIR").filter(|session| session.is_dir());
        let state =
            || folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")));
        let for_lock = session.or_else(|| state().map(|state| state.join("jeton")));
        Self {
            url: variable("JETON_URL"),
            token: variable("JETON_TOKEN"),
            manage_token: variable("JETON_MANAGE_TOKEN"),
            blank: ["JETON_TOKEN", "JETON_MANAGE_TOKEN"].into_iter().filter(is_blank).collect(),
            profile: variable("JETON_PROFILE"),
            retry_for: variable("JETON_RETRY_FOR"),
            config_folder: config.map(|config| config.join("jeton")),
            keyring_lock: for_lock.map(|folder| folder.join("jeton-keyring.lock")),
            proxy: PROXIES.into_iter().find(|name| variable(name).is_some()),
        }
    }
}

/// Whether whoever runs this wants colours on a terminal: `NO_COLOR` is not set (<https://no-color.org>), and the terminal has some.
pub fn wants_colours() -> bool {
    !is_set("NO_COLOR", |_| true) && terminal_has_controls()
}

/// Whether a terminal has more than lines, by `TERM`.
pub fn terminal_has_controls() -> bool {
    is_set("TERM", |kind| kind != "dumb")
}

/// Whether the browser of this machine is in front of whoever runs this: there is a desktop, and the session is not from elsewhere.
pub fn has_desktop() -> bool {
    let is_here = !is_set("SSH_CONNECTION", |_| true);
    is_here
        && (cfg!(target_os = "macos")
            || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| is_set(name, |_| true)))
}

/// Whether this session may have a keyring: on Linux, whether it has a D-Bus.
pub fn may_have_keyring() -> bool {
    let has_socket = |folder: &OsStr| Path::new(folder).join("bus").exists();
    cfg!(target_os = "macos")
        || is_set("DBUS_SESSION_BUS_ADDRESS", |_| true)
        || is_set("XDG_RUNTIME_DIR", has_socket)
}

#[expect(clippy::disallowed_methods, reason = "as above")]
fn is_set(name: &str, holds: impl FnOnce(&OsStr) -> bool) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && holds(&value))
}
