//! The cost of one call, whatever its input.
//!
//! Each endpoint of the table is called with the worst query, header and body of each kind, in two sizes of
//! which one is twice the other, and with a plain one of the same size. The processor time of a call must be
//! linear in its bytes, and its memory must stay within bounds. Memory is checked here; instructions are
//! counted by `./test costs`, which runs this under callgrind: it writes the count whenever
//! [`cost_boundary_reached`] is entered.

mod cases;
mod history;
mod lists;
mod world;

use std::collections::BTreeSet;

use peak_alloc::PeakAlloc;

use self::{cases::Case, world::World};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The memory limit of a call for each byte of its request. An object of JSON with one short key takes about
/// ninety times its text.
const FOR_EACH_BYTE: usize = 160;

/// The fixed memory limit of a call, in bytes: an answer of 5 MB, in a buffer that grows by doubling.
const IN_ANY_CASE: usize = 12 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::start().await;
    let (mut wrong, mut plain) = (Vec::new(), BTreeSet::new());
    cost_boundary_reached();
    for case in cases::all() {
        if plain.insert((case.endpoint(), case.place())) {
            measure(&world, &case, "plain", &mut wrong).await;
        }
        measure(&world, &case, "half", &mut wrong).await;
        measure(&world, &case, "whole", &mut wrong).await;
    }
    let (histories, read) = (history::fill(&world).await, lists::fill(&world).await);
    crate::cost_boundary_reached();
    history::measure(&world, &histories, &mut wrong).await;
    lists::measure(&world, &read, &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sends a call of a case, and prints its use of memory.
async fn measure(world: &World, case: &Case, size: &str, wrong: &mut Vec<String>) {
    let call = case.call(world, size);
    let bytes = call.size();
    let (status, peak) = measured(async { call.send(world).await }).await;
    println!("{}\t{}\t{}\t{size}\t{bytes}\t{peak}\t{status}", case.endpoint(), case.place(), case.kind());
    if peak > bytes * FOR_EACH_BYTE + IN_ANY_CASE {
        wrong.push(format!("{} with {}: {peak} bytes of memory", case.endpoint(), case.kind()));
    }
}

/// Runs something up to the next boundary, and returns its peak of additional memory.
async fn measured<T>(doing: impl Future<Output = T>) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = doing.await;
    cost_boundary_reached();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

/// The boundary between two counts of instructions. It must be a function of its own.
#[inline(never)]
fn cost_boundary_reached() {
    std::hint::black_box(());
}
