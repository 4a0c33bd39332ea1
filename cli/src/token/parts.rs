//! The calls of an action on many tokens.

use std::time::Duration;

use indicatif::ProgressBar;
use jeton_client::{ActOnTokens, Acted, ActedToken, Client, Error, MAX_TOKENS};

use crate::failure::Failure;

/// The longest wait for the rate limit of changes, in all for one call.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// An action that ended before it was done.
pub struct Stopped {
    /// Why.
    pub failure: Failure,
    /// The number of tokens in the calls before.
    pub done: usize,
    /// The same with the call that failed.
    pub asked: usize,
}

/// Acts on exactly these tokens, as many in one call as it takes.
pub async fn exactly(
    jeton: &Client,
    action: &str,
    tokens: &[ActedToken],
    sum: &mut Acted,
    bar: &ProgressBar,
) -> Result<(), Stopped> {
    let mut done = 0;
    for part in tokens.chunks(MAX_TOKENS) {
        let asked = done + part.len();
        let ids = part.iter().map(|token| token.id.clone()).collect();
        let call = ActOnTokens { tokens: Some(ids), ..ActOnTokens::default() };
        all(jeton, action, call, sum, bar).await.map_err(|failure| {
            let failure = match failure {
                Failure::Call(Error::AnswerLost { url, why }) => again(&url, &why),
                failure => failure,
            };
            Stopped { failure, done, asked }
        })?;
        done = asked;
    }
    Ok(())
}

/// What to do after a lost answer. Unlike most calls, this one can be repeated: the next dry run finds what is left.
fn again(url: &str, why: &str) -> Failure {
    Failure::NotKept {
        why: format!("{url} gave no answer: {why}"),
        outcome: "tokens of that call may be changed, and the command finds the rest when it is run again"
            .to_owned(),
    }
}

/// Repeats the call until all of its tokens were looked at, and adds the answers up. If one fails, those of before are in the sum.
pub async fn all(
    jeton: &Client,
    action: &str,
    mut call: ActOnTokens,
    sum: &mut Acted,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    call.action = Some(action.to_owned());
    loop {
        let part = part_of(jeton, &call, bar).await?;
        sum.changed += part.changed;
        sum.unchanged += part.unchanged;
        sum.failed += part.failed;
        sum.tokens.extend(part.tokens);
        sum.next.clone_from(&part.next);
        bar.set_position(u64::try_from(sum.tokens.len()).unwrap_or(u64::MAX));
        if part.next.is_none() {
            return Ok(());
        }
        call.after = part.next;
    }
}

/// One call. One that is too early for the rate limit of changes, which enabling has, is repeated as late as the answer says, for
/// [`LONGEST_WAIT`] at most.
async fn part_of(jeton: &Client, call: &ActOnTokens, bar: &ProgressBar) -> Result<Acted, Failure> {
    let mut left = LONGEST_WAIT;
    loop {
        let rejection = match jeton.act_on_tokens(call).await {
            Err(Error::Rejected(rejection)) if rejection.code == "changes.tooMany" => rejection,
            answer => return Ok(answer?.value),
        };
        let wait = Duration::from_secs(rejection.retry_after.unwrap_or(1));
        // One that says 0 again and again ends, too.
        let Some(rest) = left.checked_sub(wait.max(Duration::from_secs(1))) else {
            return Err(Error::Rejected(rejection).into());
        };
        left = rest;
        bar.suspend(|| eprintln!("{} The next call is in {} s.", rejection.message, wait.as_secs()));
        tokio::time::sleep(wait).await;
    }
}
