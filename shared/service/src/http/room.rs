//! The size limit of one answer.

use jeton_core::Error;

use super::{ApiRequest, Reply};
use crate::limits::answers::{AnswerRoom, LARGEST as MOST};

/// The largest answer of a Lambda function, in bytes: it is a string in JSON, in which quotes and
/// backslashes take two bytes each. The limit of Lambda is 6 MiB, headers included.
pub const MOST_WITHIN_JSON: usize = 6_000_000;

/// The size limit of an answer that is being built, with its memory reservation.
#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
pub struct Room {
    taken: usize,
    taken_within_json: usize,
    reserved: Option<AnswerRoom>,
}

impl Room {
    /// Reserves memory for the largest answer, before anything is read for it.
    ///
    /// Errors: [`Error::Overloaded`] after the timeout.
    pub async fn reserved(request: &ApiRequest) -> Result<Self, Error> {
        let reserved = Some(request.room_for(MOST).await?);
        Ok(Self { taken: 0, taken_within_json: 0, reserved })
    }

    /// Attaches the reservation to the answer, reduced to its size.
    pub fn holds(self, reply: Reply) -> Reply {
        match self.reserved {
            Some(room) => reply.within(room),
            None => reply,
        }
    }

    /// Counts a part of the answer. False if it does not fit; then it is not counted.
    pub fn takes(&mut self, part: &[u8]) -> bool {
        // Control characters are already escaped in the answer.
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
