//! Tests of the retry policy, in paused time.

use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, header};

use super::*;

/// What a server does with an attempt.
#[derive(Clone, Copy)]
enum Does {
    Answers(u16),
    Foreign(u16),
    AsksForLater(u64),
    Cuts,
    Refuses,
    HasNoName,
}
use Does::{Answers, AsksForLater, Cuts, Foreign, HasNoName, Refuses};

impl Does {
    fn outcome(self) -> Result<Reply, NoAnswer> {
        let body = Bytes::from_static(br#"{"error": "Away", "code": "serviceUnavailable"}"#);
        let reply = |status| (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body);
        match self {
            Answers(status) => Ok(reply(status)),
            Foreign(status) => {
                let (status, headers, _) = reply(status);
                Ok((status, headers, Bytes::from_static(br#"{"message": "Service Unavailable"}"#)))
            }
            AsksForLater(seconds) => {
                let (status, mut headers, body) = reply(503);
                headers.insert(header::RETRY_AFTER, seconds.into());
                Ok((status, headers, body))
            }
            Cuts => Err(NoAnswer::Lost("cut".to_owned())),
            Refuses => Err(NoAnswer::NotConnected { why: "refused".to_owned(), passing: true }),
            HasNoName => Err(NoAnswer::NotConnected { why: "no such name".to_owned(), passing: false }),
        }
    }
}

/// How a call went.
struct Went {
    status: Option<u16>,
    attempts: usize,
    took: Duration,
    may_be_done: bool,
    told: Vec<Retry>,
}

/// How much longer so many waits may be: the clock of tests has whole milliseconds.
fn rounded(waits: usize) -> Duration {
    Duration::from_millis(u64::try_from(waits).unwrap())
}

/// A call whose server first does this, and then always that. Time is paused: it passes only by waits.
async fn went(policy: RetryPolicy, again: Again, patience: Patience, first: &[Does], then: Does) -> Went {
    let reached = AtomicBool::new(false);
    let timeout = Duration::from_secs(35);
    repeated(policy, Repeatable { again, patience, mails: false, timeout, reached: &reached }, first, then)
        .await
}

async fn repeated(policy: RetryPolicy, call: Repeatable<'_>, first: &[Does], then: Does) -> Went {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let policy = policy.telling(move |retry| hook.lock().unwrap().push(retry.clone()));
    let (began, mut attempts) = (Instant::now(), 0);
    let repeated = policy
        .repeat(&call, || {
            let outcome = first.get(attempts).unwrap_or(&then).outcome();
            attempts += 1;
            if !matches!(outcome, Err(NoAnswer::NotConnected { .. })) {
                call.reached.store(true, Relaxed);
            }
            async { outcome }
        })
        .await;
    let told = told.lock().unwrap().clone();
    Went {
        status: repeated.answer.ok().map(|(status, ..)| status.as_u16()),
        attempts,
        took: began.elapsed(),
        may_be_done: repeated.may_be_done,
        told,
    }
}

async fn keyed(first: &[Does], then: Does) -> Went {
    went(RetryPolicy::default(), Again::Lost, Patience::Full, first, then).await
}

#[tokio::test(start_paused = true)]
async fn a_service_that_restarts_is_waited_for() {
    let restarts = [Cuts, Refuses, Refuses, Answers(502), Refuses, Answers(503), Answers(504), Refuses];
    let made = keyed(&restarts, Answers(200)).await;
    assert_eq!((made.status, made.attempts, made.may_be_done), (Some(200), restarts.len() + 1, true));
    for (first, may) in [
        (Cuts, true),
        (Answers(502), true),
        (Answers(504), true),
        (Foreign(503), true),
        (Answers(503), false),
        (Foreign(500), true),
        (Answers(500), false),
    ] {
        assert_eq!(keyed(&[first], Answers(503)).await.may_be_done, may);
    }
    let told: Vec<_> = made.told.iter().map(|retry| retry.why.as_str()).collect();
    assert_eq!(told[..4], ["cut", "refused", "refused", "status 502 Bad Gateway"]);
    assert!(made.told.iter().all(|retry| retry.elapsed + retry.left == RETRY_FOR), "{:?}", made.told);
    let waits: Duration = made.told.iter().map(|retry| retry.wait).sum();
    assert!(made.took >= waits && made.took <= waits + rounded(made.attempts), "{:?}", made.took);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_away_is_given_up_in_time() {
    for then in [Cuts, Refuses, Answers(503)] {
        let left = keyed(&[Cuts], then).await;
        assert!(left.took <= RETRY_FOR + rounded(1), "{:?}", left.took);
        assert!(left.took + LONGEST_WAIT >= RETRY_FOR, "{:?}", left.took);
        // Half of the bounds on average: 0.1, 0.2, 0.4, 0.8, 1.6, and then 2.5 s.
        assert!((8..60).contains(&left.attempts), "{}", left.attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_retry_does_not_mend_is_told_at_once() {
    for status in [200, 302, 400, 401, 403, 404, 409, 424, 429, 500] {
        let told = keyed(&[], Answers(status)).await;
        assert_eq!((told.status, told.attempts), (Some(status), 1));
    }
    // It may have been carried out, so the answer that it had is waited for.
    assert_eq!(keyed(&[Cuts, Answers(429)], Answers(200)).await.status, Some(200));
    for then in [Refuses, HasNoName] {
        let told = keyed(&[], then).await;
        assert!(told.attempts == 3 && told.took < Duration::from_secs(1), "{:?}", told.took);
    }
    // The name is gone since.
    let told = keyed(&[Cuts], HasNoName).await;
    assert!(told.attempts == 3 && told.took < Duration::from_secs(1), "{:?}", told.took);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_was_never_reached_is_waited_for_by_who_has_chosen_a_time() {
    let time = Duration::from_secs(20);
    let chosen = RetryPolicy::default().lasting(time);
    let waited = went(chosen.clone(), Again::Unsent, Patience::Full, &[], Refuses).await;
    assert!(waited.attempts > 3 && waited.took + LONGEST_WAIT >= time, "{:?}", waited.took);
    for (then, patience) in [(HasNoName, Patience::Full), (Refuses, Patience::Brief)] {
        let told = went(chosen.clone(), Again::Lost, patience, &[], then).await;
        assert!(told.attempts == 3 && told.took < Duration::from_secs(1), "{:?}", told.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_mails_has_three_attempts_that_may_have_mailed_and_outlasts_a_restart() {
    let reached = AtomicBool::new(true);
    let mailed = async |first: &[Does], then| {
        let (again, patience, timeout) = (Again::Lost, Patience::Full, Duration::from_secs(35));
        let call = Repeatable { again, patience, mails: true, timeout, reached: &reached };
        repeated(RetryPolicy::default(), call, first, then).await
    };
    for then in [Cuts, Answers(502), Foreign(503)] {
        assert_eq!(mailed(&[], then).await.attempts, 3);
        assert_eq!(mailed(&[Refuses, Answers(503)], then).await.attempts, 5);
    }
    let restart = [Refuses, Refuses, Refuses, Refuses, Answers(503), Answers(503)];
    assert_eq!(mailed(&restart, Answers(200)).await.status, Some(200));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_is_not_waited() {
    let told = keyed(&[AsksForLater(2)], AsksForLater(u64::MAX)).await;
    assert_eq!((told.status, told.attempts), (Some(503), 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_key_is_repeated_only_where_it_was_not_received() {
    let once = async |first: &[Does], then| {
        went(RetryPolicy::default(), Again::Unsent, Patience::Full, first, then).await.attempts
    };
    for then in [Cuts, Answers(502), Answers(503), Answers(504)] {
        assert_eq!(once(&[], then).await, 1);
    }
    assert_eq!((once(&[Refuses], Answers(200)).await, once(&[Refuses], Cuts).await), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_somebody_waits_for_is_repeated_briefly() {
    for then in [Cuts, Refuses, Answers(503), AsksForLater(2)] {
        let told = went(RetryPolicy::default(), Again::Lost, Patience::Brief, &[Cuts], then).await;
        assert!(told.attempts <= 3 && told.took < BRIEF, "{} {:?}", told.attempts, told.took);
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_if_there_is_time() {
    let later = keyed(&[AsksForLater(7), AsksForLater(9)], Answers(200)).await;
    assert_eq!((later.status, later.took), (Some(200), Duration::from_secs(16)));
    let hours = keyed(&[AsksForLater(7)], AsksForLater(3600)).await;
    assert_eq!((hours.status, hours.took), (Some(503), Duration::from_secs(7)), "it is not waited in vain");
}

#[tokio::test(start_paused = true)]
async fn the_caller_chooses_the_time_up_to_the_window_of_idempotency_keys() {
    let lasting = async |seconds, timeout| {
        let reached = AtomicBool::new(true);
        let policy = RetryPolicy::default().lasting(Duration::from_secs(seconds));
        let call = Repeatable {
            again: Again::Lost,
            patience: Patience::Full,
            mails: false,
            timeout,
            reached: &reached,
        };
        let began = Instant::now();
        policy.repeat(&call, async || Cuts.outcome()).await;
        began.elapsed()
    };
    let most = MOST_RETRY_FOR;
    assert_eq!(lasting(0, most).await, Duration::ZERO);
    for (seconds, timeout, expected) in [
        (90, most, Duration::from_secs(90)),
        (3600, 2 * most, most),
        (90, Duration::from_secs(12), Duration::from_secs(12)),
    ] {
        let took = lasting(seconds, timeout).await;
        assert!(took <= expected + rounded(1), "{seconds}: {took:?}");
        assert!(took + LONGEST_WAIT >= expected, "{seconds}: {took:?}");
    }
    assert!(most < Duration::from_secs(REPLAY_SECONDS));
}

#[test]
fn waits_are_random_up_to_a_bound_that_doubles() {
    let cut = Cuts.outcome();
    let bounds: Vec<_> = (1..8).map(|attempts| wait(attempts, &cut, u32::MAX).as_millis()).collect();
    assert_eq!(bounds, [200, 400, 800, 1600, 3200, 5000, 5000]);
    assert_eq!((wait(9, &cut, 0), wait(u32::MAX, &cut, u32::MAX)), (Duration::ZERO, LONGEST_WAIT));
    let half = wait(2, &cut, u32::MAX / 2).as_millis();
    assert!((199..=200).contains(&half), "{half}");
}
