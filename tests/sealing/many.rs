//! More projects than one run reaches.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use jeton_core::{seal, store::Store, time::Timestamp};
use jeton_service::{
    app::App,
    history::Sealer,
    operation::{seal as run, setup},
};
use tokio::runtime::Builder;

use crate::{
    day::{LongDay, app, key},
    table::Table,
};

/// How many projects there are, and for how many of them a run has time, about.
const PROJECTS: usize = 200;
const DEADLINE: Duration = Duration::from_millis(1500);

#[test]
fn projects_that_no_run_reaches_are_sealed_by_the_following_ones() {
    // A function that stays warm is one process, which is called each minute; one that does not is a new process each time.
    let [of_one_process, of_new_ones] = [true, false].map(runs);
    assert!(
        of_one_process < of_new_ones,
        "{of_one_process} and {of_new_ones} runs: it reads again what it has sealed"
    );
}

/// How many runs seal all projects.
fn runs(stays_warm: bool) -> usize {
    let filling = Builder::new_multi_thread().enable_all().build().unwrap();
    let long = filling.block_on(async {
        let long = LongDay::with(2, 2).await;
        let filler = app(Arc::clone(&long.store), &long.time);
        for number in 0..PROJECTS {
            setup::project(&filler, &format!("Project {number}"), 1).await.unwrap();
        }
        long.time.fetch_add(86_400_000, Ordering::SeqCst);
        long
    });
    drop(filling);
    let simulation = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    simulation.block_on(async {
        let table: Arc<dyn Store> = Arc::new(Table::on(Arc::clone(&long.store)));
        let process =
            || App { sealer: Some(Sealer::new(key(), None)), ..app(Arc::clone(&table), &long.time) };
        let mut function = process();
        let last = seal::last_day(long.now());
        let (mut left, mut told, mut cut_off, mut runs) = (PROJECTS, 0, 0, 0);
        for minute in 0..60 {
            runs += 1;
            let until = long.now().millis() + i64::try_from(DEADLINE.as_millis()).unwrap();
            if !stays_warm {
                function = process();
            }
            let sealing = run::seal_until(&function, Some(Timestamp::from_millis(until))).await.unwrap();
            long.time.fetch_add(60_000, Ordering::SeqCst);
            (told, cut_off) = (told + sealing.sealed, cut_off + u64::from(sealing.more));
            left = 0;
            // In the other one nothing happened for two days, so it is on hold.
            let projects = long.store.projects(usize::MAX).await.unwrap();
            for project in projects.into_iter().filter(|id| *id != long.project) {
                let head = long.store.last_head(project).await.unwrap();
                left += usize::from(head.is_none_or(|head| head.head.day < last));
            }
            println!("minute {minute}: {left} projects are left, {sealing:?}");
            if left == 0 {
                break;
            }
        }
        assert_eq!(left, 0, "of {PROJECTS} projects some are never reached");
        // One that is cut off while its last head is stored does not know of that.
        let all = u64::try_from(PROJECTS).unwrap();
        assert!(
            told <= all && told + cut_off >= all,
            "{told} days are told by runs of which {cut_off} were cut off"
        );
        runs
    })
}
