//! Notices that leave later, together: those beyond what a person is told of one kind within ten minutes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jeton_core::{email::Email, time::Timestamp};

use super::{Mail, notice::Notice, notice_mail::notice_mail};

/// How many notices of one kind to one person are told one by one in the mail that tells them together.
const TOLD: usize = 20;

/// How many kinds and persons are held at a time, so that nobody fills the memory. What is beyond is only in the history.
const HELD: usize = 1000;

/// The notices that are held, by kind and person.
#[derive(Debug, Default)]
pub struct HeldNotices(Mutex<HashMap<(&'static str, String), Held>>);

/// Notices of one kind to one person that are told together.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) to: Email,
    pub(crate) notices: Vec<Notice>,
    /// How many there are beyond those.
    further: u64,
    /// When they may leave.
    pub(crate) until: Timestamp,
}

impl HeldNotices {
    /// Those of one kind to one person.
    pub(crate) fn take(&self, key: &(&'static str, String)) -> Option<Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }

    /// Those whose time to wait is over; with `all`, every one.
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
            tracing::warn!(kind, "too many notices are held; these stand in the history only");
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

    pub(crate) fn mail(&self) -> Option<Mail> {
        notice_mail(self.to.as_str(), &self.notices, self.further)
    }
}
