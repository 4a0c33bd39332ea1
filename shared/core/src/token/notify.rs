//! Expiry notices of a token: which are due, and to whom they are mailed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::{
    Change, Token,
    notice::{Notice, days},
};
use crate::{
    email::Email,
    event::{Event, names},
    event_context::EventContext,
    time::Timestamp,
};

/// A notice that was due and counts as processed.
#[derive(Debug, Clone)]
pub struct Noticed {
    /// The change to commit before the mail is sent. Of concurrent sweeps, the one whose commit succeeds sends the mail.
    pub change: Change,
    /// The notice. If several were due, the latest one.
    pub notice: Notice,
    /// The members who are told; empty if the token is disabled, or nobody is known.
    pub recipients: Vec<Email>,
    /// The holders of copies who are told, too.
    pub holders: Vec<Email>,
}

impl Token {
    /// When the token is due for the sweep: at its next notice, or at its expiry.
    pub fn due(&self) -> Option<Timestamp> {
        let expires = self.identity.expires?;
        let next = self.open_notices().next().map(|(_, at)| at.max(self.notices_from.unwrap_or(at)));
        Some(next.map_or(expires, |at| at.min(expires)))
    }

    /// All times at which this token was, is or will be due with its current expiry, in order.
    pub fn due_moments(&self) -> Vec<Timestamp> {
        let moments = self.notices().map(|(_, at)| at).chain(self.notices_from).chain(self.identity.expires);
        moments.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The holders of live copies, besides the members behind the token.
    pub fn holders(&self, members: &[Email], now: Timestamp) -> Vec<Email> {
        let known: BTreeSet<_> = members.iter().map(Email::key).collect();
        let live = self.copies.iter().filter(|copy| copy.is_live(now));
        let holders: BTreeMap<_, _> = live
            .filter_map(|copy| copy.recipient.as_ref())
            .map(|holder| (holder.key(), holder))
            .filter(|(key, _)| !known.contains(key))
            .collect();
        holders.into_values().cloned().collect()
    }

    /// Processes the due notices. `members` are those behind it in the project now, and `holders` those of its copies. `None` if no
    /// notice is due, or the token has expired.
    pub fn notice(
        &self,
        members: &[Email],
        holders: &[Email],
        event_context: &EventContext,
    ) -> Option<Noticed> {
        match members {
            _ if self.identity.disabled => self.noticed_to(Err("the token is disabled"), &[], event_context),
            [] => self.noticed_to(Err("the project has no member"), &[], event_context),
            members => self.noticed_to(Ok(members), holders, event_context),
        }
    }

    /// The state in which no notice is due before this time: the expiry, if that comes earlier. `None` if none is due now.
    ///
    /// [`Token::notice`] gives it all the same: another sweep may be about to mail it.
    pub fn put_off_notice(&self, until: Timestamp, now: Timestamp) -> Option<Self> {
        let expires = self.identity.expires.filter(|expires| *expires > now)?;
        self.due().filter(|due| *due <= now)?;
        let mut token = self.next_version(now);
        (token.notices_from, token.was_due) = (Some(until.min(expires)), self.due());
        Some(token)
    }

    fn noticed_to(
        &self,
        recipients: Result<&[Email], &'static str>,
        holders: &[Email],
        event_context: &EventContext,
    ) -> Option<Noticed> {
        let expires = self.identity.expires.filter(|_| !self.identity.is_expired(event_context.now))?;
        let (notice, _) = self.open_notices().take_while(|(_, at)| *at <= event_context.now).last()?;
        let mut token = self.next_version(event_context.now);
        (token.noticed, token.notices_from, token.was_due) = (Some(notice), None, self.due());
        let mut params = Map::new();
        params.insert("expires".to_owned(), json!(expires.to_string()));
        params.insert("notice".to_owned(), json!(notice));
        let mut told = match recipients {
            Ok([email]) => {
                params.insert("recipientEmail".to_owned(), json!(email));
                format!("{email} gets a mail")
            }
            Ok(emails) => {
                params.insert("recipientEmails".to_owned(), json!(emails));
                "the members of the project get a mail".to_owned()
            }
            Err(reason) => {
                params.insert("reason".to_owned(), json!(reason));
                format!("nobody gets a mail: {reason}")
            }
        };
        if !holders.is_empty() {
            params.insert("holderEmails".to_owned(), json!(holders));
            told.push_str("; the holders of its copies get one, too");
        }
        let days = days(event_context.now.days_until(expires));
        let message = format!("Token {} expires within {days}; {told}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_EXPIRY_NOTICED, message, params);
        let (recipients, holders) = (recipients.unwrap_or_default().to_vec(), holders.to_vec());
        Some(Noticed { change: Change { token, event }, notice, recipients, holders })
    }

    /// The event of a notice that a person does not get, for this reason.
    pub fn notice_failed(
        &self,
        recipient: &Email,
        reason: &'static str,
        event_context: &EventContext,
    ) -> Event {
        let mut params = Map::new();
        params.insert("recipientEmail".to_owned(), json!(recipient));
        params.insert("reason".to_owned(), json!(reason));
        let message = format!(
            "Notice to {recipient} that token {} expires: {reason}, and is not sent again",
            self.identity.description
        );
        event_context.event_about(self, names::TOKEN_EXPIRY_NOTICE_REFUSED, message, params)
    }

    /// The notices of this token. One that would have been due before the token was created is left out: the creator of a token
    /// that lives an hour knows its end.
    fn notices(&self) -> impl Iterator<Item = (Notice, Timestamp)> {
        let of = |expires| Notice::ALL.map(|notice| (notice, notice.at(expires)));
        self.identity.expires.into_iter().flat_map(of).filter(|(_, at)| *at > self.identity.created)
    }

    /// The notices that have not been processed.
    fn open_notices(&self) -> impl Iterator<Item = (Notice, Timestamp)> {
        self.notices().filter(|(notice, _)| self.noticed.is_none_or(|last| *notice > last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event_context::{Actor, testing::Counting},
        token::{
            Overlap,
            testing::{SELF, at, event_context, token},
        },
    };

    const DAY: u64 = 86_400;

    fn living(seconds: u64) -> Token {
        token(Some(seconds), &mut Counting(1)).0
    }

    fn alice() -> Email {
        Email::parse("alice@example.org").unwrap()
    }

    fn noticed(token: &Token, seconds: u64) -> Option<Noticed> {
        token.notice(&[alice()], &[], &event_context(seconds, Actor::Jeton))
    }

    #[test]
    fn a_token_is_due_for_each_notice_and_for_its_end_in_turn() {
        let token = living(30 * DAY);
        assert_eq!(token.due_moments(), [at(23 * DAY), at(29 * DAY), at(30 * DAY)]);
        assert_eq!(token.due(), Some(at(23 * DAY)));
        assert!(noticed(&token, 23 * DAY - 1).is_none());
        let week = noticed(&token, 23 * DAY).unwrap();
        assert_eq!((week.notice, week.recipients), (Notice::Week, vec![alice()]));
        assert_eq!(week.change.event.event, names::TOKEN_EXPIRY_NOTICED);
        let token = week.change.token;
        assert_eq!((token.version, token.due()), (2, Some(at(29 * DAY))));
        assert_eq!(token.was_due, Some(at(23 * DAY)), "what a store removes");
        let refreshed =
            token.refresh(Overlap::default(), SELF, &event_context(24 * DAY, Actor::Jeton), &mut Counting(5));
        assert_eq!(refreshed.unwrap().change.token.was_due, None, "no other change has to remove anything");
        assert!(noticed(&token, 29 * DAY - 1).is_none());
        let day = noticed(&token, 29 * DAY).unwrap();
        assert_eq!((day.notice, day.change.token.due()), (Notice::Day, Some(at(30 * DAY))));
        assert!(noticed(&day.change.token, 30 * DAY - 1).is_none());
        assert_eq!(day.change.token.due_moments(), token.due_moments());
    }

    #[test]
    fn a_notice_whose_moment_was_past_when_the_token_was_made_is_none() {
        let table = [
            (8 * DAY, vec![at(DAY), at(7 * DAY), at(8 * DAY)]),
            (8 * DAY - 1, vec![at(6 * DAY), at(8 * DAY - 1)]),
            (2 * DAY, vec![at(DAY), at(2 * DAY)]),
            (2 * DAY - 1, vec![at(2 * DAY - 1)]),
            (1, vec![at(1)]),
        ];
        for (seconds, moments) in table {
            assert_eq!(living(seconds).due_moments(), moments, "{seconds}");
            assert_eq!(living(seconds).due(), Some(moments[0]), "{seconds}");
        }
        let endless = token(None, &mut Counting(1)).0;
        assert_eq!((endless.due(), endless.due_moments()), (None, vec![]));
        assert!(noticed(&endless, 1000 * DAY).is_none());
    }

    #[test]
    fn all_notices_of_a_day_are_due_at_noon_and_no_later_than_a_week_or_a_day_before_the_end() {
        let noon = at(0);
        for (seconds, days) in [(0, 0), (1, 0), (DAY - 1, 0), (DAY, 1), (DAY + 1, 1)] {
            let expires = noon.plus_seconds(30 * DAY + seconds);
            assert_eq!(Notice::Week.at(expires), noon.plus_seconds((23 + days) * DAY), "{seconds}");
            assert_eq!(Notice::Day.at(expires), noon.plus_seconds((29 + days) * DAY), "{seconds}");
        }
    }

    #[test]
    fn a_notice_that_is_put_off_is_due_later_and_is_given_then_or_by_whoever_may() {
        let (token, next) = (living(30 * DAY), at(24 * DAY));
        assert!(token.put_off_notice(next, at(23 * DAY - 1)).is_none(), "it is not due yet");
        let late = token.put_off_notice(next, at(23 * DAY)).unwrap();
        assert_eq!((late.due(), late.was_due), (Some(next), Some(at(23 * DAY))));
        assert!(late.due_moments().contains(&next));
        assert!(late.put_off_notice(at(25 * DAY), at(23 * DAY)).is_none());
        // Another sweep, which has the digest of the day, gives it all the same.
        let given = noticed(&late, 23 * DAY).unwrap().change.token;
        assert_eq!((given.due(), given.was_due, given.notices_from), (Some(at(29 * DAY)), Some(next), None));
        let ending = living(8 * DAY).put_off_notice(at(9 * DAY), at(DAY)).unwrap();
        assert_eq!(ending.due(), Some(at(8 * DAY)), "it ends before");
        assert!(ending.put_off_notice(at(9 * DAY), at(8 * DAY)).is_none());
    }

    #[test]
    fn the_holders_of_live_copies_are_told_once_each_and_no_member_twice() {
        let mut token = living(30 * DAY);
        let copy = token.copies[0].clone();
        for (holder, expires) in [
            ("bob@example.org", None),
            ("BOB@example.org", None),
            ("alice@example.org", None),
            ("eve@example.org", Some(at(5))),
        ] {
            let recipient = Email::parse(holder);
            token.copies.push(super::super::Copy { recipient, expires, ..copy.clone() });
        }
        let holders = token.holders(&[alice()], at(23 * DAY));
        assert_eq!(holders.iter().map(Email::key).collect::<Vec<_>>(), ["bob@example.org"]);
        let told = token.notice(&[alice()], &holders, &event_context(23 * DAY, Actor::Jeton)).unwrap();
        assert_eq!(told.change.event.params["holderEmails"], json!(holders));
        assert!(
            token.notice(&[], &holders, &event_context(23 * DAY, Actor::Jeton)).unwrap().holders.is_empty()
        );
    }

    #[test]
    fn of_two_notices_that_are_due_only_the_nearer_is_given_and_none_at_the_end() {
        let token = living(30 * DAY);
        let late = noticed(&token, 29 * DAY + 5).unwrap();
        assert_eq!((late.notice, late.change.token.due()), (Notice::Day, Some(at(30 * DAY))));
        assert!(noticed(&token, 30 * DAY).is_none());
    }

    #[test]
    fn nobody_is_told_of_a_disabled_token_or_of_one_without_a_member() {
        let mut token = living(30 * DAY);
        let alone = token.notice(&[], &[], &event_context(23 * DAY, Actor::Jeton)).unwrap();
        assert_eq!((alone.recipients.len(), alone.change.token.due()), (0, Some(at(29 * DAY))));
        assert!(alone.change.event.params.contains_key("reason"));
        token.identity.disabled = true;
        assert!(noticed(&token, 23 * DAY).unwrap().recipients.is_empty());
    }

    #[test]
    fn where_several_are_told_the_event_names_all_of_them() {
        let both = [alice(), Email::parse("bob@example.org").unwrap()];
        let told = living(30 * DAY).notice(&both, &[], &event_context(23 * DAY, Actor::Jeton)).unwrap();
        assert_eq!(told.recipients, both);
        assert_eq!(told.change.event.params["recipientEmails"], json!(both));
    }

    #[test]
    fn the_event_says_how_much_time_is_left_whenever_the_notice_is_given() {
        let message = |seconds| noticed(&living(30 * DAY), seconds).unwrap().change.event.message;
        assert!(message(23 * DAY).contains("expires within 7 days; alice@example.org gets a mail"));
        assert!(message(25 * DAY + 1).contains("within 5 days"));
        assert!(message(29 * DAY).contains("within 1 day;"));
        assert!(message(30 * DAY - 1).contains("within 1 day;"));
    }
}
