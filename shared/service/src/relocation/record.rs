//! What an export holds: a record for each line of its file.

use jeton_core::{event::Event, member::Member, project::Project, share::Share, time::Day, token::Token};
use serde::{Deserialize, Serialize};

/// The version of the format.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Record {
    /// The first line.
    Begin {
        /// The version of the format.
        version: u32,
        /// The project, closed.
        project: Box<Project>,
        /// Whether its events follow.
        history: bool,
    },
    /// A member.
    Member(Box<Member>),
    /// A token, switched off, with what a store keeps beside it.
    #[serde(rename_all = "camelCase")]
    Token {
        /// The token.
        token: Box<Token>,
        /// The last day on which it was verified.
        last_used: Option<Day>,
    },
    /// An open share, with the attempts at it.
    Share {
        /// The share.
        share: Box<Share>,
        /// How many codes have been tried.
        attempts: u8,
    },
    /// An event, once, however many feeds it is in.
    Event(Box<Event>),
    /// The last line.
    End(Counts),
}

/// How much there is of everything, and the checksum of all lines before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Members.
    pub members: u64,
    /// Tokens.
    pub tokens: u64,
    /// Open shares.
    pub shares: u64,
    /// Events.
    pub events: u64,
    /// SHA-256 over all lines before, in hexadecimal digits.
    pub sha256: String,
}

impl Counts {
    /// Counts one more.
    pub fn count(&mut self, record: &Record) {
        match record {
            Record::Member(_) => self.members += 1,
            Record::Token { .. } => self.tokens += 1,
            Record::Share { .. } => self.shares += 1,
            Record::Event(_) => self.events += 1,
            Record::Begin { .. } | Record::End(_) => {}
        }
    }

    /// Everything together.
    pub fn all(&self) -> u64 {
        self.members + self.tokens + self.shares + self.events
    }
}
