//! The records of an export, one per line.

use jeton_core::{event::Event, member::Member, project::Project, share::Share, time::Day, token::Token};
use serde::{Deserialize, Serialize};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Record {
    /// The first line.
    Begin {
        /// The version of the format.
        version: u32,
        /// The project, closed.
        project: Box<Project>,
        /// Whether it has events.
        history: bool,
    },
    /// A member.
    Member(Box<Member>),
    /// A disabled token, with the fields outside its versioned state.
    #[serde(rename_all = "camelCase")]
    Token {
        /// The token.
        token: Box<Token>,
        /// The last day on which it was verified.
        last_used: Option<Day>,
    },
    /// A pending share, with its attempts.
    Share {
        /// The share.
        share: Box<Share>,
        /// The number of attempts.
        attempts: u8,
    },
    /// An event, written once even if it is in several feeds.
    Event(Box<Event>),
    /// The last line.
    End(Counts),
}

/// The numbers of records, and the checksum of all previous lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Members.
    pub members: u64,
    /// Tokens.
    pub tokens: u64,
    /// Pending shares.
    pub shares: u64,
    /// Events.
    pub events: u64,
    /// SHA-256 of all previous lines, in hexadecimal digits.
    pub sha256: String,
}

impl Counts {
    /// Counts a record.
    pub fn count(&mut self, record: &Record) {
        match record {
            Record::Member(_) => self.members += 1,
            Record::Token { .. } => self.tokens += 1,
            Record::Share { .. } => self.shares += 1,
            Record::Event(_) => self.events += 1,
            Record::Begin { .. } | Record::End(_) => {}
        }
    }

    /// The total.
    pub fn all(&self) -> u64 {
        self.members + self.tokens + self.shares + self.events
    }
}
