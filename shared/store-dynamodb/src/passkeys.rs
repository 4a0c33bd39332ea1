//! The writes of the passkeys of an address.

use jeton_core::{passkey::Passkeys, store::Unavailable};

use super::{item, key::Key, op::Op};

const FREE: &str = "attribute_not_exists(#pk)";
const UNCHANGED: &str = "#version = :before";

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
    let new = after.beyond(before).map(|credential| {
        Op::put(Key::passkey_owner(credential), [("address", item::text(after.email.as_str()))]).when(FREE)
    });
    Ok([op].into_iter().chain(gone).chain(new).collect())
}
