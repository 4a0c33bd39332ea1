//! Stop signals.

use http::Method;
use jeton_tests::functions::http_functions;

use crate::world::World;

#[tokio::test]
async fn a_function_that_is_told_to_end_does_so_although_connections_to_it_are_open() {
    let mut world = World::start().await;
    world.call(Method::GET, "/health", "", None).await.expect(200);
    for function in http_functions() {
        let process = &mut world.functions.function(function).process;
        process.ask_to_end();
        assert!(process.ended().success(), "{}", function.name());
    }
}
