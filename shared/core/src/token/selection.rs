//! The part of a sorted list that a call answers: the first tokens after a place, of any number that are offered.

use std::collections::BTreeMap;

use super::{Place, Sort, Token};
use crate::event::Order;

/// A part of a sorted list. It holds no more than its limits, however many tokens are offered, in whatever order.
#[derive(Debug)]
pub struct Selection {
    sort: Sort,
    after: Option<Place>,
    limit: usize,
    most: usize,
    held: BTreeMap<Place, (Token, usize)>,
    size: usize,
    /// The first place that did not fit. What follows it is not held either, so that the part has no gap.
    left_out: Option<Place>,
}

impl Selection {
    /// A part after a place, with at most so many tokens and so much size together, but one token in any case.
    pub const fn new(sort: Sort, after: Option<Place>, limit: usize, most: usize) -> Self {
        Self { sort, after, limit, most, held: BTreeMap::new(), size: 0, left_out: None }
    }

    /// Offers a token. Its size is asked for only if it may be in the part.
    pub fn offer(&mut self, token: Token, size: impl FnOnce(&Token) -> usize) {
        let place = self.sort.place(&token);
        let follows = |after: &Place| self.sort.is_before(after, &place);
        let fits = |end: &Place| self.sort.is_before(&place, end);
        if !self.after.as_ref().is_none_or(follows) || !self.left_out.as_ref().is_none_or(fits) {
            return;
        }
        let size = size(&token);
        self.size += size;
        self.held.insert(place, (token, size));
        while self.held.len() > self.limit || (self.size > self.most && self.held.len() > 1) {
            let last = match self.sort.order {
                Order::Ascending => self.held.pop_last(),
                Order::Descending => self.held.pop_first(),
            };
            let Some((place, (_, size))) = last else { break };
            self.size -= size;
            self.left_out = Some(place);
        }
    }

    /// Whether a token was left out, so that the list continues after this part.
    pub const fn is_cut(&self) -> bool {
        self.left_out.is_some()
    }

    /// The last place of the part.
    pub fn last(&self) -> Option<&Place> {
        let last = match self.sort.order {
            Order::Ascending => self.held.last_key_value(),
            Order::Descending => self.held.first_key_value(),
        };
        last.map(|(place, _)| place)
    }

    /// The tokens of the part, in order.
    pub fn into_tokens(self) -> Vec<Token> {
        let tokens = self.held.into_values().map(|(token, _)| token);
        match self.sort.order {
            Order::Ascending => tokens.collect(),
            Order::Descending => tokens.rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event_context::testing::Counting, id::TokenId, token::testing};

    fn tokens(ids: &[u64]) -> Vec<Token> {
        let (token, _) = testing::token(None, &mut Counting(1));
        ids.iter().map(|id| Token { id: TokenId::new(*id).unwrap(), ..token.clone() }).collect()
    }

    fn part(sort: &str, after: Option<u64>, (limit, most): (usize, usize), ids: &[u64]) -> (Vec<u64>, bool) {
        let after = after.map(|id| Place::created(TokenId::new(id).unwrap()));
        let mut selection = Selection::new(Sort::parse(sort).unwrap(), after, limit, most);
        for token in tokens(ids) {
            selection.offer(token, |token| if token.id.number() == 7 { 100 } else { 10 });
        }
        let is_cut = selection.is_cut();
        (selection.into_tokens().iter().map(|token| token.id.number()).collect(), is_cut)
    }

    const ANY: usize = 1000;

    #[test]
    fn the_first_tokens_after_a_place_are_held_in_whatever_order_they_come() {
        for ids in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 1, 5, 2, 4]] {
            assert_eq!(part("created", None, (2, ANY), &ids), (vec![1, 2], true));
            assert_eq!(part("created", Some(2), (2, ANY), &ids), (vec![3, 4], true));
            assert_eq!(part("created", Some(3), (2, ANY), &ids), (vec![4, 5], false));
            assert_eq!(part("-created", None, (2, ANY), &ids), (vec![5, 4], true));
            assert_eq!(part("-created", Some(2), (2, ANY), &ids), (vec![1], false));
        }
    }

    #[test]
    fn a_part_that_is_too_large_ends_before_the_token_that_does_not_fit_and_has_no_gap() {
        for ids in [[5, 6, 7, 8, 9], [9, 8, 7, 6, 5], [7, 9, 5, 8, 6], [8, 9, 7, 5, 6]] {
            assert_eq!(part("created", None, (9, 50), &ids), (vec![5, 6], true), "{ids:?}");
            assert_eq!(part("created", Some(6), (9, 50), &ids), (vec![7], true), "one in any case");
            assert_eq!(part("created", Some(7), (9, 50), &ids), (vec![8, 9], false));
        }
    }
}
