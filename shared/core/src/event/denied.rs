//! The denied calls and questions that an event stands for.

use serde_json::Value;

use super::{Event, Feed, Origin, moment_of, names};
use crate::time::Timestamp;

impl Event {
    /// How many denied calls or questions it stands for, and the time of the last one; `None` if it is about none.
    ///
    /// A number of further ones is stored after their minute, on functions much later: they count at their own time.
    pub fn denied(&self) -> Option<(u64, Timestamp)> {
        let stored = moment_of(self.uuid);
        match self.origin {
            Origin::System if self.event == names::ACCESS_DENIED || self.event == names::QUESTIONS_DENIED => {
                let count = self.params.get("count").and_then(Value::as_u64).unwrap_or(1);
                let until = self.params.get("until").and_then(Value::as_str).and_then(|at| at.parse().ok());
                Some((count, until.map_or(stored, |until: Timestamp| until.min(stored))))
            }
            // The name of a question is one that its client chose.
            Origin::Question if self.results.get("allowed") != Some(&Value::Bool(true)) => Some((1, stored)),
            Origin::System | Origin::Question | Origin::Posted => None,
        }
    }

    /// Whether a list of this feed has it. The feed of a token has each denied question, so the number of further ones is only for the
    /// feed of the project.
    pub fn is_listed_in(&self, feed: &Feed) -> bool {
        let counts_questions = self.origin == Origin::System && self.event == names::QUESTIONS_DENIED;
        !(counts_questions && matches!(feed, Feed::Token(..)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::{
        event::{Context, first_uuid_at},
        event_context::{Actor, EventContext},
        id::ProjectId,
    };

    const STORED: &str = "2026-01-15T13:01:00+0000";

    fn event(params: &Value) -> Event {
        let now = STORED.parse().unwrap();
        let (actor, context) = (Actor::Jeton, Context::default());
        let of = EventContext { now, uuid: first_uuid_at(now), actor, context, run_id: None };
        let params = params.as_object().unwrap().clone();
        of.event_in(ProjectId::new(5).unwrap(), names::ACCESS_DENIED, "Denied create".to_owned(), params)
    }

    fn of(event: &Event) -> Option<(u64, String)> {
        event.denied().map(|(times, at)| (times, at.to_string()))
    }

    #[test]
    fn a_number_of_further_denied_calls_counts_at_the_time_of_the_last_one() {
        let counting = event(&json!({"count": 6, "until": "2026-01-15T12:59:31+0000"}));
        assert_eq!(of(&counting), Some((6, "2026-01-15T12:59:31+0000".to_owned())));
        // A time that is not there, or no time, or of a clock that was ahead.
        for until in [json!(null), json!("yesterday"), json!("2026-01-15T13:05:00+0000")] {
            let counting = event(&json!({"count": 6, "until": until}));
            assert_eq!(of(&counting), Some((6, STORED.to_owned())), "{until}");
        }
        assert_eq!(of(&event(&json!({}))), Some((1, STORED.to_owned())));
    }

    #[test]
    fn another_event_of_jeton_is_none() {
        let created = Event { event: "storage.tokenCreated".to_owned(), ..event(&json!({})) };
        assert_eq!(created.denied(), None);
    }

    #[test]
    fn a_question_is_one_call_whatever_it_is_named_and_is_denied_unless_it_was_allowed() {
        let mut question = event(&json!({"count": 1000}));
        question.origin = Origin::Question;
        assert_eq!(of(&question), Some((1, STORED.to_owned())));
        question.results = Map::from_iter([("allowed".to_owned(), json!(true))]);
        assert_eq!(question.denied(), None);
        let posted = Event { origin: Origin::Posted, ..question };
        assert_eq!(posted.denied(), None);
    }
}
