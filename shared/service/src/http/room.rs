//! How much one answer may hold.

use jeton_core::Error;

use super::{ApiRequest, Reply};
use crate::limits::answers::{AnswerRoom, LARGEST as MOST};

/// The largest answer as a Lambda function sends it, in bytes: as a string inside of JSON, where quotes
/// and backslashes take two bytes each. Lambda takes 6 MiB, headers included.
pub const MOST_WITHIN_JSON: usize = 6_000_000;

/// The room that an answer has left, of what is reserved for it among the answers of the process.
#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
pub struct Room {
    taken: usize,
    taken_within_json: usize,
    reserved: Option<AnswerRoom>,
}

impl Room {
    /// Room for the largest answer, before anything is read for it.
    ///
    /// Errors: [`Error::Overloaded`] when there is none soon.
    pub async fn reserved(request: &ApiRequest) -> Result<Self, Error> {
        let reserved = Some(request.room_for(MOST).await?);
        Ok(Self { taken: 0, taken_within_json: 0, reserved })
    }

    /// The answer, which has as much of the room as it needs until it is sent.
    pub fn holds(self, reply: Reply) -> Reply {
        match self.reserved {
            Some(room) => reply.within(room),
            None => reply,
        }
    }

    /// Takes room for a part of the answer. False when there is not enough left; then nothing is taken.
    pub fn takes(&mut self, part: &[u8]) -> bool {
        // Control characters are escaped in the answer already.
        let escapes = part.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        let taken = self.taken + part.len() + 1;
        let within_json = self.taken_within_json + part.len() + escapes + 1;
        let fits = taken <= MOST && within_json <= MOST_WITHIN_JSON;
        if fits {
            (self.taken, self.taken_within_json) = (taken, within_json);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_5_megabytes_with_what_separates_its_parts() {
        let (mut room, part) = (Room::default(), vec![b'x'; 999_999]);
        assert!((0..5).all(|_| room.takes(&part)));
        assert!(!room.takes(b""));
    }

    #[test]
    fn what_a_function_would_send_twice_as_large_takes_more_room() {
        let (mut room, part) = (Room::default(), vec![b'"'; 999_999]);
        assert_eq!((0..5).filter(|_| room.takes(&part)).count(), 3);
        assert!(room.takes(b"[]"), "what did not fit took nothing");
    }
}
