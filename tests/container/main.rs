//! The container files say what the code does: ports, paths, names of variables, and who may do what.
//!
//! No image is built and no cluster is asked here.

mod dockerfile;
mod manifests;

use std::fs;

use jeton_tests::program::root;

/// A file of the folder, as text.
fn file(name: &str) -> String {
    let path = root().join("infra/container").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the image says of an instruction in its last stage, once for each time it stands there.
fn last_stage(instruction: &str) -> Vec<String> {
    let text = file("Dockerfile");
    let stage = &text[text.rfind("\nFROM ").unwrap()..];
    let lines = stage.lines().filter_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '));
    lines.map(|line| line.trim().to_owned()).collect()
}

/// The port that the image listens on.
fn image_port() -> i64 {
    let [port] = &last_stage("EXPOSE")[..] else { panic!("not one EXPOSE") };
    port.parse().unwrap()
}
