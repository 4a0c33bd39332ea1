//! The calls of an action on many tokens.

use std::time::Duration;

use indicatif::ProgressBar;
use jeton_client::{ActOnTokens, Acted, ActedToken, Client, Error, MAX_TOKENS};

use crate::{at_signal::AtSignal, failure::Failure};

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

/// What people see of an action while it goes on.
pub struct Progress {
    /// A bar or a spinner.
    pub bar: ProgressBar,
    /// What a signal says. `None` of a dry run.
    pub at_signal: Option<AtSignal>,
    /// What is done, such as `disabled`.
    pub done: &'static str,
    /// The number of tokens, if it is known.
    pub of: usize,
}

impl Progress {
    /// So many tokens are changed, and a call on its way may change so many more.
    fn is_at(&self, changed: usize, more: usize) {
        let Some(at_signal) = &self.at_signal else { return };
        let Self { done, of, .. } = self;
        let tokens = if *of == 1 { "token is" } else { "tokens are" };
        let maybe = if more == 0 { String::new() } else { format!(", and up to {more} more may be") };
        let sentence =
            format!("{changed} of {of} {tokens} {done}{maybe}: run the command again for the rest");
        at_signal.change(move || Some(sentence));
    }
}

/// Acts on exactly these tokens, as many in one call as it takes.
pub async fn exactly(
    jeton: &Client,
    action: &str,
    tokens: &[ActedToken],
    sum: &mut Acted,
    progress: &Progress,
) -> Result<(), Stopped> {
    let mut done = 0;
    for part in tokens.chunks(MAX_TOKENS) {
        let asked = done + part.len();
        let ids = part.iter().map(|token| token.id.clone()).collect();
        let call = ActOnTokens { tokens: Some(ids), ..ActOnTokens::default() };
        all(jeton, action, call, sum, progress).await.map_err(|failure| {
            let failure = match failure {
                Failure::Call(Error::AnswerLost { url, why, .. }) => again(&url, &why),
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
    progress: &Progress,
) -> Result<(), Failure> {
    call.action = Some(action.to_owned());
    let (asked, before) = (call.tokens.as_ref().map_or(0, Vec::len), sum.tokens.len());
    loop {
        let left = (asked + before).saturating_sub(sum.tokens.len());
        let part = part_of(jeton, &call, progress, (sum.changed, left)).await?;
        sum.changed += part.changed;
        sum.unchanged += part.unchanged;
        sum.failed += part.failed;
        sum.tokens.extend(part.tokens);
        sum.next.clone_from(&part.next);
        progress.bar.set_position(u64::try_from(sum.tokens.len()).unwrap_or(u64::MAX));
        if part.next.is_none() {
            return Ok(());
        }
        call.after = part.next;
    }
}

/// One call. One that is too early for the rate limit of changes, which enabling has, is repeated as late as the answer says, for
/// [`LONGEST_WAIT`] at most. So many tokens are changed before it, and so many may be changed by it.
async fn part_of(
    jeton: &Client,
    call: &ActOnTokens,
    progress: &Progress,
    (changed, more): (usize, usize),
) -> Result<Acted, Failure> {
    let mut left = LONGEST_WAIT;
    loop {
        progress.is_at(changed, more);
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
        progress.is_at(changed, 0);
        let seconds = wait.as_secs();
        progress
            .bar
            .suspend(|| eprintln!("The rate limit of changes is reached. The next call is in {seconds} s."));
        tokio::time::sleep(wait).await;
    }
}
