//! The digest of a person: the mail about all their tokens that expire soon.

use std::sync::Arc;

use jeton_core::{
    email::Email,
    id::{ProjectId, TokenId},
    time::{Day, Timestamp},
    token::Token,
};

use crate::{
    console::token_list::EXPIRING_FIRST,
    mail::{self, ConsolePages, ExpiringToken, Letterhead, Mail},
};

/// A token whose notice is stored, as its digests need it.
#[derive(Debug)]
pub struct Told {
    pub(super) project: ProjectId,
    pub(super) token: TokenId,
    /// The members behind it.
    pub(super) members: Vec<Email>,
    /// Those of them who may not extend it.
    readers: Vec<Email>,
    /// The holders of its copies who are told.
    pub(super) holders: Vec<Email>,
    project_name: String,
    description: String,
    expires: Timestamp,
    last_used: Option<Day>,
    /// The member who made it.
    owner: Option<Email>,
}

impl Told {
    /// None for a token without an end.
    pub(super) fn of(
        token: Token,
        members: Vec<Email>,
        readers: Vec<Email>,
        holders: Vec<Email>,
    ) -> Option<Self> {
        let expires = token.identity.expires?;
        let owner = match &members[..] {
            [only] => Some(only.clone()),
            _ => None,
        };
        Some(Self {
            project: token.project,
            token: token.id,
            members,
            readers,
            holders,
            project_name: token.identity.owner.name,
            description: token.identity.description,
            expires,
            last_used: token.last_used,
            owner,
        })
    }
}

/// The digest of a person.
#[derive(Debug)]
pub struct Digest {
    pub(super) to: Email,
    /// The tokens, and whether the person only holds a copy.
    entries: Vec<(Arc<Told>, bool)>,
}

impl Digest {
    pub(super) fn new(to: Email) -> Self {
        Self { to, entries: Vec::new() }
    }

    pub(super) fn enter(&mut self, told: &Arc<Told>, holds: bool) {
        self.entries.push((Arc::clone(told), holds));
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = &Told> {
        self.entries.iter().map(|(told, _)| told.as_ref())
    }

    /// The mail; none without tokens.
    pub(super) fn mail(&self, head: &Letterhead<'_>, now: Timestamp) -> Option<Mail> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(told, _)| (told.expires, told.token));
        let tokens: Vec<_> =
            entries.iter().map(|(told, holds)| self.shown(head, told, *holds, now)).collect();
        mail::expiry_mail(head, self.to.as_str(), &tokens)
    }

    fn shown(&self, head: &Letterhead<'_>, told: &Told, holds: bool, now: Timestamp) -> ExpiringToken {
        let tokens = format!("{}/console/projects/{}/tokens", head.public_url, told.project);
        ExpiringToken {
            project: told.project_name.clone(),
            token: told.token.to_string(),
            description: told.description.clone(),
            expires: told.expires.for_people(),
            days: now.days_until(told.expires),
            last_used: told.last_used.map(Day::for_people),
            // A holder need not be a member, and does not see who else holds a copy.
            console: (!holds).then(|| ConsolePages {
                token: format!("{tokens}/{}", told.token),
                list: format!("{tokens}{EXPIRING_FIRST}"),
                may_extend: !told.readers.contains(&self.to),
            }),
            holders: if holds { Vec::new() } else { told.holders.iter().map(ToString::to_string).collect() },
            owner: told.owner.as_ref().filter(|_| holds).map(ToString::to_string),
        }
    }
}
