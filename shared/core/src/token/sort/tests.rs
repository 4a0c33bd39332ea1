//! Tests of the orders of lists.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    email::Email,
    event_context::testing::Counting,
    id::MemberId,
    member::MemberCard,
    permission::{Access, BucketId, Permissions},
    token::{
        Creator, Selection,
        testing::{self, at},
    },
};

/// Tokens with ids from 1 on.
fn tokens(made: &[&dyn Fn(&mut Token)]) -> Vec<Token> {
    let (token, _) = testing::token(None, &mut Counting(1));
    let with_id = |(id, change): (u64, &&dyn Fn(&mut Token))| {
        let mut token = Token { id: TokenId::new(id).unwrap(), ..token.clone() };
        change(&mut token);
        token
    };
    (1..).zip(made).map(with_id).collect()
}

/// The ids in an order, also when each place was a cursor in between.
fn sorted(text: &str, tokens: &[Token]) -> Vec<u64> {
    let sort = Sort::parse(text).unwrap();
    let place = |token| sort.parse_cursor(&sort.cursor(&sort.place(token))).unwrap();
    let mut places: Vec<_> = tokens.iter().map(place).collect();
    places.sort();
    if sort.order == Order::Descending {
        places.reverse();
    }
    assert!(places.is_sorted_by(|one, other| sort.is_before(one, other)));
    places.iter().map(|place| place.id.number()).collect()
}

#[test]
fn tokens_are_sorted_by_each_field_in_both_directions_and_equal_ones_by_id() {
    let tokens = tokens(&[
        &|token: &mut Token| token.last_used = Some(at(0).day()),
        &|token: &mut Token| token.identity.expires = Some(at(60)),
        &|token: &mut Token| {
            token.last_used = Some(at(0).day().next());
            token.identity.expires = Some(at(0));
        },
        &|token: &mut Token| token.last_used = Some(at(0).day()),
    ]);
    for (text, order) in [
        ("created", [1, 2, 3, 4]),
        ("-created", [4, 3, 2, 1]),
        ("lastUsed", [2, 1, 4, 3]),
        ("-lastUsed", [3, 4, 1, 2]),
        ("expires", [3, 2, 1, 4]),
        ("-expires", [4, 1, 2, 3]),
    ] {
        assert_eq!(sorted(text, &tokens), order, "{text}");
        let sort = Sort::parse(text).unwrap();
        assert_eq!(sort.to_string(), text);
        assert!(sort.reversed() != sort && sort.reversed().reversed() == sort, "{text}");
    }
    for text in ["", "-", "--created", "Created", "id", " created"] {
        assert!(Sort::parse(text).is_none(), "{text:?}");
    }
}

#[test]
fn descriptions_are_sorted_without_case_and_accents_by_their_beginnings() {
    let tokens = tokens(&[
        &|token: &mut Token| token.identity.description = "zebra".to_owned(),
        &|token: &mut Token| token.identity.description = "Čáp".to_owned(),
        &|token: &mut Token| token.identity.description = "cat".to_owned(),
        &|token: &mut Token| token.identity.description = "z".repeat(COMPARED) + "b",
        &|token: &mut Token| token.identity.description = "Z".repeat(COMPARED) + "a",
    ]);
    assert_eq!(sorted("description", &tokens), [2, 3, 1, 4, 5]);
    assert_eq!(sorted("-description", &tokens), [5, 4, 1, 3, 2]);
}

#[test]
fn creators_are_sorted_by_their_names_and_the_tokens_of_each_are_together() {
    let card = |id: u32, name: &str, email: &str| MemberCard {
        id: MemberId::new(id).unwrap(),
        name: name.to_owned(),
        email: Email::parse(email).unwrap(),
    };
    let of = |card: MemberCard| move |token: &mut Token| token.identity.member = Some(card.clone());
    let of_token = |id: u64, description: &str| {
        let creator = Creator { id: TokenId::new(id).unwrap(), description: description.to_owned() };
        move |token: &mut Token| token.identity.creator = Some(creator.clone())
    };
    let left = |token: &mut Token| {
        of_token(5, "former member")(token);
        token.identity.former_member = MemberId::new(4);
    };
    let tokens = tokens(&[
        &of(card(3, "Zoë", "a@example.org")),
        &of(card(2, "Ann", "z@example.org")),
        &of(card(1, "ann", "y@example.org")),
        &of(card(2, "Ann", "z@example.org")),
        &of(card(6, " ", "Mia@example.org")),
        &of_token(8, "importer"),
        &|_| (),
        &left,
    ]);
    assert_eq!(sorted("creator", &tokens), [7, 3, 2, 4, 8, 6, 5, 1]);
    assert_eq!(sorted("-creator", &tokens), [1, 5, 6, 8, 4, 2, 3, 7]);
}

#[test]
fn rights_are_sorted_by_their_breadth() {
    let with = |permissions: &Permissions| {
        let permissions = Arc::new(permissions.clone());
        move |token: &mut Token| token.identity.permissions = Arc::clone(&permissions)
    };
    let reads = Permissions {
        buckets: [(BucketId::parse("in.c-a").unwrap(), Access::Read)].into(),
        ..Permissions::default()
    };
    let (everything, none) = (Permissions::everything(), Permissions::default());
    let tokens = tokens(&[&with(&reads), &with(&everything), &with(&none), &with(&reads)]);
    assert_eq!(sorted("rights", &tokens), [3, 1, 4, 2]);
    assert_eq!(sorted("-rights", &tokens), [2, 4, 1, 3]);
}

#[test]
fn a_cursor_is_one_of_its_field_and_short_whatever_the_description() {
    let long = "\u{fdfa}".repeat(255);
    let long = tokens(&[&|token: &mut Token| {
        token.identity.description.clone_from(&long);
        token.identity.creator =
            Some(Creator { id: TokenId::new((1 << 48) - 1).unwrap(), description: long.clone() });
        token.identity.permissions = Arc::new(Permissions::everything());
    }]);
    let by = |text| Sort::parse(text).unwrap();
    for text in SortBy::words() {
        let cursor = by(text).cursor(&by(text).place(&long[0]));
        assert!(cursor.len() < 700, "{}", cursor.len());
        for other in SortBy::words() {
            assert_eq!(by(other).parse_cursor(&cursor).is_some(), text == other, "{text} {other}");
        }
    }
    let forged = |json: &str| by("lastUsed").parse_cursor(&hex::encode(json));
    assert!(forged(r#"["lastUsed",5,7]"#).is_some());
    for json in [
        "",
        "5",
        r#"["lastUsed","a",7]"#,
        r#"["lastUsed",5,0]"#,
        r#"["expires",5,7]"#,
        r#"["lastUsed",5.5,7]"#,
        r#"["lastUsed",["a",5],7]"#,
        r#"["lastUsed",[1,2,3,4,5],7]"#,
    ] {
        assert!(forged(json).is_none(), "{json}");
    }
    assert!(by("lastUsed").parse_cursor("x").is_none());
    let forged = |by: &str, key: &str| {
        Sort::parse(by).unwrap().parse_cursor(&hex::encode(format!(r#"["{by}",{key},7]"#))).is_some()
    };
    assert!(forged("rights", "[3,0,0,0,5]") && forged("creator", r#"["ann",5]"#));
    for key in ["[3,0,0,0]", "[3,0,0,0,5,6]", "[3,0,0,0,-5]", "[3,0,0,0,4294967296]", "{}", "5", "null"] {
        assert!(!forged("rights", key), "{key}");
    }
    for key in [r#""ann""#, r#"["ann"]"#, r#"["ann",-5]"#, r#"[5,"ann"]"#, r#"["ann",5,6]"#] {
        assert!(!forged("creator", key), "{key}");
    }
}

/// Changes of a token from few values, so that many are equal.
fn any_change() -> impl Strategy<Value = [usize; 4]> {
    [0..3usize, 0..3usize, 0..4usize, 0..3usize]
}

fn changed([used, expires, name, rights]: [usize; 4]) -> impl Fn(&mut Token) {
    move |token| {
        token.last_used = [None, Some(at(0).day()), Some(at(0).day().next())][used];
        token.identity.expires = [None, Some(at(60)), Some(at(90))][expires];
        ["", "a", "Á", "b"][name].clone_into(&mut token.identity.description);
        token.identity.creator = ["", "a", "Á", "b"].get(name + 1).map(|name| {
            let id = TokenId::new(9 - u64::from(*name == "a")).unwrap();
            Creator { id, description: (*name).to_owned() }
        });
        let bucket = |access| Permissions {
            buckets: [(BucketId::parse("in.c-a").unwrap(), access)].into(),
            ..Permissions::default()
        };
        let rights = [Permissions::default(), bucket(Access::Read), bucket(Access::Write)][rights].clone();
        token.identity.permissions = Arc::new(rights);
    }
}

proptest! {
    #[test]
    fn the_pages_of_every_order_together_are_the_sorted_list(
        changes in proptest::collection::vec(any_change(), 0..12),
        limit in 1..5usize,
    ) {
        let changes: Vec<_> = changes.into_iter().map(changed).collect();
        let tokens = tokens(&changes.iter().map(|change| change as &dyn Fn(&mut Token)).collect::<Vec<_>>());
        for word in SortBy::words() {
            for text in [word.to_owned(), format!("-{word}")] {
                let sort = Sort::parse(&text).unwrap();
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let mut selection = Selection::new(sort, after, limit, usize::MAX);
                    for token in &tokens {
                        selection.offer(token.clone(), |_| 1);
                    }
                    let cursor = selection.last().filter(|_| selection.is_cut()).map(|place| sort.cursor(place));
                    all.extend(selection.into_tokens().iter().map(|token| token.id.number()));
                    let Some(cursor) = cursor else { break };
                    after = Some(sort.parse_cursor(&cursor).unwrap());
                }
                prop_assert_eq!(&all, &sorted(&text, &tokens), "{}", text);
            }
        }
    }
}
