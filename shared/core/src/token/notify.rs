//! Expiry notices of a token: which are due, and to whom they are mailed.

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
    /// The recipients; empty if the token is disabled, or nobody is known.
    pub recipients: Vec<Email>,
}

impl Token {
    /// When the token is due for the sweep: at its next notice, or at its expiry.
    pub fn due(&self) -> Option<Timestamp> {
        self.open_notices().next().map(|(_, at)| at).or(self.identity.expires)
    }

    /// All times at which this token was, is or will be due with its current expiry, in order.
    pub fn due_moments(&self) -> Vec<Timestamp> {
        self.notices().map(|(_, at)| at).chain(self.identity.expires).collect()
    }

    /// Processes the due notices. `recipients` are the current ones in the project. `None` if no notice is due, or the token has
    /// expired.
    pub fn notice(&self, behind: &[Email], event_context: &EventContext) -> Option<Noticed> {
        let expires = self.identity.expires.filter(|_| !self.identity.is_expired(event_context.now))?;
        let (notice, _) = self.open_notices().take_while(|(_, at)| *at <= event_context.now).last()?;
        let mut token = self.next_version(event_context.now);
        (token.noticed, token.was_due) = (Some(notice), self.due());
        let recipients = match behind {
            _ if self.identity.disabled => Err("the token is disabled"),
            [] => Err("the project has no member"),
            behind => Ok(behind),
        };
        let mut params = Map::new();
        params.insert("expires".to_owned(), json!(expires.to_string()));
        params.insert("notice".to_owned(), json!(notice));
        let told = match recipients {
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
        let days = days(event_context.now.days_until(expires));
        let message = format!("Token {} expires within {days}; {told}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_EXPIRY_NOTICED, message, params);
        let recipients = recipients.unwrap_or_default().to_vec();
        Some(Noticed { change: Change { token, event }, notice, recipients })
    }

    /// The event of a notice whose mail could not be sent.
    pub fn notice_failed(&self, recipient: &Email, event_context: &EventContext) -> Event {
        let reason = "the mail could not be sent";
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
        token.notice(&[alice()], &event_context(seconds, Actor::Jeton))
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
            (7 * DAY + 1, vec![at(1), at(6 * DAY + 1), at(7 * DAY + 1)]),
            (7 * DAY, vec![at(6 * DAY), at(7 * DAY)]),
            (DAY + 1, vec![at(1), at(DAY + 1)]),
            (DAY, vec![at(DAY)]),
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
    fn of_two_notices_that_are_due_only_the_nearer_is_given_and_none_at_the_end() {
        let token = living(30 * DAY);
        let late = noticed(&token, 29 * DAY + 5).unwrap();
        assert_eq!((late.notice, late.change.token.due()), (Notice::Day, Some(at(30 * DAY))));
        assert!(noticed(&token, 30 * DAY).is_none());
    }

    #[test]
    fn nobody_is_told_of_a_disabled_token_or_of_one_without_a_member() {
        let mut token = living(30 * DAY);
        let alone = token.notice(&[], &event_context(23 * DAY, Actor::Jeton)).unwrap();
        assert_eq!((alone.recipients.len(), alone.change.token.due()), (0, Some(at(29 * DAY))));
        assert!(alone.change.event.params.contains_key("reason"));
        token.identity.disabled = true;
        assert!(noticed(&token, 23 * DAY).unwrap().recipients.is_empty());
    }

    #[test]
    fn where_several_are_told_the_event_names_all_of_them() {
        let both = [alice(), Email::parse("bob@example.org").unwrap()];
        let told = living(30 * DAY).notice(&both, &event_context(23 * DAY, Actor::Jeton)).unwrap();
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
