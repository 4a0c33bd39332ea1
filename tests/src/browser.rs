//! A real browser for one test: Chromium, driven through its WebDriver.
//!
//! `./test browser` sets the paths: CHROMIUM, CHROMEDRIVER, AXE (the file `axe.min.js`) and
//! `JETON_SCREENSHOTS`. Tests use a page as a person does: by its visible words.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::geteuid;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    process::{Kept, wait_until},
    store::fresh_folder,
    waiting::PATIENCE,
    webdriver::{Element, Session},
};

/// How often a page is polled.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The size of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A desktop window, 1100 pixels wide.
    Desktop,
    /// A phone, 390 pixels wide.
    Phone,
    /// A desktop window of 1280 by 720 pixels at 200 %.
    Zoomed,
}

/// The preferred color scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A special key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Move to the next control.
    Tab,
    /// Move to the control before.
    ShiftTab,
    /// Activate it.
    Enter,
    /// Press the button.
    Space,
    /// Close it.
    Escape,
}

/// A browser with its own profile and one tab. Ends with the test, also a failed one.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    window: Window,
    /// The address of ChromeDriver.
    address: String,
    _process: Kept,
}

impl Browser {
    /// Starts a browser with a desktop window, in light colours.
    pub async fn start() -> Self {
        Self::start_as(Window::Desktop, Scheme::Light).await
    }

    /// Starts a browser.
    pub async fn start_as(window: Window, scheme: Scheme) -> Self {
        let folder = fresh_folder();
        let (process, port) = chromedriver(&folder);
        let address = format!("127.0.0.1:{port}");
        let session = Session::start(&address, capabilities(&folder)).await;
        let browser = Self { session, window, address, _process: process };
        browser.resize(window.height()).await;
        browser.prefer(scheme).await;
        browser
    }

    /// Opens a URL, and reloads even when only its fragment differs.
    pub async fn open(&self, url: &str) {
        self.session.open("about:blank").await;
        self.session.open(url).await;
    }

    /// Reloads the page. A form is sent again, as after the question of the browser.
    pub async fn reload(&self) {
        self.session.reload().await;
    }

    /// Opens a page from a file, such as a mail.
    pub async fn open_html(&self, html: &str) {
        let file = fresh_folder().join("page.html");
        fs::write(&file, html).unwrap();
        self.open(&format!("file://{}", file.display())).await;
    }

    /// Changes the preferred color scheme.
    pub async fn prefer(&self, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Moves the browser to a time zone, such as `Europe/Berlin`. At first it is in UTC.
    pub async fn set_time_zone(&self, zone: &str) {
        self.devtools("Emulation.setTimezoneOverride", json!({"timezoneId": zone})).await;
    }

    /// Switches JavaScript off for the pages opened from now on.
    pub async fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Runs a script before those of each page that is opened from now on.
    pub async fn run_before_pages(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Adds a device with passkeys, whose user confirms and is verified. Returns its id.
    pub async fn add_authenticator(&self) -> String {
        self.session.add_authenticator().await
    }

    /// Sets whether a device with passkeys verifies its user from now on.
    pub async fn verify_user(&self, authenticator: &str, verified: bool) {
        self.session.verify_user(authenticator, verified).await;
    }

    /// Loads no style sheet for the pages opened from now on.
    pub async fn without_styles(&self) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({"urls": ["*.css?*"]})).await;
    }

    /// Waits until the page shows these words.
    pub async fn see(&self, words: &str) {
        let since = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{words:?} is not on the page:\n{text}");
            sleep(LOOK_AGAIN).await;
        }
    }

    /// All visible words of the page.
    pub async fn text(&self) -> String {
        // During a navigation there is no body.
        let shown = self.run("return document.body?.innerText ?? ''").await;
        shown.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the button or link with these words.
    pub async fn click(&self, words: &str) {
        let quoted = format!("normalize-space()=\"{words}\"");
        let path = format!("//*[self::button or self::a or self::summary][{quoted}]");
        let found = self.find(&path).await;
        // The first of several would be whichever row the page has first.
        assert!(self.session.find(&format!("({path})[2]")).await.is_none(), "{words:?} is twice on the page");
        self.session.click(&found).await;
    }

    /// Clicks the button or link with these words in the table row that has a cell with this text.
    pub async fn click_in_row(&self, cell: &str, words: &str) {
        let row = format!("//tr[td[normalize-space()=\"{cell}\"]]");
        let path = format!("{row}//*[self::button or self::a][normalize-space()=\"{words}\"]");
        self.session.click(&self.find(&path).await).await;
    }

    /// Presses the mouse on the button with these words, and releases it at the same place: a button that
    /// moves in between is missed, as by a person.
    pub async fn press_mouse_on(&self, words: &str) {
        self.press_mouse(words, 1).await;
    }

    /// Double-clicks a button or a link.
    pub async fn double_click(&self, words: &str) {
        self.press_mouse(words, 2).await;
    }

    async fn press_mouse(&self, words: &str, times: usize) {
        let path = format!("//*[self::button or self::a][normalize-space()=\"{words}\"]");
        let button = self.find(&path).await;
        self.run(&format!(
            "[...document.querySelectorAll('button, a')].find(e => e.innerText?.trim() === '{words}')\
             .scrollIntoView({{block: 'center'}})"
        ))
        .await;
        self.session.press_mouse_at(&button, times).await;
    }

    /// Moves the mouse over the element with this label, and presses it so often.
    pub async fn mouse_on_labelled(&self, label: &str, times: usize) {
        let element = self.find(&format!("//*[@aria-label=\"{label}\"]")).await;
        self.run(&format!(
            "document.querySelector('[aria-label=\"{label}\"]').scrollIntoView({{block: 'center'}})"
        ))
        .await;
        self.session.press_mouse_at(&element, times).await;
    }

    /// Shows the page as it is printed.
    pub async fn as_printed(&self) {
        self.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    }

    /// Clicks a button of the open dialog.
    pub async fn press_in_dialog(&self, words: &str) {
        let path = format!("//dialog//button[normalize-space()=\"{words}\"]");
        self.session.click(&self.find(&path).await).await;
    }

    /// Types into the field with this label, and replaces its text.
    pub async fn fill(&self, label: &str, text: &str) {
        let id = format!("//label[contains(normalize-space(), \"{label}\")]/@for");
        self.session.fill(&self.find(&format!("//*[@id={id}]")).await, text).await;
    }

    /// Types on the keyboard, into the focused element.
    pub async fn type_keys(&self, keys: &str) {
        self.session.type_keys(keys).await;
    }

    /// Presses one key.
    pub async fn press(&self, key: Key) {
        let letter = match key {
            Key::Tab => "\u{e004}",
            Key::ShiftTab => "\u{e008}\u{e004}",
            Key::Enter => "\u{e007}",
            Key::Space => " ",
            Key::Escape => "\u{e00c}",
        };
        self.type_keys(letter).await;
    }

    /// Presses Tab until the element with these words has the focus, and checks that the focus is visible.
    pub async fn tab_to(&self, words: &str) {
        for _ in 0..50 {
            self.press(Key::Tab).await;
            let focused = "const e = document.activeElement; \
                           return e.labels?.[0]?.innerText ?? e.innerText ?? ''";
            if self.run(focused).await.as_str().is_some_and(|focused| focused.trim().contains(words)) {
                let ring = "return getComputedStyle(document.activeElement).outlineStyle";
                assert_ne!(self.run(ring).await, "none", "{words:?} does not show its focus");
                return;
            }
        }
        panic!("the keyboard does not reach {words:?}");
    }

    /// Waits for the element of an `XPath`.
    pub async fn find(&self, path: &str) -> Element {
        let since = Instant::now();
        loop {
            if let Some(element) = self.session.find(path).await {
                return element;
            }
            assert!(since.elapsed() < PATIENCE, "{path} is not on the page:\n{}", self.text().await);
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until there is no such element.
    pub async fn gone(&self, path: &str) {
        let since = Instant::now();
        while self.session.find(path).await.is_some() {
            assert!(since.elapsed() < PATIENCE, "{path} is still there:\n{}", self.text().await);
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Runs a script on the page, and returns the value that it passes to its first argument.
    pub async fn wait_for(&self, script: &str) -> Value {
        self.session.wait_for(script).await
    }

    /// Runs a script on the page, and returns its result.
    pub async fn run(&self, script: &str) -> Value {
        self.session.run(script).await
    }

    /// The text of the clipboard.
    pub async fn clipboard(&self) -> String {
        // This list replaces all permissions, so it includes copying too.
        let permission = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.devtools("Browser.grantPermissions", permission).await;
        let read = "navigator.clipboard.readText().then(arguments[0])";
        self.session.wait_for(read).await.as_str().unwrap().to_owned()
    }

    /// Checks what must be true of every page: it is accessible, fits the window, and the browser console has
    /// no errors, such as violations of the content security policy.
    pub async fn is_sound(&self) {
        self.is_accessible().await;
        self.fits().await;
        self.is_quiet().await;
    }

    /// Checks the page with axe-core. Fails on each of its findings, minor ones too.
    pub async fn is_accessible(&self) {
        let rules = fs::read_to_string(variable("AXE")).unwrap();
        self.run(&rules).await;
        let run = "const done = arguments[0]; axe.run().then(r => done(r.violations), e => done(String(e)))";
        let found = self.session.wait_for(run).await;
        let found = found.as_array().unwrap_or_else(|| panic!("axe does not run: {found}"));
        let findings = found.iter().flat_map(|rule| {
            let nodes = rule["nodes"].as_array().unwrap();
            nodes.iter().map(|node| format!("{}: {}\n{}", rule["id"], node["html"], node["failureSummary"]))
        });
        let findings: Vec<String> = findings.collect();
        assert!(findings.is_empty(), "{}", findings.join("\n\n"));
    }

    /// Checks that nothing is wider than the window.
    pub async fn fits(&self) {
        let sizes = "const e = document.documentElement; return [e.scrollWidth, e.clientWidth]";
        let sizes = self.run(sizes).await;
        assert!(sizes[0].as_u64() <= sizes[1].as_u64(), "the page is too wide: {sizes}");
    }

    /// Checks that the console has no error. A denied request that the page handles is none.
    pub async fn is_quiet(&self) {
        let is_client_error = |message: &str| message.contains("the server responded with a status of 4");
        let log = self.session.console().await;
        let severe = log.iter().filter(|entry| entry["level"] == "SEVERE");
        let messages = severe.map(|entry| entry["message"].as_str().unwrap());
        let errors: Vec<_> = messages.filter(|message| !is_client_error(message)).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }

    /// Saves a screenshot of the whole page for people to look at.
    pub async fn screenshot(&self, name: &str) {
        let folder = PathBuf::from(variable("JETON_SCREENSHOTS"));
        fs::create_dir_all(&folder).unwrap();
        let height = self.run("return document.documentElement.scrollHeight").await.as_u64().unwrap();
        self.resize(height.max(self.window.height())).await;
        fs::write(folder.join(format!("{name}.png")), self.session.screenshot().await).unwrap();
        self.resize(self.window.height()).await;
    }

    async fn resize(&self, height: u64) {
        let phone = self.window == Window::Phone;
        let width = match self.window {
            Window::Desktop => 1100,
            Window::Phone => 390,
            Window::Zoomed => 640,
        };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.session.devtools(command, parameters).await;
    }
}

/// ChromeDriver, and its port.
///
/// It takes a free port of IPv6 and then the same of IPv4, which another process may have by then; in that
/// case it ends, and is started again.
fn chromedriver(folder: &Path) -> (Kept, String) {
    const TRIES: usize = 5;
    for number in 0..TRIES {
        let log = folder.join(format!("chromedriver-{number}.log"));
        let mut command = Command::new(variable("CHROMEDRIVER"));
        command.env("TZ", "UTC").arg("--port=0").stdout(fs::File::create(&log).unwrap());
        let mut process = Kept::start(&mut command);
        let port = wait_until("ChromeDriver says where it listens, or ends", || {
            let ended = !process.runs();
            let said = fs::read_to_string(&log).unwrap();
            let port = said.split_once("successfully on port ").and_then(|(_, port)| port.split_once('.'));
            port.map(|(port, _)| Some(port.to_owned())).or_else(|| ended.then_some(None))
        });
        if let Some(port) = port {
            return (process, port);
        }
    }
    panic!("ChromeDriver ended {TRIES} times; what it said is in {}", folder.display());
}

impl Drop for Browser {
    /// Ends Chromium before ChromeDriver, which would leave it running.
    fn drop(&mut self) {
        let Ok(mut driver) = TcpStream::connect(&self.address) else { return };
        let session = self.session.path();
        let end = format!("DELETE {session} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        drop(driver.set_read_timeout(Some(PATIENCE)));
        if driver.write_all(end.as_bytes()).is_ok() {
            drop(driver.read(&mut [0; 64]));
        }
    }
}

impl Window {
    fn height(self) -> u64 {
        match self {
            Self::Desktop => 800,
            Self::Phone => 844,
            Self::Zoomed => 360,
        }
    }
}

fn capabilities(folder: &Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let mut arguments = vec![
        "--headless=new",
        &profile,
        "--lang=en",
        "--no-first-run",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        // A request of the page to another host is an error that `is_quiet` finds.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ];
    if geteuid().is_root() {
        // Chromium does not run its sandbox as root, and containers run tests as root.
        arguments.push("--no-sandbox");
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"binary": variable("CHROMIUM"), "args": arguments},
        "goog:loggingPrefs": {"browser": "ALL"},
    })
}

#[expect(clippy::disallowed_methods, reason = "where the programs of a run are is no configuration of Jeton")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `./test browser` sets it"))
}
