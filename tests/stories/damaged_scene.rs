//! A Jeton, and the location of its store, in which records can be damaged.

use jeton_tests::{
    jeton::Jeton,
    store::{Place, open_store_at},
};

pub struct Scene {
    pub jeton: Jeton,
    pub place: Place,
}

impl Scene {
    pub async fn start() -> Self {
        let (store, place) = open_store_at().await;
        Self { jeton: Jeton::start_on(store).await, place }
    }
}
