//! Sends many bad calls, and reports all that were accepted, or rejected in an undocumented way.

use jeton_service::endpoint::{Endpoint, Handler};
use jeton_tests::{
    client::{Answer, Call},
    state::{State, state_of},
};

use super::world::World;

/// The expected error of a call.
#[derive(Debug, Clone, Copy)]
pub struct Rejection<'a> {
    /// The status.
    pub status: u16,
    /// The code.
    pub code: &'a str,
    /// What the sentence contains.
    pub says: &'a str,
}

/// Short constructors for the tables.
pub const fn rejection<'a>(status: u16, code: &'a str, says: &'a str) -> Rejection<'a> {
    Rejection { status, code, says }
}

/// Unknown routes, and parameters that are not ids.
pub const NO_ROUTE: Rejection<'_> = rejection(404, "notFound", "resource not found");
/// Input that cannot be parsed.
pub const MALFORMED: Rejection<'_> = rejection(400, "malformedRequest", "");
/// Calls that the caller has no right to.
pub const FORBIDDEN: Rejection<'_> = rejection(403, "accessDenied", "You don't have access to the resource.");

/// A field with an invalid value.
pub const fn bad_field(name: &str) -> Rejection<'_> {
    rejection(400, "validationError", name)
}

/// Sends calls and collects failures.
pub struct Bench<'w> {
    world: &'w World,
    before: State,
    denied: usize,
    wrong: Vec<String>,
}

impl<'w> Bench<'w> {
    /// A bench with the present state of this world.
    pub async fn new(world: &'w World) -> Self {
        Self { world, before: state_of(&world.jeton).await, denied: 0, wrong: Vec::new() }
    }

    /// Sends a call that must be rejected. The answer must not contain `secrets`.
    pub async fn rejects(
        &mut self,
        endpoint: &Endpoint,
        about: &str,
        call: Call,
        expected: Rejection<'_>,
        secrets: &[&str],
    ) {
        let name = format!("{} {}: {about}", endpoint.method, endpoint.path);
        let name = name.chars().take(300).collect::<String>();
        let Some(answer) = self.answer(&name, call).await else { return };
        if let Err(problem) = self.judge(&answer, expected, secrets) {
            self.wrong.push(format!("{name}: {problem}"));
        }
        // Every denial of an authenticated token is recorded; a manage token does not belong to a project.
        if answer.status.as_u16() == 403 && matches!(endpoint.handler, Handler::Storage(_)) {
            self.denied += 1;
        }
    }

    /// Sends a call that must be answered with one of these statuses.
    pub async fn answers(&mut self, endpoint: &Endpoint, about: &str, call: Call, statuses: &[u16]) {
        let name = format!("{} {}: {about}", endpoint.method, endpoint.path);
        let Some(answer) = self.answer(&name, call).await else { return };
        if !statuses.contains(&answer.status.as_u16()) {
            self.wrong.push(format!("{name}: {} {}", answer.status, answer.text()));
        }
    }

    /// Sends a call; `None` if its answer does not match the API description, which is recorded.
    async fn answer(&mut self, name: &str, call: Call) -> Option<Answer> {
        // In a task of its own, a failed assertion about one answer does not prevent the other calls.
        let answer = tokio::spawn(call.send()).await.ok();
        if answer.is_none() {
            self.wrong.push(format!("{name}: not as described, see above"));
        }
        answer
    }

    fn judge(&self, answer: &Answer, expected: Rejection<'_>, secrets: &[&str]) -> Result<(), String> {
        let (status, text) = (answer.status.as_u16(), answer.text());
        let known = [&*self.world.jeton.master, &self.world.jeton.manage, &self.world.invitation.secret];
        if known.iter().chain(secrets).any(|secret| secret.len() > 5 && text.contains(secret)) {
            return Err(format!("{status} echoes a secret: {text}"));
        }
        if status != expected.status {
            return Err(format!("{status} in place of {}: {text}", expected.status));
        }
        if answer.content_type() != Some("application/json") {
            return Err(format!("the type is {:?}", answer.content_type()));
        }
        let body = answer.json();
        let sentence = body["error"].as_str().unwrap_or_default();
        if body["code"] != expected.code {
            return Err(format!("code {} in place of {}: {sentence}", body["code"], expected.code));
        }
        if sentence.len() < 5 || !sentence.contains(expected.says) {
            return Err(format!("{sentence:?} does not say {:?}", expected.says));
        }
        if body["exceptionId"].as_str().is_none_or(str::is_empty) || body["status"] != "error" {
            return Err(format!("not an error as clients decode it: {body}"));
        }
        Ok(())
    }

    /// Compares the state with that before: nothing has changed but the events of denials.
    pub async fn nothing_changed(&mut self, about: &str) {
        let after = state_of(&self.world.jeton).await;
        let changes = after.changes_since(&self.before);
        self.wrong.extend(changes.into_iter().map(|change| format!("after {about}: {change}")));
        let (project, token) = after.events_since(&self.before);
        for (feed, events) in [("project", project), ("tokens", token)] {
            if events.len() != self.denied || events.iter().any(|event| event != "storage.accessDenied") {
                let wanted = self.denied;
                self.wrong.push(format!("after {about}: the {feed} got {events:?} for {wanted} refusals"));
            }
        }
        self.before = after;
        self.denied = 0;
    }

    /// Fails the test if anything was unexpected.
    #[track_caller]
    pub fn finish(self) {
        assert!(self.wrong.is_empty(), "{} are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}
