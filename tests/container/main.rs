//! The container files match the code: ports, paths, names of variables, and permissions.
//!
//! These tests build no image and ask no cluster.

mod dockerfile;
mod manifests;

use std::fs;

use jeton_tests::program::root;

/// The text of a file in the folder.
fn file(name: &str) -> String {
    let path = root().join("infra/container").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The values of an instruction in the last stage of the Dockerfile, in order.
fn last_stage(instruction: &str) -> Vec<String> {
    let text = file("Dockerfile");
    let stage = &text[text.rfind("\nFROM ").unwrap()..];
    let lines = stage.lines().filter_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '));
    lines.map(|line| line.trim().to_owned()).collect()
}

/// The port that the image exposes.
fn image_port() -> i64 {
    let [port] = &last_stage("EXPOSE")[..] else { panic!("not one EXPOSE") };
    port.parse().unwrap()
}
