//! An action on all tokens of a list, which is confirmed once and carried out in steps. The form of each step says what was confirmed, and how
//! far it is.

use std::collections::BTreeSet;

use jeton_api::{lenient, token_action::MAX_TOKENS};
use jeton_core::{
    Error,
    id::TokenId,
    time::Timestamp,
    token::{Filter, Place, Sort},
};
use serde::Deserialize;

use crate::operation::token_actions::Acted;

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// The time of the confirmation page: tokens that were created since are left alone.
    #[serde(deserialize_with = "lenient::string")]
    pub until: Option<String>,
    /// The last token of what was confirmed, if the project has more than one page looks at.
    #[serde(deserialize_with = "lenient::string")]
    pub last: Option<String>,
    /// How many tokens were to be changed.
    #[serde(deserialize_with = "lenient::string")]
    pub total: Option<String>,
    /// How many were changed so far.
    #[serde(deserialize_with = "lenient::string")]
    pub done: Option<String>,
    /// How many there was nothing to do for.
    #[serde(deserialize_with = "lenient::string")]
    pub same: Option<String>,
    /// How many could not be changed.
    #[serde(deserialize_with = "lenient::string")]
    pub failed: Option<String>,
    /// The first of those.
    #[serde(deserialize_with = "lenient::strings")]
    pub first: Option<Vec<String>>,
}

/// What was confirmed, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The tokens were created before this second.
    pub until: Timestamp,
    /// The last token, if it is not the last one of the project.
    pub last: Option<TokenId>,
    /// How many tokens were to be changed.
    pub total: usize,
    /// How many were changed so far.
    pub done: usize,
    /// How many there was nothing to do for.
    pub same: usize,
    /// How many could not be changed.
    pub failed: usize,
    /// The first of those.
    pub first: BTreeSet<TokenId>,
}

impl Run {
    /// A run of what exists before this second. Ids and times of tokens have no smaller unit, so those of the second itself are left alone.
    pub fn new(now: Timestamp) -> Self {
        let until = Timestamp::from_millis(now.millis().div_euclid(1000) * 1000);
        Self { until, last: None, total: 0, done: 0, same: 0, failed: 0, first: BTreeSet::new() }
    }

    /// The run of a form; `None` if it has none. Errors: [`Error::BadField`].
    pub fn of(form: &RunForm, now: Timestamp) -> Result<Option<Self>, Error> {
        let Some(until) = &form.until else { return Ok(None) };
        let until: Timestamp = until.parse().map_err(|_| reopen("until"))?;
        if until > now {
            return Err(reopen("until"));
        }
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u32>().ok());
        let number = |text| number(text).unwrap_or_default() as usize;
        let last = form.last.as_deref().filter(|text| !text.is_empty()).map(str::parse).transpose();
        let first = form.first.iter().flatten().filter_map(|id| id.parse().ok());
        Ok(Some(Self {
            until,
            last: last.map_err(|_| reopen("last"))?,
            total: number(&form.total),
            done: number(&form.done),
            same: number(&form.same),
            failed: number(&form.failed),
            first: first.take(MAX_TOKENS).collect(),
        }))
    }

    /// The tokens of the run among those of the filter.
    #[must_use]
    pub fn bounds(&self, filter: Filter) -> Filter {
        Filter { created_before: Some(self.until), up_to: self.last, ..filter }
    }

    /// Adds a step. Returns where the next one begins.
    pub fn add(&mut self, acted: &Acted) -> Option<String> {
        self.done += acted.changed;
        self.failed += acted.failed;
        self.same += acted.outcomes.len() - acted.changed - acted.failed;
        let failed = acted.outcomes.iter().filter(|on| on.outcome.is_err()).map(|on| on.id);
        self.first.extend(failed.take(MAX_TOKENS.saturating_sub(self.first.len())));
        self.total = self.total.max(self.done);
        let is_before = |place: Place| self.last.is_none_or(|last| place.id < last);
        acted.next.clone().filter(|next| Sort::OLDEST_FIRST.parse_cursor(next).is_some_and(is_before))
    }

    /// The hidden fields of its form.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let numbers =
            [("total", self.total), ("done", self.done), ("same", self.same), ("failed", self.failed)];
        let until = [("until", self.until.to_string())];
        let last = self.last.map(|last| ("last", last.to_string()));
        let numbers = numbers.into_iter().map(|(name, number)| (name, number.to_string()));
        let first = self.first.iter().map(|id| ("first[]", id.to_string()));
        until.into_iter().chain(last).chain(numbers).chain(first).collect()
    }
}

/// The error for fields that no page has.
pub fn reopen(field: &str) -> Error {
    Error::bad_field(field, "Please open the list again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{operation::token_actions::ActedOn, wire::form};

    fn now() -> Timestamp {
        Timestamp::from_millis(1_768_478_400_999)
    }

    fn id(number: u64) -> TokenId {
        TokenId::new(number).unwrap()
    }

    fn of(run: &Run) -> Run {
        let fields = run.fields();
        let query: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
        Run::of(&form::read_query(&query.join("&")).unwrap(), now()).unwrap().unwrap()
    }

    fn acted(outcomes: Vec<(u64, Result<bool, Error>)>, next: Option<u64>) -> Acted {
        let changed = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Ok(true))).count();
        let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
        let on =
            |(number, outcome)| ActedOn { id: id(number), description: String::new(), token: None, outcome };
        let next = next.map(|next| Sort::OLDEST_FIRST.cursor(&Place::created(id(next))));
        Acted { outcomes: outcomes.into_iter().map(on).collect(), changed, failed, next }
    }

    #[test]
    fn the_form_of_a_step_has_what_was_confirmed_and_how_far_it_is() {
        let mut run = Run { total: 3, last: Some(id(9)), ..Run::new(now()) };
        assert_eq!(run.until.millis() % 1000, 0);
        assert!(run.until < now());
        let step = acted(
            vec![(1, Ok(true)), (2, Ok(false)), (3, Err(Error::TokenNotFound)), (4, Ok(true))],
            Some(4),
        );
        assert!(run.add(&step).is_some());
        assert_eq!((run.done, run.same, run.failed, run.total), (2, 1, 1, 3));
        assert_eq!(run.first, [id(3)].into());
        assert_eq!(of(&run), run);
        // More were found than were counted.
        run.add(&acted(vec![(5, Ok(true)), (6, Ok(true))], None));
        assert_eq!((run.done, run.total), (4, 4));
    }

    #[test]
    fn a_run_ends_with_the_last_token_of_what_was_confirmed() {
        let mut run = Run { last: Some(id(9)), ..Run::new(now()) };
        assert!(run.add(&acted(vec![], Some(8))).is_some());
        assert_eq!(run.add(&acted(vec![], Some(9))), None);
        assert_eq!(run.add(&acted(vec![], Some(10))), None);
        assert_eq!(run.add(&acted(vec![], None)), None);
    }

    #[test]
    fn a_form_names_a_bounded_number_of_tokens_that_failed() {
        let mut run = Run::new(now());
        for step in 0..3 {
            let failed = (1..=60).map(|n| (step * 60 + n, Err(Error::TokenNotFound))).collect();
            run.add(&acted(failed, None));
        }
        assert_eq!((run.failed, run.first.len()), (180, MAX_TOKENS));
        assert_eq!(of(&run), run);
        // An edited one, too.
        let edited = Run { first: (1..=300).map(id).collect(), ..run };
        assert_eq!(of(&edited).first.len(), MAX_TOKENS);
    }

    #[test]
    fn a_form_without_a_time_has_no_run_and_one_from_the_future_is_an_error() {
        let run = |query: &str| Run::of(&form::read_query(query).unwrap(), now());
        assert_eq!(run("total=3").unwrap(), None);
        for wrong in [
            "until=",
            "until=x",
            "until=2026-01-15T12:00:01%2B0000",
            "until=2026-01-15T11:00:00%2B0000&last=x",
        ] {
            assert!(matches!(run(wrong), Err(Error::BadField { .. })), "{wrong}");
        }
    }
}
