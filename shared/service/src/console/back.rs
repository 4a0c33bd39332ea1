//! The place in the list of tokens that a page was opened from. Links and forms carry it, and what they lead to leads back there.

use jeton_api::lenient;
use jeton_core::{id::ProjectId, token::MAX_DESCRIPTION};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::token_list::{ListQuery, Page, TokenList};
use crate::{http::ApiRequest, wire::form};

/// The parameter of links and the field of forms.
pub const FIELD: &str = "back";

/// The most bytes of a place: each link of a page has it.
const LONGEST: usize = 1000;

/// What a place begins with if the page was opened from that of a token, which was opened from the list.
const BY_TOKEN: &str = "token";

/// A place in the list. Its text is the query of the list and nothing else, so it leads to no other page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    query: String,
    by_token: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Carried {
    #[serde(deserialize_with = "lenient::string")]
    back: Option<String>,
}

impl Back {
    /// A page of a list; its first one if the place is too long, and `None` if that is, too.
    pub fn to(list: &TokenList, page: &Page) -> Option<Self> {
        let query = |page: &Page| Self { query: query(list, page), by_token: false };
        [query(page), query(&Page::First)].into_iter().find(|back| back.query.len() <= LONGEST)
    }

    /// Parses a text; `None` unless it is the query of a list as its links have it.
    pub fn parse(text: &str) -> Option<Self> {
        let (by_token, text) = match text.strip_prefix(BY_TOKEN) {
            Some("") => (true, ""),
            Some(rest) => (true, rest.strip_prefix('&')?),
            None => (false, text),
        };
        let asked: ListQuery = (text.len() <= LONGEST).then(|| form::read_query(text).ok())??;
        let (list, page) = (asked.list(), asked.page().ok()?);
        let back = Self { query: query(&list, &page), by_token };
        (back.query == text && list.search.chars().count() <= MAX_DESCRIPTION).then_some(back)
    }

    /// The place that a link or a form carries.
    pub fn of(request: &ApiRequest) -> Option<Self> {
        let in_form = request.body::<Carried>().ok().and_then(|carried| carried.back);
        let in_link = || request.query::<Carried>().ok().and_then(|carried| carried.back);
        Self::parse(&in_form.or_else(in_link)?)
    }

    /// The same place, for links of the page of a token, which lead back to that page first.
    #[must_use]
    pub fn by_token(&self, by_token: bool) -> Self {
        Self { query: self.query.clone(), by_token }
    }

    /// Whether it leads back to the page of a token first.
    pub const fn is_by_token(&self) -> bool {
        self.by_token
    }

    /// A link that carries it.
    pub fn link(&self, href: &str) -> String {
        let separator = if href.contains('?') { '&' } else { '?' };
        format!("{href}{separator}{FIELD}={}", utf8_percent_encode(&self.text(), NON_ALPHANUMERIC))
    }

    /// Its text.
    pub fn text(&self) -> String {
        match (self.by_token, self.query.is_empty()) {
            (false, _) => self.query.clone(),
            (true, true) => BY_TOKEN.to_owned(),
            (true, false) => format!("{BY_TOKEN}&{}", self.query),
        }
    }

    /// The address of the list, whose path is this.
    pub fn at(&self, path: &str) -> String {
        if self.query.is_empty() { path.to_owned() } else { format!("{path}?{}", self.query) }
    }

    /// The address of the list of a project.
    pub fn list(&self, project: ProjectId) -> String {
        self.at(&tokens(project))
    }
}

/// The path of the list of a project.
pub fn tokens(project: ProjectId) -> String {
    format!("/console/projects/{project}/tokens")
}

fn query(list: &TokenList, page: &Page) -> String {
    let of = |name: &str, cursor: &str| list.page_href("", name, cursor);
    let address = match page {
        Page::First | Page::Last => list.href(""),
        Page::After(place) => of("after", &list.sort.cursor(place)),
        Page::Before(place) => of("before", &list.sort.cursor(place)),
    };
    address.trim_start_matches('?').to_owned()
}

#[cfg(test)]
mod tests {
    use jeton_core::id::TokenId;

    use super::*;
    use crate::console::token_list::NEWEST_FIRST;

    fn cursor() -> String {
        NEWEST_FIRST.cursor(&jeton_core::token::Place::created(TokenId::new(5).unwrap()))
    }

    #[test]
    fn a_place_is_the_query_of_a_list_and_leads_to_it() {
        let project = ProjectId::new(7).unwrap();
        for query in ["", "show=mine%2Cleft&sort=lastUsed", &format!("search=a%26b&after={}", cursor())] {
            let back = Back::parse(query).unwrap();
            let list = back.list(project);
            assert_eq!(list.trim_end_matches(query).trim_end_matches('?'), "/console/projects/7/tokens");
            assert_eq!(Back::parse(&back.text()), Some(back.clone()), "{query}");
            let by_token = back.by_token(true);
            assert_eq!(Back::parse(&by_token.text()), Some(by_token), "{query}");
        }
    }

    #[test]
    fn a_text_that_is_no_query_of_a_list_is_no_place() {
        let long = format!("search={}", "x".repeat(256));
        let longer = format!("search={}", "%C5%99".repeat(200));
        let two = format!("after={0}&before={0}", cursor());
        for text in [
            "//evil.example",
            "/console/sign-out",
            "https://evil.example",
            "show=mine&then=//evil.example",
            "show=nonsense",
            "sort=-created",
            "search= x",
            "after=zz",
            "tokens",
            "token=show",
            "?show=mine",
            "show=mine&show=mine",
            &long,
            &longer,
            &two,
        ] {
            assert_eq!(Back::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_place_that_is_too_long_is_the_first_page_of_its_list_or_none() {
        let list = |length: usize| {
            let query = format!("search={}", "%C5%99".repeat(length));
            form::read_query::<ListQuery>(&query).unwrap().list()
        };
        let page = Page::After(jeton_core::token::Place::created(TokenId::new(5).unwrap()));
        assert!(Back::to(&list(150), &page).unwrap().query.contains("after="));
        assert!(!Back::to(&list(164), &page).unwrap().query.contains("after="));
        assert_eq!(Back::to(&list(200), &page), None);
    }
}
