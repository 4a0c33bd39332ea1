//! The passkeys of an address.

use std::sync::Arc;

use jeton_core::{
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
    store::{CommitError::Conflict, Store, Write},
};

use crate::literal::{World, at, email};

fn id(credential: &str) -> CredentialId {
    CredentialId::parse(credential).unwrap()
}

fn change(before: Option<&Passkeys>, after: &Passkeys) -> Write {
    Write::ChangePasskeys { before: before.cloned(), after: after.clone() }
}

async fn owner(store: &dyn Store, credential: &str) -> Option<String> {
    store.passkey_owner(&id(credential)).await.unwrap().map(|email| email.key())
}

async fn found(store: &dyn Store, address: &str) -> Vec<String> {
    let found = store.passkeys(&email(address)).await.unwrap();
    let passkeys = found.into_iter().flat_map(|found| found.passkeys);
    passkeys.map(|passkey| passkey.credential.to_string()).collect()
}

pub(crate) async fn the_passkeys_of_an_address_are_found_in_any_case_and_each_says_whose_it_is(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    assert!(store.passkeys(&email("ann@example.org")).await.unwrap().is_none());
    assert_eq!(owner(&*store, "one").await, None);
    let one = world.with_passkey(None, "Ann@example.org", "one");
    store.commit(&world.commit([change(None, &one)])).await.unwrap();
    let two = world.with_passkey(Some(&one), "Ann@example.org", "two");
    store.commit(&world.commit([change(Some(&one), &two)])).await.unwrap();
    assert_eq!(found(&*store, "ANN@example.org").await, ["one", "two"]);
    for credential in ["one", "two"] {
        assert_eq!(owner(&*store, credential).await.as_deref(), Some("ann@example.org"));
    }
    // A passkey is told from one whose id differs in case only.
    assert_eq!(owner(&*store, "One").await, None);
    let used = two.used(&id("two"), 7, at(5));
    store.commit(&world.commit([change(Some(&two), &used)])).await.unwrap();
    let stored = store.passkeys(&email("ann@example.org")).await.unwrap().unwrap();
    let of = |credential: &str| stored.find(&id(credential)).map(|of| (of.counter, of.last_used));
    assert_eq!((of("one"), of("two")), (Some((0, None)), Some((7, Some(at(5))))));
}

pub(crate) async fn of_two_changes_of_one_version_one_is_stored(store: Arc<dyn Store>) {
    let mut world = World::new();
    let [one, other] = ["one", "other"].map(|id| world.with_passkey(None, "ann@example.org", id));
    store.commit(&world.commit([change(None, &one)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([change(None, &other)])).await, Err(Conflict(0)));
    assert_eq!(owner(&*store, "other").await, None, "nothing of it is stored");
    let [two, another] = ["two", "another"].map(|id| world.with_passkey(Some(&one), "ann@example.org", id));
    store.commit(&world.commit([change(Some(&one), &two)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([change(Some(&one), &another)])).await, Err(Conflict(0)));
    let removed = one.without_any();
    assert_eq!(store.commit(&world.commit([change(Some(&one), &removed)])).await, Err(Conflict(0)));
    assert_eq!(found(&*store, "ann@example.org").await, ["one", "two"]);
}

pub(crate) async fn a_passkey_is_that_of_one_address(store: Arc<dyn Store>) {
    let mut world = World::new();
    let ann = world.with_passkey(None, "ann@example.org", "same");
    store.commit(&world.commit([change(None, &ann)])).await.unwrap();
    let bob = world.with_passkey(None, "bob@example.org", "same");
    assert_eq!(store.commit(&world.commit([change(None, &bob)])).await, Err(Conflict(0)));
    assert_eq!(owner(&*store, "same").await.as_deref(), Some("ann@example.org"));
    assert!(store.passkeys(&email("bob@example.org")).await.unwrap().is_none());
}

pub(crate) async fn a_passkey_that_is_removed_is_gone_and_can_be_registered_again(store: Arc<dyn Store>) {
    let mut world = World::new();
    let one = world.with_passkey(None, "ann@example.org", "one");
    let two = world.with_passkey(Some(&one), "ann@example.org", "two");
    store.commit(&world.commit([change(None, &one)])).await.unwrap();
    store.commit(&world.commit([change(Some(&one), &two)])).await.unwrap();
    let left = two.without(&id("one"));
    store.commit(&world.commit([change(Some(&two), &left)])).await.unwrap();
    assert_eq!(
        (found(&*store, "ann@example.org").await, owner(&*store, "one").await),
        (vec!["two".into()], None)
    );
    let none = left.without_any();
    store.commit(&world.commit([change(Some(&left), &none)])).await.unwrap();
    assert!(store.passkeys(&email("ann@example.org")).await.unwrap().is_none());
    assert_eq!(owner(&*store, "two").await, None);
    assert_eq!(store.commit(&world.commit([change(Some(&left), &none)])).await, Err(Conflict(0)));
    let again = world.with_passkey(None, "bob@example.org", "one");
    store.commit(&world.commit([change(None, &again)])).await.unwrap();
    assert_eq!(owner(&*store, "one").await.as_deref(), Some("bob@example.org"));
}

pub(crate) async fn who_requires_no_passkeys_conflicts_with_the_first_one(store: Arc<dyn Store>) {
    let mut world = World::new();
    let require = Write::RequireNoPasskeys(email("ANN@example.org"));
    store.commit(&world.commit([require.clone()])).await.unwrap();
    let one = world.with_passkey(None, "ann@example.org", "one");
    store.commit(&world.commit([change(None, &one)])).await.unwrap();
    assert_eq!(store.commit(&world.commit([require.clone()])).await, Err(Conflict(0)));
    store.commit(&world.commit([change(Some(&one), &one.without_any())])).await.unwrap();
    assert_eq!(store.commit(&world.commit([require])).await, Ok(()));
}

pub(crate) async fn passkeys_are_removed_by_their_address_alone_and_can_be_registered_again(
    store: Arc<dyn Store>,
) {
    let mut world = World::new();
    let ann = world.with_passkey(None, "Ann@example.org", "one");
    let bob = world.with_passkey(None, "bob@example.org", "other");
    store.commit(&world.commit([change(None, &ann), change(None, &bob)])).await.unwrap();
    let remove = Write::RemoveUnreadablePasskeys(UnreadablePasskeys { email: email("ANN@example.org") });
    store.commit(&world.commit([remove.clone()])).await.unwrap();
    assert!(store.found_passkeys(&email("ann@example.org")).await.unwrap().is_none());
    let free = Write::RequireNoPasskeys(email("ann@example.org"));
    assert_eq!(store.commit(&world.commit([free])).await, Ok(()));
    assert_eq!(store.commit(&world.commit([remove])).await, Err(Conflict(0)), "it is there no more");
    assert_eq!(found(&*store, "bob@example.org").await, ["other"]);
    let again = world.with_passkey(None, "ann@example.org", "one");
    store.commit(&world.commit([change(None, &again)])).await.unwrap();
    assert_eq!(owner(&*store, "one").await.as_deref(), Some("ann@example.org"));
    assert_eq!(found(&*store, "ann@example.org").await, ["one"]);
    let stolen = world.with_passkey(Some(&again), "ann@example.org", "other");
    assert_eq!(store.commit(&world.commit([change(Some(&again), &stolen)])).await, Err(Conflict(0)));
}
