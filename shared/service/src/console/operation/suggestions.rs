//! What the form of a new token suggests: the buckets, components and tokens that the project has seen.

use std::collections::BTreeMap;

use jeton_api::token_filter::TokenFilter;
use jeton_core::{
    Error,
    event::{Event, Feed, Order, Origin, PAGE_BYTES},
    folded::folded,
    id::TokenId,
    permission::{Ask, BucketId, Call, ComponentId, Permissions},
    token::Token,
};

use crate::{
    console::page::new_token::Suggestions,
    console::session::ConsoleMember,
    console::token_list::NEWEST_FIRST,
    http::{ApiRequest, Room},
    operation::{
        advice,
        event_scan::EventScan,
        token_search::{self, Count, TokenSearch},
    },
};

/// The most tokens, the newest ones, and the most events of the project that are read. Each takes at most [`PAGE_BYTES`].
const READ: (usize, usize) = (200, 500);

/// How many tokens with a text are looked at to find the one that is meant: so many parts, of so many tokens.
const SEARCHES: usize = 4;
/// As [`SEARCHES`].
const FOUND: usize = 250;

/// The most tokens that are offered where several may be meant.
const OFFERED: usize = 10;

/// The most buckets, and the most components.
const SUGGESTED: usize = 100;

/// How often something was seen: in the rights of tokens, and in events. What tokens may use comes first, since anyone who
/// has a token can ask for anything.
#[derive(Debug, Default)]
struct Seen(BTreeMap<String, (u32, u32)>);

/// Collects what the newest tokens may use and the newest events are about.
pub async fn suggestions(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Suggestions, Error> {
    viewer.bearer.caller.may_address(Call::List, None)?;
    let (mut buckets, mut components) = (Seen::default(), Seen::default());
    let project = viewer.bearer.caller.project;
    let page = request.app.store.tokens(project, None, Order::Descending, READ.0, PAGE_BYTES).await?;
    for rights in page.tokens.iter().map(|token| &token.identity.permissions) {
        rights.buckets.keys().for_each(|bucket| buckets.granted(bucket.as_str()));
        rights.components.iter().for_each(|component| components.granted(component.as_str()));
    }
    let mut scan = EventScan::newest(None, request.now).at_most(READ.1, PAGE_BYTES);
    let events = scan.next(&request.app, &Feed::Project(project), READ.1).await?;
    for event in events.iter().flat_map(|page| &page.events) {
        used(event, &mut buckets, &mut components);
    }
    let named = page.tokens.into_iter().filter(|token| !token.identity.is_own_of_member());
    let tokens = named.map(|token| (token.id, token.identity.description)).collect();
    Ok(Suggestions { buckets: buckets.most(), components: components.most(), tokens, among: Vec::new() })
}

/// Counts the buckets and components of an event.
fn used(event: &Event, buckets: &mut Seen, components: &mut Seen) {
    for ask in advice::asks(event, &Permissions::everything()).into_iter().flatten() {
        match ask {
            Ask::Bucket(bucket, _) => buckets.used(bucket.as_str()),
            Ask::Component(component) => components.used(component.as_str()),
            Ask::Capability(_) => {}
        }
    }
    if event.origin == Origin::Posted {
        if let Ok(component) = ComponentId::parse(&event.component) {
            components.used(component.as_str());
        }
        if let Some(bucket) = event.object.as_ref().and_then(|object| bucket_of(object.id.as_deref()?)) {
            buckets.used(bucket.as_str());
        }
    }
}

/// The bucket of an object: the object itself, or what its id has before the name of a table.
fn bucket_of(object: &str) -> Option<BucketId> {
    let bucket = object.match_indices('.').nth(1).map_or(object, |(end, _)| &object[..end]);
    BucketId::parse(bucket).ok()
}

impl Seen {
    fn granted(&mut self, id: &str) {
        self.0.entry(id.to_owned()).or_default().0 += 1;
    }

    fn used(&mut self, id: &str) {
        self.0.entry(id.to_owned()).or_default().1 += 1;
    }

    fn most(self) -> Vec<String> {
        let mut ids: Vec<_> = self.0.into_iter().collect();
        // Stable, so what is as frequent stays in the order of the alphabet.
        ids.sort_by_key(|(_, seen)| std::cmp::Reverse(*seen));
        ids.truncate(SUGGESTED);
        ids.into_iter().map(|(id, _)| id).collect()
    }
}

/// Why a text does not say which token is meant.
#[derive(Debug)]
pub struct Unclear {
    /// A message for people.
    pub problem: &'static str,
    /// Tokens that may be meant, newest first, at most [`OFFERED`].
    pub among: Vec<Token>,
}

impl From<&'static str> for Unclear {
    fn from(problem: &'static str) -> Self {
        Self { problem, among: Vec::new() }
    }
}

/// The token that is meant by an id or a description, which the search of the list finds.
pub async fn meant(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    text: &str,
) -> Result<Result<Token, Unclear>, Error> {
    if text.trim().is_empty() {
        return Ok(Err("Enter the id of a token, or its description.".into()));
    }
    let id = match text.trim().parse::<TokenId>() {
        Ok(id) => id,
        Err(_) => match named(request, viewer, text).await? {
            Ok(id) => id,
            Err(problem) => return Ok(Err(problem)),
        },
    };
    viewer.bearer.caller.may_address(Call::Detail, Some(id))?;
    let Some(token) = request.app.store.token(viewer.bearer.caller.project, id).await? else {
        return Ok(Err("There is no token with this id.".into()));
    };
    viewer.bearer.caller.may(Call::Detail, token.target())?;
    Ok(Ok(token))
}

/// The only token with this description; if there is none, the only one that the search finds.
async fn named(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    text: &str,
) -> Result<Result<TokenId, Unclear>, Error> {
    const NONE: &str = "There is no such token. Enter a part of its description, or its id.";
    let asked = TokenFilter { search: Some(text.to_owned()), ..TokenFilter::default() };
    let filter = match asked.parsed("") {
        Ok(filter) if !filter.is_all() => filter,
        Ok(_) | Err(Error::BadField { .. }) => return Ok(Err(NONE.into())),
        Err(error) => return Err(error),
    };
    let _room = Room::reserved(request).await?;
    let (mut found, mut exact, mut after): (Vec<Token>, Vec<Token>, _) = (Vec::new(), Vec::new(), None);
    let wanted = folded(text.trim());
    for _ in 0..SEARCHES {
        let search = TokenSearch {
            filter: filter.clone(),
            sort: NEWEST_FIRST,
            after: after.take(),
            limit: FOUND,
            count: Count::No,
        };
        let part = token_search::find(request, &viewer.bearer, &search).await?;
        for token in part.tokens.into_iter().filter(|token| !token.identity.is_own_of_member()) {
            let is_exact = folded(token.identity.description.trim()) == wanted;
            let these = if is_exact { &mut exact } else { &mut found };
            if these.len() < OFFERED {
                these.push(token);
            }
        }
        after = part.next.and_then(|next| NEWEST_FIRST.parse_cursor(&next));
        if after.is_none() || exact.len() > 1 {
            break;
        }
    }
    let is_whole = after.is_none();
    let problem = match (&exact[..], &found[..]) {
        ([token], _) | ([], [token]) if is_whole => return Ok(Ok(token.id)),
        ([], []) if is_whole => NONE,
        ([_, _, ..], _) => "Several tokens have this description. Choose one, or enter its id.",
        ([], [_, ..]) if is_whole => {
            "Several tokens have this in their description or rights. Choose one, or enter its id."
        }
        _ => "The project has too many tokens to find one by its description. Enter its id.",
    };
    let among = if exact.is_empty() { found } else { exact };
    Ok(Err(Unclear { problem, among }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_of_a_table_is_what_stands_before_its_name() {
        let of = |object: &str| bucket_of(object).map(|bucket| bucket.as_str().to_owned());
        assert_eq!(of("in.c-main").as_deref(), Some("in.c-main"));
        assert_eq!(of("in.c-main.orders").as_deref(), Some("in.c-main"));
        assert_eq!((of("report"), of("a.b.c"), of("")), (None, None, None));
    }

    #[test]
    fn what_tokens_may_use_is_suggested_before_what_was_only_asked_for_and_the_rest_is_left_out() {
        let mut seen = Seen::default();
        for number in 0..200 {
            seen.used(&format!("in.c-{number:03}"));
            seen.used(&format!("in.c-{number:03}"));
        }
        seen.granted("out.c-z");
        let most = seen.most();
        assert_eq!((most.len(), most[0].as_str(), most[1].as_str()), (SUGGESTED, "out.c-z", "in.c-000"));
    }
}
