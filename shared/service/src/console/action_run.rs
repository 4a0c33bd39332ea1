//! An action on all tokens of a list, which is confirmed once and carried out in steps. The form of each step says what was confirmed, and how
//! far it is.

use std::collections::BTreeSet;

use jeton_api::{
    lenient,
    token_action::{Action, MAX_TOKENS},
};
use jeton_core::{Error, id::TokenId};
use serde::Deserialize;

use crate::operation::{token_actions::Acted, token_survey::MOST};

/// The fields of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// The ids of the tokens that were confirmed and are left, with full stops between them.
    #[serde(deserialize_with = "lenient::string")]
    pub ids: Option<String>,
    /// The last token of what was confirmed, if the list has more than one confirmation covers.
    #[serde(deserialize_with = "lenient::string")]
    pub last: Option<String>,
    /// How many tokens were to be changed.
    #[serde(deserialize_with = "lenient::string")]
    pub total: Option<String>,
    /// How many were changed so far.
    #[serde(deserialize_with = "lenient::string")]
    pub done: Option<String>,
    /// The ids of those, if the last page offers to undo it.
    #[serde(deserialize_with = "lenient::string")]
    pub changed: Option<String>,
    /// How many there was nothing to do for.
    #[serde(deserialize_with = "lenient::string")]
    pub same: Option<String>,
    /// How many were deleted or have expired meanwhile.
    #[serde(deserialize_with = "lenient::string")]
    pub gone: Option<String>,
    /// How many could not be changed.
    #[serde(deserialize_with = "lenient::string")]
    pub failed: Option<String>,
    /// The first of those.
    #[serde(deserialize_with = "lenient::strings")]
    pub first: Option<Vec<String>>,
}

/// What was confirmed, and how far it is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Run {
    /// The tokens that are left, in the order of creation. No others are changed, whatever the filters find by then.
    pub ids: BTreeSet<TokenId>,
    /// The last token, if it is not the last one of the list.
    pub last: Option<TokenId>,
    /// How many tokens were to be changed.
    pub total: usize,
    /// How many were changed so far.
    pub done: usize,
    /// The tokens that were changed so far, if the last page offers to undo it.
    pub changed: BTreeSet<TokenId>,
    /// How many there was nothing to do for.
    pub same: usize,
    /// How many were deleted or have expired meanwhile.
    pub gone: usize,
    /// How many could not be changed.
    pub failed: usize,
    /// The first of those.
    pub first: BTreeSet<TokenId>,
}

impl Run {
    /// The run of a form; `None` if it has none. Errors: [`Error::BadField`].
    pub fn of(form: &RunForm) -> Result<Option<Self>, Error> {
        let Some(ids) = &form.ids else { return Ok(None) };
        let ids = parse_ids("ids", ids)?;
        let changed = form.changed.as_deref().filter(|text| !text.is_empty());
        let changed = changed.map(|text| parse_ids("changed", text)).transpose()?.unwrap_or_default();
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u32>().ok());
        let number = |text| number(text).unwrap_or_default() as usize;
        let last = form.last.as_deref().filter(|text| !text.is_empty()).map(str::parse).transpose();
        let first = form.first.iter().flatten().filter_map(|id| id.parse().ok());
        Ok(Some(Self {
            ids,
            last: last.map_err(|_| reopen("last"))?,
            total: number(&form.total),
            done: number(&form.done),
            changed,
            same: number(&form.same),
            gone: number(&form.gone),
            failed: number(&form.failed),
            first: first.take(MAX_TOKENS).collect(),
        }))
    }

    /// The tokens of the next step.
    pub fn step(&self) -> BTreeSet<TokenId> {
        self.ids.iter().copied().take(MAX_TOKENS).collect()
    }

    /// Adds a step on these tokens. Those that were disabled can be enabled again, so they are kept.
    pub fn add(&mut self, step: &BTreeSet<TokenId>, acted: &Acted, action: Action) {
        if action == Action::Disable {
            self.changed.extend(acted.changed());
        }
        self.done += acted.changed;
        self.failed += acted.failed;
        let unchanged = acted.outcomes.iter().filter(|on| matches!(on.outcome, Ok(false)));
        let (gone, same): (Vec<_>, Vec<_>) = unchanged.partition(|on| on.is_gone);
        self.same += same.len();
        self.gone += gone.len();
        let failed = acted.outcomes.iter().filter(|on| on.outcome.is_err()).map(|on| on.id);
        self.first.extend(failed.take(MAX_TOKENS.saturating_sub(self.first.len())));
        self.total = self.total.max(self.done);
        // Where it ended early, the others of the step are left.
        let ended = acted.outcomes.last().filter(|_| acted.next.is_some()).map(|on| on.id);
        if let Some(last) = ended.or(step.last().copied()) {
            self.gone += step.range(..=last).count().saturating_sub(acted.outcomes.len());
            self.ids.retain(|id| *id > last);
        }
    }

    /// The hidden fields of its form.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let numbers = [
            ("total", self.total),
            ("done", self.done),
            ("same", self.same),
            ("gone", self.gone),
            ("failed", self.failed),
        ];
        let joined =
            |ids: &BTreeSet<TokenId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let ids = [("ids", joined(&self.ids))];
        let changed = (!self.changed.is_empty()).then(|| ("changed", joined(&self.changed)));
        let last = self.last.map(|last| ("last", last.to_string()));
        let numbers = numbers.into_iter().map(|(name, number)| (name, number.to_string()));
        let first = self.first.iter().map(|id| ("first[]", id.to_string()));
        ids.into_iter().chain(changed).chain(last).chain(numbers).chain(first).collect()
    }
}

/// Ids with full stops between them, of as many tokens as a run has.
fn parse_ids(field: &str, text: &str) -> Result<BTreeSet<TokenId>, Error> {
    let ids: Result<BTreeSet<_>, _> = text.split('.').map(str::parse).collect();
    ids.ok().filter(|ids| ids.len() <= MOST).ok_or_else(|| reopen(field))
}

/// The error for fields that no page has.
pub fn reopen(field: &str) -> Error {
    Error::bad_field(field, "Please open the list again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{operation::token_actions::ActedOn, wire::form};

    fn id(number: u64) -> TokenId {
        TokenId::new(number).unwrap()
    }

    fn ids(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<TokenId> {
        numbers.into_iter().map(id).collect()
    }

    fn of(run: &Run) -> Run {
        let fields = run.fields();
        let query: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Run::of(&form::read_query(&query.join("&")).unwrap()).unwrap().unwrap()
    }

    fn acted(outcomes: Vec<(u64, Result<bool, Error>)>, ended_early: bool) -> Acted {
        let changed = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Ok(true))).count();
        let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
        let on = |(number, outcome)| ActedOn {
            id: id(number),
            description: String::new(),
            token: None,
            is_gone: number == 5,
            outcome,
        };
        let next = ended_early.then(|| "5b5d".to_owned());
        Acted { outcomes: outcomes.into_iter().map(on).collect(), changed, failed, next, is_repeated: false }
    }

    #[test]
    fn the_form_of_a_step_has_what_is_left_of_what_was_confirmed_and_how_far_it_is() {
        let mut run = Run { ids: ids(1..=230), total: 228, last: Some(id(230)), ..Run::default() };
        assert_eq!(of(&run), run);
        assert_eq!(run.step(), ids(1..=100));
        let step = vec![
            (1, Ok(true)),
            (2, Ok(false)),
            (3, Err(Error::TokenNotFound)),
            (4, Ok(true)),
            (5, Ok(false)),
        ];
        run.add(&run.step(), &acted(step, false), Action::Disable);
        assert_eq!((run.done, run.same, run.failed, run.total), (2, 1, 1, 228));
        // The last one was deleted during the step, and the others of it before.
        assert_eq!(run.gone, 1 + 95);
        assert_eq!((&run.first, &run.ids), (&ids([3]), &ids(101..=230)));
        assert_eq!(run.changed, ids([1, 4]));
        // One that had no time for all.
        run.add(&run.step(), &acted(vec![(101, Ok(true)), (103, Ok(true))], true), Action::Disable);
        assert_eq!((run.done, run.step()), (4, ids(104..=203)));
        assert_eq!(of(&run), run);
        // All are gone by now.
        run.add(&run.step(), &acted(vec![], false), Action::Delete);
        assert_eq!((run.ids, run.gone), (ids(204..=230), 96 + 1 + 100));
    }

    #[test]
    fn a_form_names_a_bounded_number_of_tokens() {
        let mut run = Run { ids: ids(1..=180), ..Run::default() };
        let failed = (1..=180).map(|n| (n, Err(Error::TokenNotFound))).collect();
        run.add(&ids([1]), &acted(failed, false), Action::Disable);
        assert_eq!((run.failed, run.first.len()), (180, MAX_TOKENS));
        // An edited one, too.
        let edited = Run { first: ids(1..=300), ..run };
        assert_eq!(of(&edited).first.len(), MAX_TOKENS);
    }

    #[test]
    fn a_form_without_ids_has_no_run_and_one_with_wrong_or_too_many_is_an_error() {
        let run = |query: &str| Run::of(&form::read_query(query).unwrap());
        assert_eq!(run("total=3").unwrap(), None);
        let many = format!("ids={}", (1..=5001).map(|id| id.to_string()).collect::<Vec<_>>().join("."));
        for wrong in ["ids=", "ids=x", "ids=1..2", "ids=1&last=x", "ids=1&changed=x", &many] {
            assert!(matches!(run(wrong), Err(Error::BadField { .. })), "{wrong}");
        }
    }
}
