//! Asking whether a token may do something.

use jeton_api::question::{AnswerBody, AskBody, QuestionBody};

use crate::{
    Answer, Client, Error,
    token::{Token, body},
};

/// What was answered, with who was asking.
pub type Answered = AnswerBody<'static, Token>;

/// Where questions are asked.
pub(crate) const PATH: &str = "/v2/storage/tokens/verify";

impl Client {
    /// Asks one question. It is remembered in the token's history.
    pub async fn ask(&self, question: &QuestionBody) -> Result<Answer<Answered>, Error> {
        self.read_by_post_soon(PATH, &body(question)).await
    }

    /// Asks up to 100 questions at once, remembered as one event.
    pub async fn ask_all(&self, questions: &[QuestionBody]) -> Result<Answer<Answered>, Error> {
        let asked = AskBody { questions: Some(questions.to_vec()), ..AskBody::default() };
        self.read_by_post_soon(PATH, &body(&asked)).await
    }
}
