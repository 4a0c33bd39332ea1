//! The router of `cargo lambda watch` in the root `Cargo.toml`, from the endpoint table.

use jeton_service::endpoint::{Route, routes};
use jeton_tests::copy;

#[test]
fn every_path_of_the_table_leads_to_its_function_and_no_other_path_does() {
    let routes = routes();
    let of_path = routes.chunk_by(|one, other| one.path == other.path);
    let lines: Vec<_> = of_path.map(|routes| format!("{:?} = {}", routes[0].path, target(routes))).collect();
    copy::is_part(
        "Cargo.toml",
        "[workspace.metadata.lambda.watch.router]",
        "# End of the router.",
        &lines.join("\n"),
    );
}

/// The function of all methods of a path, or that of each.
fn target(routes: &[Route]) -> String {
    let named = |route: &Route| format!("{:?}", route.function.name());
    let [Route { method: None, .. }] = routes else {
        let methods = routes.iter().map(|route| {
            let method = route.method.as_ref().map_or("ANY", |method| method.as_str());
            format!("{{ method = {method:?}, function = {} }}", named(route))
        });
        return format!("[{}]", methods.collect::<Vec<_>>().join(", "));
    };
    named(&routes[0])
}
