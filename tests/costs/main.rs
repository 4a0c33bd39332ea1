//! What one call costs, whatever it holds.
//!
//! Each endpoint of the table is called with the worst query, header and body of each kind, in two sizes of which one is
//! twice the other, and with a plain one of the same size. What a call takes of the processor must follow the number of
//! its bytes, and what it takes of the memory must stay within bounds. Memory is held here; instructions are counted by
//! `./test costs`, which runs this under callgrind: it writes what was counted whenever [`boundary`] is entered.

mod cases;
mod history;
mod world;

use peak_alloc::PeakAlloc;

use self::{cases::Case, world::World};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How many bytes of memory a call may take for each byte of its request. An object of JSON with one short key takes
/// about ninety times its text.
const FOR_EACH_BYTE: usize = 160;

/// What a call may take whatever its size, in bytes: an answer of 5 MB, in a buffer that grows by doubling.
const IN_ANY_CASE: usize = 12 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for case in cases::all() {
        measure(&world, &case, &mut wrong).await;
    }
    history::measure(&world, &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes the calls of a case, each between two boundaries, and prints what it took of the memory.
async fn measure(world: &World, case: &Case, wrong: &mut Vec<String>) {
    for size in ["plain", "half", "whole"] {
        let call = case.call(world, size);
        let bytes = call.size();
        let (status, peak) = measured(async { call.send(world).await }).await;
        println!("{}\t{}\t{size}\t{bytes}\t{peak}\t{status}", case.endpoint(), case.kind());
        if peak > bytes * FOR_EACH_BYTE + IN_ANY_CASE {
            wrong.push(format!("{} with {}: {peak} bytes of memory", case.endpoint(), case.kind()));
        }
    }
}

/// Does something between two boundaries, and tells how much more memory it took than before at its peak.
async fn measured<T>(doing: impl Future<Output = T>) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    boundary();
    let done = doing.await;
    boundary();
    (done, MEMORY.peak_usage().saturating_sub(before))
}

/// Where one count of instructions ends and the next begins. It has to be a function of its own.
#[inline(never)]
fn boundary() {
    std::hint::black_box(());
}
