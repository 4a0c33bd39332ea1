//! Held notices: those beyond the quota of ten minutes, which are sent later in one mail.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jeton_core::{email::Email, time::Timestamp};

use super::{Letterhead, Mail, notice::Notice, notice_mail::notice_mail};

/// The most notices of one kind to one person that the mail lists.
const TOLD: usize = 20;

/// The most pairs of kind and person, to bound the memory. Further notices are only in the history.
const HELD: usize = 1000;

/// The held notices, by kind and person.
#[derive(Debug, Default)]
pub struct HeldNotices(Mutex<HashMap<(&'static str, String), Held>>);

/// Notices of one kind to one person, for one mail.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) to: Email,
    pub(crate) notices: Vec<Notice>,
    /// The number of further ones.
    further: u64,
    /// When they may be sent.
    pub(crate) until: Timestamp,
}

impl HeldNotices {
    /// The notices of one kind to one person.
    pub(crate) fn take(&self, key: &(&'static str, String)) -> Option<Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Removes and returns those that are due; with `all`, every one.
    pub(crate) fn take_due(&self, now: Timestamp, all: bool) -> Vec<Held> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extract_if(|_, held| all || held.until <= now).map(|(_, held)| held).collect()
    }

    pub(crate) fn hold(&self, held: Held) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kind) = held.notices.first().map(Notice::kind) else { return };
        let key = (kind, held.to.key());
        if let Some(already) = all.get_mut(&key) {
            already.add(held.notices, held.further);
        } else if all.len() < HELD {
            all.insert(key, held);
        } else {
            tracing::warn!(kind, "too many held notices; this one is only in the history");
        }
    }
}

impl Held {
    pub(crate) fn new(to: Email, now: Timestamp) -> Self {
        Self { to, notices: Vec::new(), further: 0, until: now }
    }

    pub(crate) fn add(&mut self, notices: Vec<Notice>, further: u64) {
        self.further += further;
        for notice in notices {
            if self.notices.len() < TOLD {
                self.notices.push(notice);
            } else {
                self.further += 1;
            }
        }
    }

    pub(crate) fn mail(&self, head: &Letterhead<'_>) -> Option<Mail> {
        notice_mail(head, self.to.as_str(), &self.notices, self.further)
    }
}
