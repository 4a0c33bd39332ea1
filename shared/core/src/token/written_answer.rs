//! The answer of verify about a token, as it is cached with its verify item.

use std::fmt;

use crate::pool::{Pool, Pooled};

/// The keys at which an answer is cut. What is before the first, and the value of `expires`, is of one token alone.
/// Of the rest, tokens of a project share most.
const CUTS: [&str; 5] = [
    r#","isMasterToken":"#,
    r#","expires":"#,
    r#","isExpired":"#,
    r#","bucketPermissions":"#,
    r#","owner":"#,
];

/// The texts that written answers share.
pub type SharedTexts = Pool<Box<str>>;

/// The memory that a shared text takes beside its bytes, about.
const FOR_EACH_TEXT: usize = 128;

/// The answer of verify about a token: JSON, in pieces.
#[derive(Clone)]
pub struct WrittenAnswer {
    /// The pieces of this token alone, one after the other.
    own: Box<str>,
    /// Where the second of them begins.
    second: usize,
    /// The piece between the two, and those after the second.
    shared: [Pooled<Box<str>>; 4],
    length: usize,
}

impl WrittenAnswer {
    /// Cuts a JSON answer into pieces. `None` if it has another form, or `texts` has no room for a new piece.
    pub fn cut(json: &str, texts: &SharedTexts) -> Option<Self> {
        // A key with its quotes is in no text of JSON, which has a backslash before each quote.
        let mut at = [0; CUTS.len()];
        let mut from = 0;
        for (place, cut) in at.iter_mut().zip(CUTS) {
            from += json[from..].find(cut)?;
            *place = from;
        }
        let [flags, mut end, state, rights, owner] = at;
        end += CUTS[1].len();
        let text = |text: &str| texts.share(text.into(), text.len() + FOR_EACH_TEXT);
        Some(Self {
            own: [&json[..flags], &json[end..state]].concat().into_boxed_str(),
            second: flags,
            shared: [
                text(&json[flags..end])?,
                text(&json[state..rights])?,
                text(&json[rights..owner])?,
                text(&json[owner..])?,
            ],
            length: json.len(),
        })
    }

    /// Its length in bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Appends its JSON.
    pub fn write(&self, json: &mut Vec<u8>) {
        let (first, second) = self.own.split_at(self.second);
        let [flags, rest @ ..] = &self.shared;
        json.reserve(self.length);
        for piece in [first, &***flags, second].into_iter().chain(rest.iter().map(|piece| &***piece)) {
            json.extend_from_slice(piece.as_bytes());
        }
    }
}

impl fmt::Debug for WrittenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrittenAnswer").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: u32, description: &str) -> String {
        format!(
            r#"{{"id":"{id}","description":"{description}","isMasterToken":false,"expires":null,"isExpired":false,"bucketPermissions":{{}},"owner":{{"name":"P","expires":null}}}}"#
        )
    }

    #[test]
    fn an_answer_is_written_as_it_was_cut_and_shares_all_but_its_own_pieces() {
        let texts = SharedTexts::new(4096);
        let mut kept = Vec::new();
        for json in [answer(1, "a"), answer(2, r#"\",\"isMasterToken\":\"#), answer(3, "")] {
            let cut = WrittenAnswer::cut(&json, &texts).unwrap();
            let mut written = Vec::new();
            cut.write(&mut written);
            assert_eq!((String::from_utf8(written).unwrap(), cut.length()), (json.clone(), json.len()));
            kept.push(cut);
        }
        let of_one = texts.bytes();
        assert!(of_one < 4 * FOR_EACH_TEXT + answer(1, "a").len(), "{of_one}");
    }

    #[test]
    fn an_answer_of_another_form_and_one_without_room_are_not_cut() {
        assert!(WrittenAnswer::cut("{}", &SharedTexts::new(4096)).is_none());
        let texts = SharedTexts::new(300);
        assert!(WrittenAnswer::cut(&answer(1, ""), &texts).is_none());
        assert_eq!(texts.bytes(), 0, "what was shared for it is gone again");
    }
}
