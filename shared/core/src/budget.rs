//! Budgets: how much of something there may be within an hour, on however many machines it is asked for.
//!
//! A mail reaches somebody who did not ask for it. So mails are counted in the store, by the token that sends
//! them, by its project and by who gets them, in hours of UTC. And events that clients post are kept for six months, so
//! their bytes are counted likewise.

use crate::{
    email::Email,
    id::{ProjectId, TokenId},
    time::Timestamp,
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// How many mails of shares one token causes in an hour.
pub const MAILS_OF_TOKEN: u32 = 100;

/// How many mails of shares and invitations one project causes in an hour.
pub const MAILS_OF_PROJECT: u32 = 600;

/// How many mails of shares, invitations and sign-ins one address gets in an hour, from all projects.
pub const MAILS_TO_RECIPIENT: u32 = 30;

/// How many bytes of events one token causes in an hour: what it posts, asks and changes.
pub const EVENT_BYTES_OF_TOKEN: u32 = 64 << 20;

/// How many bytes of events all tokens of a project post in an hour.
pub const EVENT_BYTES_OF_PROJECT: u32 = 512 << 20;

/// Something out of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The budget, its hour included.
    pub key: String,
    /// How much is taken.
    pub amount: u32,
    /// How much it holds.
    pub limit: u32,
    /// When its hour ends, and the next one begins with a full budget.
    pub ends: Timestamp,
}

/// What the mail of a share takes. The token is the one that shares.
pub fn share_mail(project: ProjectId, sharer: TokenId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let token = spend(&format!("mails of token {project}-{sharer}"), MAILS_OF_TOKEN, now);
    [vec![token], invitation_mail(project, to, now)].concat()
}

/// What the mail of an invitation takes.
pub fn invitation_mail(project: ProjectId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let project = spend(&format!("mails of project {project}"), MAILS_OF_PROJECT, now);
    [vec![project], sign_in_mail(to, now)].concat()
}

/// What the mail of a sign-in takes.
pub fn sign_in_mail(to: &Email, now: Timestamp) -> Vec<Spend> {
    vec![spend(&format!("mails to {}", to.key()), MAILS_TO_RECIPIENT, now)]
}

/// What so many bytes of events take that a token causes.
pub fn event_bytes(project: ProjectId, token: TokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let token = spend(&format!("event bytes of token {project}-{token}"), EVENT_BYTES_OF_TOKEN, now);
    vec![Spend { amount, ..token }]
}

/// What so many bytes of events take that a token posts.
pub fn posted_bytes(project: ProjectId, token: TokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let of_project = spend(&format!("event bytes of project {project}"), EVENT_BYTES_OF_PROJECT, now);
    [event_bytes(project, token, amount, now), vec![Spend { amount, ..of_project }]].concat()
}

fn spend(of: &str, limit: u32, now: Timestamp) -> Spend {
    let hour = now.millis().div_euclid(HOUR);
    let ends = Timestamp::from_millis((hour + 1) * HOUR);
    Spend { key: format!("{of} in hour {hour}"), amount: 1, limit, ends }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_one_of_the_clock_and_the_next_one_is_another_budget() {
        let to = Email::parse("Bob@example.org").unwrap();
        let at = |millis| sign_in_mail(&to, Timestamp::from_millis(millis)).remove(0);
        assert_eq!(at(HOUR).ends.millis(), 2 * HOUR);
        assert_eq!(at(HOUR), at(2 * HOUR - 1));
        assert_ne!(at(HOUR).key, at(2 * HOUR).key);
    }

    #[test]
    fn an_address_is_the_same_in_any_case() {
        let mail = |to: &str| sign_in_mail(&Email::parse(to).unwrap(), Timestamp::from_millis(0));
        assert_eq!(mail("Bob@example.org"), mail("bob@Example.org"));
    }
}
