//! Changes, reads and replicas in a random order, by processes of every setting, with faults.

use jeton_core::{
    id::TokenId,
    store::{self, CommitError},
    token::Token,
};

use super::*;

/// How many changes there are; `./test --long faults` makes more. After each of them, every process reads more often than there are
/// replicas.
fn changes() -> usize {
    #[expect(clippy::disallowed_methods, reason = "how much a suite does is no configuration of Jeton")]
    let asked = std::env::var("JETON_REPLICA_CHANGES");
    asked.map_or(16, |asked| asked.parse().expect("JETON_REPLICA_CHANGES is a number"))
}

/// A generator of numbers, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[tokio::test]
async fn no_process_reads_a_state_before_an_answered_change() {
    let scene = Scene::new().await;
    let most = [0, 2, 4, 8, 16];
    let processes: Vec<DynamoDb> =
        most.iter().map(|most| scene.proxy.store(&scene.table).with_replicas(*most)).collect();
    let mut numbers = Numbers(1);
    let (mut event, mut id) = (1_u128, 100_u64);
    let mut version = 0;
    for step in 0..changes() {
        let of = |version: u64, id: u64| Token { id: TokenId::new(id).unwrap(), ..token(version) };
        event += 1;
        if version == 0 {
            id += 1;
            version = 1;
            scene.direct.commit(&commit(event, vec![Write::InsertToken(of(1, id))])).await.unwrap();
        }
        let by = &processes[numbers.below(5)];
        let hot = &processes[numbers.below(5)];
        let pk = format!("V#7#{id}");
        for _ in 0..numbers.below(5) {
            scene.proxy.inject(Fault::next("GetItem", Kind::Throttle).partition(pk.clone()));
        }
        let fault = match numbers.below(8) {
            0 => Some(Kind::LoseAnswer),
            1 => Some(Kind::LoseRequest),
            2 => Some(Kind::Conflict),
            3 => Some(Kind::Throttle),
            4 => Some(Kind::Delay(20)),
            _ => None,
        };
        if let Some(kind) = fault {
            scene.proxy.inject(Fault::next("TransactWriteItems", kind).partition(pk.clone()));
        }
        let removes = numbers.below(10) == 0;
        let write = if removes {
            let tombstone = of(version, id).tombstone(Timestamp::from_millis(9));
            Write::RemoveToken { token: of(version, id), tombstone }
        } else {
            Write::ReplaceToken(of(version + 1, id))
        };
        let change = commit(event, vec![write]);
        let token_id = TokenId::new(id).unwrap();
        let reads = async {
            for _ in 0..numbers.below(6) {
                drop(hot.verify_item(project(), token_id).await);
            }
        };
        let (changed, ()) = tokio::join!(store::commit(by, &change), reads);
        scene.proxy.heal();
        match changed {
            Ok(()) => version = if removes { 0 } else { version + 1 },
            Err(CommitError::Conflict(_)) => {}
            Err(error) => panic!("step {step}: {error}"),
        }
        let expected = (version > 0).then_some(version);
        for (process, most) in processes.iter().zip(most) {
            for turn in 0..17 {
                let found = process.verify_item(project(), token_id).await.unwrap();
                let found = found.map(|found| found.version);
                assert_eq!(found, expected, "step {step} turn {turn} most {most}");
            }
        }
    }
}
