//! The passkeys of an address, with those whose record cannot be read.

use jeton_core::{
    email::Email,
    passkey::{Passkeys, UnreadablePasskeys},
    store::Unavailable,
};
use jeton_store_support::unreadable;

use super::{
    item::{self, Item},
    key::Key,
    op::Op,
};

const FREE: &str = "attribute_not_exists(#pk)";
const UNCHANGED: &str = "#version = :before";

/// An entry of the same address is one that the removal of an unreadable record has left.
const FREE_OR_OWN: &str = "attribute_not_exists(#pk) OR #address = :address";

/// The passkeys of an address in their item.
pub(super) fn found(email: &Email, item: &Item) -> Result<Passkeys, UnreadablePasskeys> {
    let version = item::number_of(item, "version");
    let found = item::whole(item).and_then(|found: Passkeys| {
        found.found(email, version).map_err(|error| Unavailable(error.to_owned()))
    });
    found.map_err(|error| {
        unreadable::tell("the passkeys of an address", email.key(), &error.0);
        UnreadablePasskeys { email: email.clone() }
    })
}

/// Replaces the passkeys of an address, with an item for each that says whose it is.
pub(super) fn change(before: Option<&Passkeys>, after: &Passkeys) -> Result<Vec<Op>, Unavailable> {
    let key = Key::passkeys(&after.email);
    let op = if after.passkeys.is_empty() {
        Op::delete(key)
    } else {
        Op::put(key, [("body", item::json(after)?), ("version", item::number(&after.version))])
    };
    let op = match before {
        Some(before) => op.when(UNCHANGED).with(":before", item::number(&before.version)),
        None => op.when(FREE),
    };
    let gone = before.into_iter().flat_map(|before| before.beyond(Some(after)));
    let gone = gone.map(|credential| Op::delete(Key::passkey_owner(credential)));
    let address = item::text(after.email.key());
    let new = after.beyond(before).map(|credential| {
        Op::put(Key::passkey_owner(credential), [("address", address.clone())])
            .when(FREE_OR_OWN)
            .with(":address", address.clone())
    });
    Ok([op].into_iter().chain(gone).chain(new).collect())
}

/// Removes the passkeys of an address by the address alone. Nothing says which they were, so the items that say whose they were
/// stay.
pub(super) fn remove_unreadable(passkeys: &UnreadablePasskeys) -> Vec<Op> {
    vec![Op::delete(Key::passkeys(&passkeys.email)).when("attribute_exists(#pk)")]
}
