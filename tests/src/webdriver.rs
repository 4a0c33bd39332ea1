//! The few commands of WebDriver that the browser tests need.
//!
//! Published clients enable features of shared crates, such as `serde_json/preserve_order`, and cargo would
//! then build the very programs under test with those, too.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

/// The key of an element in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser's session, with one tab.
#[derive(Debug)]
pub struct Session {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

/// An element of the open page.
#[derive(Debug)]
pub struct Element(String);

impl Session {
    /// Starts a browser through the driver at this address.
    pub async fn start(address: &str, capabilities: Value) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut session = Self { client, url: format!("http://{address}/session") };
        let started = session.tell("", json!({"capabilities": {"alwaysMatch": capabilities}})).await;
        session.url = format!("{}/{}", session.url, started["sessionId"].as_str().expect("a session"));
        session
    }

    /// The path of the session, below the driver's address.
    pub fn path(&self) -> &str {
        &self.url[self.url.find("/session/").unwrap()..]
    }

    /// Opens a URL.
    pub async fn open(&self, url: &str) {
        self.tell("/url", json!({"url": url})).await;
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.tell("/refresh", json!({})).await;
    }

    /// Finds the first element of an `XPath`.
    pub async fn find(&self, path: &str) -> Option<Element> {
        let found = self.try_to("/element", json!({"using": "xpath", "value": path})).await.ok()?;
        Some(Element(found[ELEMENT].as_str()?.to_owned()))
    }

    /// Clicks an element.
    pub async fn click(&self, element: &Element) {
        self.tell(&format!("/element/{}/click", element.0), json!({})).await;
    }

    /// Moves the mouse to the middle of an element, presses its button and releases it there, wherever the
    /// element is by then. Does all of it this many times, in one request.
    pub async fn press_mouse_at(&self, element: &Element, times: usize) {
        let at =
            json!({"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": {ELEMENT: element.0}});
        let button = |kind: &str| json!({"type": kind, "button": 0});
        let press = [button("pointerDown"), button("pointerUp")];
        let actions: Vec<_> = [at].into_iter().chain(press.iter().cycle().take(2 * times).cloned()).collect();
        let mouse = json!({
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions,
        });
        self.tell("/actions", json!({"actions": [mouse]})).await;
    }

    /// Clears a field, and types into it.
    pub async fn fill(&self, field: &Element, text: &str) {
        self.tell(&format!("/element/{}/clear", field.0), json!({})).await;
        self.tell(&format!("/element/{}/value", field.0), json!({"text": text})).await;
    }

    /// Presses keys one after the other, in the focused element.
    pub async fn type_keys(&self, keys: &str) {
        // Shift is held until the last key is released.
        const SHIFT: char = '\u{e008}';
        let down = |key: char| json!({"type": "keyDown", "value": key});
        let up = |key: char| json!({"type": "keyUp", "value": key});
        let press = |key: char| if key == SHIFT { vec![down(key)] } else { vec![down(key), up(key)] };
        let held = keys.chars().filter(|key| *key == SHIFT).map(up);
        let presses: Vec<_> = keys.chars().flat_map(press).chain(held).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": presses});
        self.tell("/actions", json!({"actions": [keyboard]})).await;
    }

    /// Runs a script and returns its result.
    pub async fn run(&self, script: &str) -> Value {
        self.tell("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Runs a script and returns the value that it passes to its last argument.
    pub async fn wait_for(&self, script: &str) -> Value {
        self.tell("/execute/async", json!({"script": script, "args": []})).await
    }

    /// The console messages since the last call: a list of `level`, `message` and more.
    pub async fn console(&self) -> Vec<Value> {
        self.tell("/se/log", json!({"type": "browser"})).await.as_array().unwrap().clone()
    }

    /// A screenshot of the window, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let picture = self.send(Method::GET, "/screenshot", Bytes::new()).await.unwrap();
        BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap()
    }

    /// Adds a virtual authenticator for passkeys, in the device, whose user confirms and is verified. Returns its id.
    pub async fn add_authenticator(&self) -> String {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        self.tell("/webauthn/authenticator", authenticator).await.as_str().expect("an id").to_owned()
    }

    /// Sets whether a virtual authenticator verifies its user from now on.
    pub async fn verify_user(&self, authenticator: &str, verified: bool) {
        let path = format!("/webauthn/authenticator/{authenticator}/uv");
        self.tell(&path, json!({"isUserVerified": verified})).await;
    }

    /// A command of Chromium's own developer tools.
    pub async fn devtools(&self, command: &str, parameters: Value) {
        self.tell("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await;
    }

    async fn tell(&self, command: &str, body: Value) -> Value {
        self.try_to(command, body).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn try_to(&self, command: &str, body: Value) -> Result<Value, String> {
        self.send(Method::POST, command, Bytes::from(body.to_string())).await
    }

    async fn send(&self, method: Method, command: &str, body: Bytes) -> Result<Value, String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{command}", self.url))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .unwrap();
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let good = answer.status().is_success();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let mut body: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let value = body["value"].take();
        if good { Ok(value) } else { Err(value["message"].to_string()) }
    }
}
