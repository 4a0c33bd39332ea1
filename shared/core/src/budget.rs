//! Quotas (budgets): how much of something is allowed within a period, across all processes.
//!
//! Mails reach people who did not ask for them, so they are counted in the store, by UTC hour. Sign-ins, shares and
//! invitations have separate quotas, so that using up one does not block the others. Each mail is first charged to who
//! causes it and then to its recipient: the quota of one source or project is too small to use up that of a recipient.
//! Unknown addresses are charged like those of members. Notices are counted by kind and recipient. Events are kept for six
//! months, so their bytes have a quota, too.

use std::net::IpAddr;

use crate::{
    email::Email,
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::IdempotencyRecordId,
    passkey_challenge::PasskeyChallenge,
    provider_sign_in::ProviderSignIn,
    secret::{Label, SecretHash},
    time::Timestamp,
    token::{digest_day, next_digest_day},
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// Ten minutes, in milliseconds.
const TEN_MINUTES: i64 = 600_000;

/// Mails of shares per token and hour.
pub const MAILS_OF_TOKEN: u32 = 100;

/// Mails of shares, and as many of invitations, per project and hour.
pub const MAILS_OF_PROJECT: u32 = 600;

/// Mails of shares, and as many of invitations, per project, recipient and hour.
pub const MAILS_OF_PROJECT_TO_RECIPIENT: u32 = 30;

/// Mails of shares, and as many of invitations, per recipient and hour, from all projects.
pub const MAILS_TO_RECIPIENT: u32 = 120;

/// Sign-ins per source address and hour.
pub const SIGN_INS_OF_SOURCE: u32 = 100;

/// Sign-ins per source address, recipient and hour.
pub const SIGN_INS_OF_SOURCE_TO_RECIPIENT: u32 = 10;

/// Sign-ins per network and hour: a /48 of IPv6, which one customer may have, or a /24 of IPv4.
pub const SIGN_INS_OF_NETWORK: u32 = 400;

/// Sign-ins per network, recipient and hour.
pub const SIGN_INS_OF_NETWORK_TO_RECIPIENT: u32 = 20;

/// Sign-ins from this machine per recipient and hour: those that a local proxy forwards without a trusted
/// `X-Forwarded-For`. There is no limit over all recipients, because everyone behind the proxy would share it.
pub const SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT: u32 = 40;

/// Mails of sign-ins per recipient and hour, from all sources. Known browsers have an additional reserve.
pub const SIGN_INS_TO_RECIPIENT: u32 = 60;

/// Sign-ins from the reserve per known browser and hour.
pub const SIGN_INS_OF_KNOWN_BROWSER: u32 = 10;

/// Mails of sign-ins from the reserve per recipient and hour, from all known browsers.
pub const SIGN_INS_OF_KNOWN_BROWSERS: u32 = 30;

/// Sign-ins with the identity provider per source address and hour.
pub const PROVIDER_SIGN_INS_OF_SOURCE: u32 = 100;

/// Sign-ins with the identity provider per network and hour, as [`SIGN_INS_OF_NETWORK`] counts them.
pub const PROVIDER_SIGN_INS_OF_NETWORK: u32 = 400;

/// Sign-ins with a passkey per source address and hour.
pub const PASSKEY_SIGN_INS_OF_SOURCE: u32 = 100;

/// Sign-ins with a passkey per network and hour, as [`SIGN_INS_OF_NETWORK`] counts them.
pub const PASSKEY_SIGN_INS_OF_NETWORK: u32 = 400;

/// Events of rejected passkeys per address and hour.
pub const PASSKEY_REJECTIONS_OF_ADDRESS: u32 = 20;

/// The days for which a browser is known for an address after a sign-in.
pub const KNOWN_BROWSER_DAYS: u64 = 90;

/// Notices of one kind per recipient in ten minutes. Further ones are sent later, in one mail.
pub const NOTICES_TO_RECIPIENT: u32 = 3;

/// Digests of expiring tokens per recipient and day.
pub const EXPIRY_DIGESTS_TO_RECIPIENT: u32 = 1;

/// Bytes of events per token and hour: posted events, questions and changes. The same for a manage token.
pub const EVENT_BYTES_OF_TOKEN: u32 = 64 << 20;

/// Bytes of posted events per project and hour.
pub const EVENT_BYTES_OF_PROJECT: u32 = 512 << 20;

/// A charge to a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The key of the budget, including its period.
    pub key: String,
    /// The amount charged.
    pub amount: u32,
    /// The limit of the budget.
    pub limit: u32,
    /// When the period ends and a new one starts.
    pub ends: Timestamp,
}

/// The charges for the mail of a share. The token is the one that shares.
pub fn share_mail(project: ProjectId, sharer: TokenId, to: &Email, now: Timestamp) -> Vec<Spend> {
    let token = hourly(&format!("share mails of token {project}-{sharer}"), MAILS_OF_TOKEN, now);
    [vec![token], project_mail("share", project, to, now)].concat()
}

/// The charges for the mail of an invitation.
pub fn invitation_mail(project: ProjectId, to: &Email, now: Timestamp) -> Vec<Spend> {
    project_mail("invitation", project, to, now)
}

/// The charges for a sign-in with this e-mail address, whether or not it is one of a member. `source` is `None` for requests
/// from this machine, such as those of a local proxy.
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

/// The charges for the answer of an identity provider: each has a call to the provider. `source` is `None` for requests from
/// this machine, which have no limit: everyone behind a local proxy would share it.
pub fn provider_answer(source: Option<IpAddr>, now: Timestamp) -> Vec<Spend> {
    let Some(source) = source else { return Vec::new() };
    let (first, bits) = network(source);
    let of = |who: String, limit| hourly(&format!("provider sign-ins of {who}"), limit, now);
    vec![
        of(source.to_string(), PROVIDER_SIGN_INS_OF_SOURCE),
        of(format!("{first}/{bits}"), PROVIDER_SIGN_INS_OF_NETWORK),
    ]
}

/// The charge that makes a sign-in with the identity provider one that is answered once, by any process.
pub fn provider_sign_in_once(sign_in: &ProviderSignIn) -> Vec<Spend> {
    let key = format!("provider sign-in {}", sign_in.id());
    vec![Spend { key, amount: 1, limit: 1, ends: sign_in.ends() }]
}

/// The charges for the answer of a passkey to a sign-in: each reads the store, and verifies a signature. `source` is `None` for
/// requests from this machine, as of [`provider_answer`].
pub fn passkey_answer(source: Option<IpAddr>, now: Timestamp) -> Vec<Spend> {
    let Some(source) = source else { return Vec::new() };
    let (first, bits) = network(source);
    let of = |who: String, limit| hourly(&format!("passkey sign-ins of {who}"), limit, now);
    vec![
        of(source.to_string(), PASSKEY_SIGN_INS_OF_SOURCE),
        of(format!("{first}/{bits}"), PASSKEY_SIGN_INS_OF_NETWORK),
    ]
}

/// The charge for the event that a passkey of an address was rejected.
pub fn passkey_rejection(of: &Email, now: Timestamp) -> Vec<Spend> {
    vec![hourly(&format!("passkey rejections of {}", of.key()), PASSKEY_REJECTIONS_OF_ADDRESS, now)]
}

/// The charge that makes a challenge one that is answered once, by any process.
pub fn passkey_challenge_once(challenge: &PasskeyChallenge) -> Vec<Spend> {
    let key = format!("passkey challenge {}", challenge.id());
    vec![Spend { key, amount: 1, limit: 1, ends: challenge.ends() }]
}

/// The network of a source address, and its prefix length.
fn network(source: IpAddr) -> (IpAddr, u8) {
    match source {
        IpAddr::V4(ip) => (IpAddr::V4((u32::from(ip) >> 8 << 8).into()), 24),
        IpAddr::V6(ip) => (IpAddr::V6((u128::from(ip) >> 80 << 80).into()), 48),
    }
}

/// The charges to the reserve for a sign-in from a known browser, when the other budgets are used up. `kept` is the cookie
/// of the browser.
pub fn known_browser_mail(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let browser = format!("sign-ins of browser {}", known_browser(kept, to));
    let all = format!("sign-ins of known browsers to {}", to.key());
    vec![hourly(&browser, SIGN_INS_OF_KNOWN_BROWSER, now), hourly(&all, SIGN_INS_OF_KNOWN_BROWSERS, now)]
}

/// Marks a browser as known for an address after a sign-in, until the period ends.
pub fn know_browser(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let ends = now.plus_seconds(KNOWN_BROWSER_DAYS * 86_400);
    vec![Spend { key: known_browser(kept, to), amount: 1, limit: u32::MAX, ends }]
}

/// A charge that succeeds only if the browser is not known for the address.
pub fn unknown_browser(kept: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    vec![Spend { key: known_browser(kept, to), amount: 0, limit: 0, ends: now.plus_seconds(1) }]
}

/// The key of a browser and an address. It does not reveal the cookie of the browser.
fn known_browser(kept: &str, to: &Email) -> String {
    let hash = SecretHash::of(Label::KnownBrowser, &[kept, &to.key()]);
    format!("known browser {}", hash.hexadecimal())
}

/// The charge of a sign-in form, for this minute and the next, so that a form that is submitted twice sends one mail.
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

/// The charge for the event that the sign-in quota of an address is used up: once an hour.
pub fn sign_ins_used_up(to: &Email, now: Timestamp) -> Vec<Spend> {
    vec![hourly(&format!("sign-ins used up for {}", to.key()), 1, now)]
}

/// The charge for a notice. Each kind, such as `leak`, has its own quota.
pub fn notice_mail(kind: &str, to: &Email, now: Timestamp) -> Vec<Spend> {
    let period = now.millis().div_euclid(TEN_MINUTES);
    vec![Spend {
        key: format!("{kind} notices to {} in ten minutes {period}", to.key()),
        amount: 1,
        limit: NOTICES_TO_RECIPIENT,
        ends: Timestamp::from_millis((period + 1) * TEN_MINUTES),
    }]
}

/// The charge for the digest of expiring tokens: one a day, from noon to noon in UTC.
pub fn expiry_digest(to: &Email, now: Timestamp) -> Vec<Spend> {
    let (day, ends) = (digest_day(now), next_digest_day(now));
    let key = format!("expiry digest to {} on the day of {}", to.key(), day.millis());
    vec![Spend { key, amount: 1, limit: EXPIRY_DIGESTS_TO_RECIPIENT, ends }]
}

/// The charge for bytes of events of a token.
pub fn event_bytes(project: ProjectId, token: TokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let token = hourly(&format!("event bytes of token {project}-{token}"), EVENT_BYTES_OF_TOKEN, now);
    vec![Spend { amount, ..token }]
}

/// The charge for bytes of events of a manage token.
pub fn event_bytes_of_manage_token(id: ManageTokenId, amount: u32, now: Timestamp) -> Vec<Spend> {
    let of_token = hourly(&format!("event bytes of manage token {id}"), EVENT_BYTES_OF_TOKEN, now);
    vec![Spend { amount, ..of_token }]
}

/// The charges for bytes of events that a token posts.
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
