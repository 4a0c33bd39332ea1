//! The passkeys of an address, and which address has a passkey.

use jeton_core::{
    email::Email,
    passkey::{CredentialId, Passkeys, UnreadablePasskeys},
};
use jeton_store_support::unreadable;
use rusqlite::{Connection, Result};

use super::sql::{self, changes, json, one, parsed};

/// What a file of version 9 lacks.
pub(super) const SINCE_9: &str = "
CREATE TABLE passkeys (
    address TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey_owners (credential TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// The passkeys of an address, or what is known of those whose record cannot be read.
type Found = std::result::Result<Passkeys, UnreadablePasskeys>;

pub(super) fn passkeys(connection: &Connection, email: &Email) -> Result<Option<Found>> {
    let sql = "SELECT body, version FROM passkeys WHERE address = ?1";
    one(connection, sql, [email.key()], |row| {
        let version = row.get::<_, i64>(1)?.cast_unsigned();
        let found = parsed(row, 0).and_then(|found: Passkeys| {
            found.found(email, Some(version)).map_err(|error| sql::unreadable(0, error))
        });
        Ok(found.map_err(|error| {
            unreadable::tell("the passkeys of an address", email.key(), error);
            UnreadablePasskeys { email: email.clone() }
        }))
    })
}

pub(super) fn owner(connection: &Connection, credential: &CredentialId) -> Result<Option<Email>> {
    let sql = "SELECT address FROM passkey_owners WHERE credential = ?1";
    let found = one(connection, sql, [credential.as_str()], |row| {
        let address = row.get_ref(0)?.as_str().ok().and_then(Email::parse);
        if address.is_none() {
            unreadable::tell("the address of a passkey", credential, "it is no address");
        }
        Ok(address)
    })?;
    Ok(found.flatten())
}

/// Whether an address has no passkey.
pub(super) fn has_none(connection: &Connection, email: &Email) -> Result<bool> {
    let sql = "SELECT 1 FROM passkeys WHERE address = ?1";
    Ok(!connection.prepare_cached(sql)?.exists([email.key()])?)
}

/// Replaces the passkeys of an address. Returns false if another writer was faster, or a new one is that of
/// another address.
pub(super) fn change(connection: &Connection, before: Option<&Passkeys>, after: &Passkeys) -> Result<bool> {
    let address = after.email.key();
    let changed = match before {
        None => changes(
            connection,
            "INSERT INTO passkeys (address, version, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (&address, after.version.cast_signed(), json(after)?),
        )?,
        Some(before) if after.passkeys.is_empty() => changes(
            connection,
            "DELETE FROM passkeys WHERE address = ?1 AND version = ?2",
            (&address, before.version.cast_signed()),
        )?,
        Some(before) => changes(
            connection,
            "UPDATE passkeys SET version = ?3, body = ?4 WHERE address = ?1 AND version = ?2",
            (&address, before.version.cast_signed(), after.version.cast_signed(), json(after)?),
        )?,
    };
    if !changed {
        return Ok(false);
    }
    for gone in before.into_iter().flat_map(|before| before.beyond(Some(after))) {
        let sql = "DELETE FROM passkey_owners WHERE credential = ?1 AND address = ?2";
        changes(connection, sql, (gone.as_str(), &address))?;
    }
    for new in after.beyond(before) {
        // An entry of the same address is one that the removal of an unreadable record has left.
        let sql = "INSERT INTO passkey_owners (credential, address) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET address = excluded.address WHERE address = excluded.address";
        if !changes(connection, sql, (new.as_str(), &address))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes the passkeys of an address by the address alone. Scans who has which passkey, but only after an unreadable record.
pub(super) fn remove_unreadable(connection: &Connection, passkeys: &UnreadablePasskeys) -> Result<bool> {
    let address = passkeys.email.key();
    changes(connection, "DELETE FROM passkey_owners WHERE address = ?1", [&address])?;
    changes(connection, "DELETE FROM passkeys WHERE address = ?1", [&address])
}
