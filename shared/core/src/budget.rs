//! Budgets: how much of something there may be within a period, on however many machines it is asked for.
//!
//! A mail reaches somebody who did not ask for it. So mails are counted in the store, in hours of UTC: those of sign-ins,
//! of shares and of invitations apart from each other, since whoever uses up one must not keep a person from the others.
//! Each is counted by who causes it before it is counted for the recipient: the many of one source or project are too
//! few to keep a mail of another from its recipient. Whether an address is a member's makes no difference. Notices are
//! counted by kind and recipient. Events that clients post are kept for six months, so their bytes are counted likewise.

use std::net::IpAddr;

use crate::{
    email::Email,
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::IdempotencyRecordId,
    secret::{Label, SecretHash},
    time::Timestamp,
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// Ten minutes, in milliseconds.
const TEN_MINUTES: i64 = 600_000;

/// How many mails of shares one token causes in an hour.
pub const MAILS_OF_TOKEN: u32 = 100;

/// How many mails of shares, and how many of invitations, one project causes in an hour.
pub const MAILS_OF_PROJECT: u32 = 600;

/// How many mails of shares, and how many of invitations, one project causes to one address in an hour.
pub const MAILS_OF_PROJECT_TO_RECIPIENT: u32 = 30;

/// How many mails of shares, and how many of invitations, one address gets in an hour, from all projects.
pub const MAILS_TO_RECIPIENT: u32 = 120;

/// How many sign-ins one source of requests asks for in an hour.
pub const SIGN_INS_OF_SOURCE: u32 = 100;

/// How many sign-ins one source of requests asks for in an hour for one address.
pub const SIGN_INS_OF_SOURCE_TO_RECIPIENT: u32 = 10;

/// How many sign-ins one network asks for in an hour: a /48 of IPv6, which one customer may have, or a /24 of IPv4.
pub const SIGN_INS_OF_NETWORK: u32 = 400;

/// How many sign-ins one network asks for in an hour for one address.
pub const SIGN_INS_OF_NETWORK_TO_RECIPIENT: u32 = 20;

/// How many sign-ins this machine asks for in an hour for one address: all that a proxy on it hands on, unless it says for
/// whom. For all addresses together there is no limit, which would be one for everyone behind the proxy.
pub const SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT: u32 = 40;

/// How many mails of sign-ins one address gets in an hour, from all sources. Browsers that are known have a reserve
/// beside it.
pub const SIGN_INS_TO_RECIPIENT: u32 = 60;

/// How many further sign-ins one known browser asks for in an hour for its address.
pub const SIGN_INS_OF_KNOWN_BROWSER: u32 = 10;

/// How many further mails of sign-ins one address gets in an hour, from all browsers that are known for it.
pub const SIGN_INS_OF_KNOWN_BROWSERS: u32 = 30;

/// For how many days a browser is known for an address after it has signed in with it.
pub const KNOWN_BROWSER_DAYS: u64 = 90;

/// How many notices of one kind one address gets in ten minutes. Further ones wait and are told together.
pub const NOTICES_TO_RECIPIENT: u32 = 3;

/// How many bytes of events one token causes in an hour: what it posts, asks and changes. A manage token as many.
pub const EVENT_BYTES_OF_TOKEN: u32 = 64 << 20;

/// How many bytes of events all tokens of a project post in an hour.
pub const EVENT_BYTES_OF_PROJECT: u32 = 512 << 20;

/// Something out of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The budget, its period included.
    pub key: String,
    /// How much is taken.
    pub amount: u32,
    /// How much it holds.
    pub limit: u32,
    /// When its period ends, and the next one begins with a full budget.
    pub ends: Timestamp,
}

/// What the mail of a share takes. The token is the one that shares.
pub fn share_mail(project: ProjectId, sharer: TokenId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let token = hourly(&format!("share mails of token {project}-{sharer}"), MAILS_OF_TOKEN, now);
    [vec![token], project_mail("share", project, to, now)].concat()
}

/// What the mail of an invitation takes.
pub fn invitation_mail(project: ProjectId, to: &Email, now: Timestamp) -> Vec<Spend> {
    project_mail("invitation", project, to, now)
}

/// What a sign-in takes that is asked for with this address, whether or not it is a member's. The source is none where
/// requests come from this machine, as from a proxy that stands in front.
pub fn sign_in_mail(source: Option<IpAddr>, to: &Email, now: Timestamp) -> Vec<Spend> {
    let of = |who: String, limit, to_recipient| {
        [
            hourly(&format!("sign-ins of {who}"), limit, now),
            hourly(&format!("sign-ins of {who} to {}", to.key()), to_recipient, now),
        ]
    };
    let mut budgets = Vec::new();
    if let Some(source) = source {
        let (first, bits) = network(source);
        let network = format!("{first}/{bits}");
        budgets.extend(of(source.to_string(), SIGN_INS_OF_SOURCE, SIGN_INS_OF_SOURCE_TO_RECIPIENT));
        budgets.extend(of(network, SIGN_INS_OF_NETWORK, SIGN_INS_OF_NETWORK_TO_RECIPIENT));
    } else {
        let to_recipient = format!("sign-ins of this machine to {}", to.key());
        budgets.push(hourly(&to_recipient, SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT, now));
    }
    budgets.push(hourly(&format!("sign-ins to {}", to.key()), SIGN_INS_TO_RECIPIENT, now));
    budgets
}

/// The network that a source is in, which one customer may have all of, and how many bits it has in common.
fn network(source: IpAddr) -> (IpAddr, u8) {
    match source {
        IpAddr::V4(ip) => (IpAddr::V4((u32::from(ip) >> 8 << 8).into()), 24),
        IpAddr::V6(ip) => (IpAddr::V6((u128::from(ip) >> 80 << 80).into()), 48),
    }
}

/// What a sign-in takes out of the reserve, when strangers have used up the rest: that of a browser which is known for
/// this address. `kept` is what the browser keeps.
pub fn known_browser_mail(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let browser = format!("sign-ins of browser {}", known_browser(kept, to));
    let all = format!("sign-ins of known browsers to {}", to.key());
    vec![hourly(&browser, SIGN_INS_OF_KNOWN_BROWSER, now), hourly(&all, SIGN_INS_OF_KNOWN_BROWSERS, now)]
}

/// What makes a browser known for an address, when it has signed in with it. It stays so until the period ends.
pub fn know_browser(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let ends = now.plus_seconds(KNOWN_BROWSER_DAYS * 86_400);
    vec![Spend { key: known_browser(kept, to), amount: 1, limit: u32::MAX, ends }]
}

/// What is left for a browser that is not known for an address: of one that is known, nothing.
pub fn unknown_browser(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    vec![Spend { key: known_browser(kept, to), amount: 0, limit: 0, ends: now.plus_seconds(1) }]
}

/// A browser and an address, of which nobody learns what the browser keeps.
fn known_browser(kept: &str, to: &Email) -> String {
    let hash = SecretHash::of(Label::KnownBrowser, &[kept, &to.key()]);
    format!("known browser {}", hash.hexadecimal())
}

/// What a form takes that asks for a sign-in, so that one that is sent again within a minute mails nothing: this minute and
/// the next, in UTC.
pub fn sign_in_form(form: &IdempotencyRecordId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let minute = now.millis().div_euclid(MINUTE);
    let of = |minute: i64| Spend {
        key: format!("sign-in form {form} to {} in minute {minute}", to.key()),
        amount: 1,
        limit: 1,
        ends: Timestamp::from_millis((minute + 1) * MINUTE),
    };
    vec![of(minute), of(minute + 1)]
}

/// What it takes to tell in the history that no more sign-ins are mailed to an address: once an hour.
pub fn sign_ins_used_up(to: &Email, now: Timestamp) -> Vec<Spend> {
    vec![hourly(&format!("sign-ins used up for {}", to.key()), 1, now)]
}

/// What a mail takes that tells somebody what has happened. Kinds such as `leak` are counted apart.
pub fn notice_mail(kind: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let period = now.millis().div_euclid(TEN_MINUTES);
    vec![Spend {
        key: format!("{kind} notices to {} in ten minutes {period}", to.key()),
        amount: 1,
        limit: NOTICES_TO_RECIPIENT,
        ends: Timestamp::from_millis((period + 1) * TEN_MINUTES),
    }]
}

/// What so many bytes of events take that a token causes.
pub fn event_bytes(project: ProjectId, token: TokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let token = hourly(&format!("event bytes of token {project}-{token}"), EVENT_BYTES_OF_TOKEN, now);
    vec![Spend { amount, ..token }]
}

/// What so many bytes of events take that a manage token causes.
pub fn event_bytes_of_manage_token(id: ManageTokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let of_token = hourly(&format!("event bytes of manage token {id}"), EVENT_BYTES_OF_TOKEN, now);
    vec![Spend { amount, ..of_token }]
}

/// What so many bytes of events take that a token posts.
pub fn posted_bytes(project: ProjectId, token: TokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let of_project = hourly(&format!("event bytes of project {project}"), EVENT_BYTES_OF_PROJECT, now);
    [event_bytes(project, token, amount, now), vec![Spend { amount, ..of_project }]].concat()
}

fn project_mail(kind: &str, project: ProjectId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let of_project = format!("{kind} mails of project {project}");
    vec![
        hourly(&of_project, MAILS_OF_PROJECT, now),
        hourly(&format!("{of_project} to {}", to.key()), MAILS_OF_PROJECT_TO_RECIPIENT, now),
        hourly(&format!("{kind} mails to {}", to.key()), MAILS_TO_RECIPIENT, now),
    ]
}

fn hourly(of: &str, limit: u32, now: Timestamp) -> Spend {
    let hour = now.millis().div_euclid(HOUR);
    let ends = Timestamp::from_millis((hour + 1) * HOUR);
    Spend { key: format!("{of} in hour {hour}"), amount: 1, limit, ends }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn an_hour_is_one_of_the_clock_and_the_next_one_is_another_budget() {
        let to = Email::parse("Bob@example.org").unwrap();
        let spend = |millis| sign_in_mail(None, &to, at(millis)).remove(0);
        assert_eq!(spend(HOUR).ends.millis(), 2 * HOUR);
        assert_eq!(spend(HOUR), spend(2 * HOUR - 1));
        assert_ne!(spend(HOUR).key, spend(2 * HOUR).key);
    }

    #[test]
    fn an_address_is_the_same_in_any_case() {
        let mail = |to: &str| sign_in_mail(None, &Email::parse(to).unwrap(), at(0));
        assert_eq!(mail("Bob@example.org"), mail("bob@Example.org"));
    }

    #[test]
    fn what_one_customer_may_have_is_one_network() {
        let network = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(network("2001:db8:7:1::"), network("2001:db8:7:ffff::1"));
        assert_ne!(network("2001:db8:7::"), network("2001:db8:8::"));
        assert_eq!(network("192.0.2.1"), network("192.0.2.255"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
    }

    #[test]
    fn a_browser_is_known_for_an_address_in_any_case_and_for_no_other() {
        let key = |kept, to: &str| know_browser(kept, &Email::parse(to).unwrap(), at(0)).remove(0).key;
        let bob = key("kept", "bob@example.org");
        assert_eq!(bob, key("kept", "BOB@example.org"));
        assert_eq!(
            bob,
            unknown_browser("kept", &Email::parse("bob@example.org").unwrap(), at(9)).remove(0).key
        );
        assert_ne!(bob, key("kept", "eve@example.org"));
        assert_ne!(bob, key("other", "bob@example.org"));
        assert!(!bob.contains("kept"), "the store cannot tell what the browser keeps");
    }

    #[test]
    fn no_kind_of_mail_takes_from_the_budget_of_another() {
        let (to, project) = (Email::parse("bob@example.org").unwrap(), ProjectId::new(7).unwrap());
        let source = Some(IpAddr::from([192, 0, 2, 1]));
        let kinds = [
            sign_in_mail(source, &to, at(0)),
            known_browser_mail("kept", &to, at(0)),
            know_browser("kept", &to, at(0)),
            share_mail(project, TokenId::new(5).unwrap(), &to, at(0)),
            invitation_mail(project, &to, at(0)),
            notice_mail("leak", &to, at(0)),
            notice_mail("locked", &to, at(0)),
        ];
        let mut keys: Vec<_> = kinds.into_iter().flatten().map(|spend| spend.key).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    #[test]
    fn one_source_cannot_use_up_what_an_address_gets() {
        const { assert!(SIGN_INS_OF_SOURCE_TO_RECIPIENT < SIGN_INS_OF_NETWORK_TO_RECIPIENT) };
        const { assert!(SIGN_INS_OF_NETWORK_TO_RECIPIENT < SIGN_INS_TO_RECIPIENT) };
        const { assert!(SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT < SIGN_INS_TO_RECIPIENT) };
        const { assert!(MAILS_OF_PROJECT_TO_RECIPIENT < MAILS_TO_RECIPIENT) };
    }
}
