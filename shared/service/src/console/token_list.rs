//! The list of tokens: what its address asks for, and the addresses of its links.

use jeton_api::{lenient, token_action::Action, token_filter::TokenFilter};
use jeton_core::{
    Error,
    event::Order,
    member::Member,
    time::{Day, Timestamp},
    token::{CreatedBy, Filter, Place, Search, Sort, SortBy},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// The filters of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chip {
    /// Tokens that the viewer created, and their own token.
    Mine,
    /// Tokens that expire within [`EXPIRING_DAYS`], or have expired.
    Expiring,
    /// Tokens without a use in [`UNUSED_DAYS`].
    Unused,
    /// Tokens without an expiry.
    Never,
    /// Disabled tokens.
    Disabled,
    /// Tokens whose owner has left the project.
    Left,
}

/// A token that expires within so many days is expiring.
pub const EXPIRING_DAYS: u64 = 30;

/// A token without a use in so many days is unused.
pub const UNUSED_DAYS: u64 = 90;

/// The filters: name in addresses, and label.
pub const CHIPS: [(Chip, &str, &str); 6] = [
    (Chip::Mine, "mine", "Mine"),
    (Chip::Expiring, "expiring", "Expiring"),
    (Chip::Unused, "unused", "Unused 90 d"),
    (Chip::Never, "never", "Never expires"),
    (Chip::Disabled, "disabled", "Disabled"),
    (Chip::Left, "left", "Owner left"),
];

/// The query of the list of tokens that expire soon, the first one first.
pub const EXPIRING_FIRST: &str = "?show=expiring&sort=expires";

/// The order of a list whose address names none.
pub const NEWEST_FIRST: Sort = Sort { by: SortBy::Created, order: Order::Descending };

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// A text in the description, a bucket or a component, or the id.
    #[serde(deserialize_with = "lenient::string")]
    pub search: Option<String>,
    /// The names of filters, separated by commas.
    #[serde(deserialize_with = "lenient::string")]
    pub show: Option<String>,
    /// The order, as in the API.
    #[serde(deserialize_with = "lenient::string")]
    pub sort: Option<String>,
    /// The page after this place.
    #[serde(deserialize_with = "lenient::string")]
    pub after: Option<String>,
    /// The page before this place.
    #[serde(deserialize_with = "lenient::string")]
    pub before: Option<String>,
}

/// A list: which tokens, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenList {
    /// The search text, without surrounding spaces.
    pub search: String,
    /// The filters, in their order.
    pub chips: Vec<Chip>,
    /// The order.
    pub sort: Sort,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The first one.
    First,
    /// The one after this place.
    After(Place),
    /// The one before this place.
    Before(Place),
    /// The last one, where a page after a place has no token any more.
    Last,
}

impl ListQuery {
    /// The list. Filters and orders that do not exist are ignored.
    pub fn list(&self) -> TokenList {
        let shown = self.show.as_deref().unwrap_or_default();
        let is_shown = |word: &str| shown.split(',').any(|shown| shown == word);
        let text = self.search.as_deref().map(str::trim);
        TokenList {
            search: text.filter(|text| Search::new(text).is_some()).unwrap_or_default().to_owned(),
            chips: CHIPS.iter().filter(|(_, word, _)| is_shown(word)).map(|(chip, ..)| *chip).collect(),
            sort: self.sort.as_deref().and_then(Sort::parse).unwrap_or(NEWEST_FIRST),
        }
    }

    /// The page. Errors: [`Error::BadField`] for a place that is none of the order of the list, and for two.
    pub fn page(&self) -> Result<Page, Error> {
        let sort = self.list().sort;
        let place = |name: &str, text: &Option<String>| {
            let bad =
                || Error::bad_field(name, format!("{name} must be from a link of a list with this order"));
            let text = text.as_deref().filter(|text| !text.is_empty());
            text.map(|text| sort.parse_cursor(text).ok_or_else(bad)).transpose()
        };
        match (place("after", &self.after)?, place("before", &self.before)?) {
            (Some(place), None) => Ok(Page::After(place)),
            (None, Some(place)) => Ok(Page::Before(place)),
            (None, None) => Ok(Page::First),
            (Some(_), Some(_)) => Err(Error::bad_field("after", "after and before contradict each other")),
        }
    }
}

impl TokenList {
    /// The filter of this list, as this member sees it now. Errors: [`Error::BadField`].
    pub fn filter(&self, member: &Member, now: Timestamp) -> Result<Filter, Error> {
        Ok(self.with_own(self.api_filter(member.email.as_str(), now).parsed("")?, member))
    }

    /// The same for an action. Errors: [`Error::BadField`], also for the list of all tokens.
    pub fn filter_of_action(&self, member: &Member, now: Timestamp) -> Result<Filter, Error> {
        Ok(self.with_own(self.api_filter(member.email.as_str(), now).for_action()?, member))
    }

    /// What the API has no word for: the own token of a member is one of theirs, though they did not create it.
    fn with_own(&self, filter: Filter, member: &Member) -> Filter {
        let mine = || CreatedBy::MemberAndOwn(member.email.clone(), member.master);
        let creator = if self.chips.contains(&Chip::Mine) { Some(mine()) } else { filter.creator };
        Filter { creator, ..filter }
    }

    /// The actions that can change a token of this list.
    pub fn actions(&self) -> &'static [Action] {
        let are_disabled = self.chips.contains(&Chip::Disabled);
        if are_disabled {
            &[Action::Enable, Action::Delete]
        } else {
            &[Action::Disable, Action::Enable, Action::Delete]
        }
    }

    fn api_filter(&self, email: &str, now: Timestamp) -> TokenFilter {
        let day = |day: Day| Some(day.to_string());
        let search = Some(&self.search).filter(|text| !text.is_empty()).cloned();
        let mut filter = TokenFilter { search, ..TokenFilter::default() };
        for chip in &self.chips {
            match chip {
                Chip::Mine => filter.creator = Some(email.to_owned()),
                Chip::Expiring => filter.expires_before = day(days_after(now, EXPIRING_DAYS).next()),
                Chip::Unused => filter.unused_since = day(now.minus_seconds(UNUSED_DAYS * 86_400).day()),
                Chip::Never => filter.never_expires = Some(true),
                Chip::Disabled => filter.is_disabled = Some(true),
                Chip::Left => filter.creator_gone = Some(true),
            }
        }
        filter
    }

    /// The address of its first page, below the address of all tokens.
    pub fn href(&self, at: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query: Vec<_> =
            self.fields().iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { at.to_owned() } else { format!("{at}?{}", query.join("&")) }
    }

    /// The address of the page after or before a place, whose text is the cursor.
    pub fn page_href(&self, at: &str, name: &str, cursor: &str) -> String {
        let first = self.href(at);
        let separator = if first.contains('?') { '&' } else { '?' };
        format!("{first}{separator}{name}={cursor}")
    }

    /// Its query, without a page.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let words = CHIPS.iter().filter(|(chip, ..)| self.chips.contains(chip)).map(|(_, word, _)| *word);
        let show = words.collect::<Vec<_>>().join(",");
        let sort = if self.sort == NEWEST_FIRST { String::new() } else { self.sort.to_string() };
        let fields = [("search", self.search.clone()), ("show", show), ("sort", sort)];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The list with or without this filter.
    #[must_use]
    pub fn toggled(&self, chip: Chip) -> Self {
        let mut chips = self.chips.clone();
        match chips.iter().position(|has| *has == chip) {
            Some(at) => {
                chips.remove(at);
            }
            None => chips.push(chip),
        }
        Self { chips, ..self.clone() }
    }

    /// The list in the order of a column: in the other direction if it has this order already.
    #[must_use]
    pub fn sorted(&self, by: SortBy) -> Self {
        let is_descending = if self.sort.by == by {
            self.sort.order == Order::Ascending
        } else {
            // The latest and the most powerful first, but what ends next, and the beginning of the alphabet.
            matches!(by, SortBy::Created | SortBy::LastUsed | SortBy::Rights)
        };
        let order = if is_descending { Order::Descending } else { Order::Ascending };
        Self { sort: Sort { by, order }, ..self.clone() }
    }

    /// The list of all tokens in this order.
    #[must_use]
    pub const fn cleared(&self) -> Self {
        Self { search: String::new(), chips: Vec::new(), sort: self.sort }
    }

    /// Whether it is the list of all tokens, in any order.
    pub fn is_all(&self) -> bool {
        self.search.is_empty() && self.chips.is_empty()
    }
}

fn days_after(now: Timestamp, days: u64) -> Day {
    now.plus_seconds(days * 86_400).day()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> TokenList {
        crate::wire::form::read_query::<ListQuery>(query).unwrap().list()
    }

    fn now() -> Timestamp {
        "2026-01-15T12:00:00+0000".parse().unwrap()
    }

    #[test]
    fn an_address_leads_back_to_its_list_and_the_plain_one_has_no_query() {
        for query in [
            "?search=a%26b%20%2B",
            "?show=mine%2Cleft&sort=lastUsed",
            "?search=x&show=disabled&sort=%2Dexpires",
        ] {
            assert_eq!(list(&query[1..]).href(""), query);
        }
        assert_eq!(list("sort=-created&search=+&show=").href("/tokens"), "/tokens");
        assert_eq!(list("show=nonsense,mine&sort=nonsense"), list("show=mine"));
    }

    #[test]
    fn a_filter_is_added_and_taken_away_and_a_column_turns_around() {
        let all = list("");
        assert_eq!(all.toggled(Chip::Left).toggled(Chip::Mine).href(""), "?show=mine%2Cleft");
        assert_eq!(all.toggled(Chip::Left).toggled(Chip::Left), all);
        assert_eq!(all.sorted(SortBy::Created).href(""), "?sort=created");
        assert_eq!(all.sorted(SortBy::LastUsed).href(""), "?sort=%2DlastUsed");
        assert_eq!(all.sorted(SortBy::Rights).href(""), "?sort=%2Drights");
        assert_eq!(all.sorted(SortBy::Creator).href(""), "?sort=creator");
        assert_eq!(all.sorted(SortBy::Expires).sorted(SortBy::Expires).href(""), "?sort=%2Dexpires");
        assert_eq!(
            list("search=x&show=mine").sorted(SortBy::Description).href(""),
            "?search=x&show=mine&sort=description"
        );
    }

    #[test]
    fn filters_are_days_of_the_api() {
        let filter = list("show=mine,expiring,unused,never,disabled,left&search=x")
            .api_filter("ada@example.org", now());
        assert_eq!(filter.creator.as_deref(), Some("ada@example.org"));
        assert_eq!(filter.expires_before.as_deref(), Some("2026-02-15"));
        assert_eq!(filter.unused_since.as_deref(), Some("2025-10-17"));
        assert_eq!(
            (filter.never_expires, filter.is_disabled, filter.creator_gone),
            (Some(true), Some(true), Some(true))
        );
        assert!(filter.for_action().is_ok());
    }

    #[test]
    fn a_search_for_nothing_is_no_search() {
        for search in ["", "%20", "%E3%80%80", "%CC%81", "%20%CC%81%20"] {
            let list = list(&format!("search={search}"));
            assert_eq!(list.search, "", "{search}");
            assert!(list.api_filter("", now()).for_action().is_err(), "{search}");
        }
    }

    #[test]
    fn a_place_of_another_order_and_two_places_are_errors() {
        let cursor = NEWEST_FIRST.cursor(&Place::created(jeton_core::id::TokenId::new(5).unwrap()));
        let page = |query: String| crate::wire::form::read_query::<ListQuery>(&query).unwrap().page();
        assert!(matches!(page(format!("after={cursor}")), Ok(Page::After(_))));
        assert!(matches!(page(format!("before={cursor}")), Ok(Page::Before(_))));
        assert!(matches!(page("after=".to_owned()), Ok(Page::First)));
        for wrong in [
            format!("sort=expires&after={cursor}"),
            format!("after={cursor}&before={cursor}"),
            "before=5".to_owned(),
        ] {
            assert!(matches!(page(wrong), Err(Error::BadField { .. })));
        }
    }
}
