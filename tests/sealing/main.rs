//! Sealing of a long day by a function that is cut off at its deadline, again and again, in simulated time.
//!
//! The events are really stored, and really counted; only how long a call takes is simulated, by the limits and latencies of `DynamoDB`
//! (`table.rs`). It is a program of its own, because its allocator counts.
//!
//! `./test --long sealing` takes a day of 10,000,000 events, 5,000,000 of one token and 500 of each of 10,000 others, and the steps and the
//! timeout of the function. Without it the day, the steps and the time are smaller, so that as much is cut off.

mod day;
mod many;
mod table;
mod unused;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jeton_core::{
    id::TokenId,
    seal::{Sealed, SignedProgress},
    store::Store,
};
use jeton_service::{
    app::App,
    history::{self, Expected, Sealer, Steps},
    operation::seal,
};
use peak_alloc::PeakAlloc;
use tokio::{runtime::Builder, time::Instant};
use uuid::Uuid;

use crate::{
    day::{LongDay, app, key},
    table::{COSTS, Calls, Table},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Events or tokens of a page, and feeds that are read at once, as `history/tallies.rs` has them.
const PAGE: usize = 500;
const AT_ONCE: usize = 8;

/// What a run may take in memory, beside what the tokens of the project take.
const MEMORY_OF_RUN: usize = 24 << 20;
const MEMORY_OF_TOKEN: usize = 2 << 10;

struct Plan {
    events: usize,
    tokens: usize,
    steps: Steps,
    deadline: Duration,
}

impl Plan {
    fn small() -> Self {
        Self {
            events: 40_000,
            tokens: 401,
            steps: Steps { events: 1000, feeds: 50 },
            deadline: Duration::from_millis(1500),
        }
    }

    fn whole() -> Self {
        // The timeout of the function, less what it keeps for itself.
        let deadline = Duration::from_secs(300 - 15);
        Self { events: 10_000_000, tokens: 10_001, steps: Steps::default(), deadline }
    }

    /// The pages of a feed with so many events.
    fn pages(&self, events: usize) -> usize {
        let (steps, rest) = (events / self.steps.events, events % self.steps.events);
        (steps * self.steps.events.div_ceil(PAGE) + rest.div_ceil(PAGE)).max(1)
    }

    /// What a run without a deadline calls.
    fn calls(&self, pages_of_tokens: usize) -> Calls {
        let of_one = self.events / 2 / (self.tokens - 1);
        let pages =
            self.pages(self.events) + self.pages(self.events / 2) + (self.tokens - 1) * self.pages(of_one);
        Calls {
            // What came after the day is searched for deleted tokens.
            pages: pages + 1,
            events: 2 * self.events,
            lists: pages_of_tokens,
            seals: self.tokens + 1,
            ..Calls::default()
        }
    }

    /// How long that takes at least: the pages of the project and of the first token one after the other, and the processor.
    fn time(&self, bytes_of_event: usize) -> Duration {
        let pages = u32::try_from(self.pages(self.events) + self.pages(self.events / 2)).unwrap();
        let units = u32::try_from(self.events * 3 / 2 * bytes_of_event / 4096).unwrap();
        COSTS.read * pages
            + Duration::from_secs(1) * units / COSTS.units
            + COSTS.event * u32::try_from(2 * self.events).unwrap()
    }

    /// The events that one cut may cost: those of a step, and those of feeds that are read at once and were not noted.
    fn again(&self) -> usize {
        self.steps.events
            + AT_ONCE * self.steps.events.min(self.events / 2 / (self.tokens - 1))
            + self.steps.events
    }
}

#[test]
fn a_long_day_is_sealed_by_runs_that_are_cut_off_at_their_deadline() {
    #[expect(clippy::disallowed_methods, reason = "how much a suite does is no configuration of Jeton")]
    let whole = std::env::var_os("JETON_SEALING_WHOLE").is_some();
    let plan = if whole { Plan::whole() } else { Plan::small() };
    // Filling is no part of the simulation.
    let filling = Builder::new_multi_thread().enable_all().build().unwrap();
    let long = filling.block_on(LongDay::with(plan.events, plan.tokens));
    drop(filling);
    let simulation = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    simulation.block_on(seal(&plan, &long));
}

async fn seal(plan: &Plan, long: &LongDay) {
    let table = Arc::new(Table::on(Arc::clone(&long.store)));
    let pages_of_tokens = pages_of_tokens(long).await;
    let (mut runs, mut simulated, mut most, mut before) = (0_usize, Duration::ZERO, 0, None);
    loop {
        let sealer = Sealer::new(key(), None).with_steps(plan.steps);
        let function = App { sealer: Some(sealer), ..app(Arc::clone(&table) as Arc<dyn Store>, &long.time) };
        MEMORY.reset_peak_usage();
        let (began, held) = (Instant::now(), MEMORY.current_usage());
        let deadline = i64::try_from(plan.deadline.as_millis()).unwrap();
        let until = jeton_core::time::Timestamp::from_millis(long.now().millis() + deadline);
        let sealing = seal::seal_until(&function, Some(until)).await.unwrap();
        let (took, peak) = (began.elapsed(), MEMORY.peak_usage().saturating_sub(held));
        runs += 1;
        simulated += took;
        most = most.max(peak);
        println!("run {runs}: {took:?} simulated, {} KB of memory, {:?}", peak / 1024, table.calls());
        assert!(took <= plan.deadline + Duration::from_millis(2), "it goes on after its deadline");
        assert!(peak <= MEMORY_OF_RUN + MEMORY_OF_TOKEN * plan.tokens, "{peak} bytes of memory");
        assert_eq!((sealing.unsealed, sealing.more), (0, sealing.sealed == 0));
        // The schedule starts the next one at the next minute.
        let minutes = i64::try_from(took.as_secs() / 60 + 1).unwrap();
        long.time.fetch_add(minutes * 60_000, Ordering::SeqCst);
        if sealing.sealed > 0 {
            break;
        }
        let reached = reached(long.store.seal_progress(long.project).await.unwrap());
        assert!(reached > before, "run {runs} got no further than {before:?}");
        before = reached;
    }
    let expected =
        Expected { keys: vec![key().public()], late: vec![(long.day, long.day)], ..Expected::default() };
    let report =
        history::verify(long.store.as_ref(), long.project, &expected, long.now(), &|_, _| ()).await.unwrap();
    assert_eq!(report.findings, []);
    let head = long.store.heads(long.project, long.day, 1).await.unwrap().remove(0).head;
    assert_eq!(head.seals, u64::try_from(plan.tokens + 1).unwrap());
    let (calls, wanted) = (table.calls(), plan.calls(pages_of_tokens));
    let cuts = runs - 1;
    let at_most = |found: usize, wanted: usize, again: usize, what: &str| {
        assert!((wanted..=wanted + cuts * again).contains(&found), "{found} {what}, and {wanted} are needed");
    };
    at_most(calls.events, wanted.events, plan.again(), "events were read");
    at_most(
        calls.pages,
        wanted.pages,
        2 * plan.pages(plan.steps.events) + AT_ONCE * plan.pages(plan.steps.events) + 1,
        "pages",
    );
    at_most(calls.seals, wanted.seals, plan.steps.feeds + AT_ONCE, "seals were written");
    assert_eq!(calls.lists, wanted.lists * runs, "each run lists the tokens once");
    let time = plan.time(long.bytes);
    assert!(simulated >= time, "{simulated:?} is less than the {time:?} that pages and events take");
    println!(
        "{} events: {runs} runs, {simulated:?} simulated, {time:?} at least; {} pages, {} more than are needed; {} events again; {} KB at most",
        plan.events,
        calls.pages,
        calls.pages - wanted.pages,
        calls.events - wanted.events,
        most / 1024
    );
    // What is not in that time: listing tokens, finding seals, writing seals and progress, and what is read again.
    let fewest = time.as_millis().div_ceil(plan.deadline.as_millis());
    let fewest = usize::try_from(fewest).unwrap();
    assert!((fewest..=fewest + fewest.div_ceil(3)).contains(&runs), "{runs} runs, and not {fewest}");
}

/// How far a day is: the feed, and the event in it.
fn reached(progress: Option<SignedProgress>) -> Option<(Option<Sealed>, Option<Uuid>)> {
    progress.map(|signed| (signed.progress.through, signed.progress.part.map(|part| part.after)))
}

async fn pages_of_tokens(long: &LongDay) -> usize {
    let (mut pages, mut after) = (0, None::<TokenId>);
    loop {
        let order = jeton_core::event::Order::Ascending;
        let page =
            long.store.tokens(long.project, after, order, PAGE, jeton_core::event::PAGE_BYTES).await.unwrap();
        (pages, after) = (pages + 1, page.last);
        if !page.more {
            return pages;
        }
    }
}
