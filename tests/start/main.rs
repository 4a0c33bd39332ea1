//! The files and connections of a function at its start, by a trace. Its duration is measured by `./bench start`.

use std::{
    collections::BTreeSet,
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use jeton_tests::{
    cold_start::{RuntimeApi, World},
    process::Kept,
    store::fresh_folder,
};

/// The size limit of the binary, in bytes.
const MOST: u64 = 7_000_000;

#[test]
fn the_binary_is_small() {
    let size = fs::metadata(verify()).unwrap().len();
    assert!(size <= MOST, "verify has {size} bytes, more than {MOST}");
}

#[tokio::test]
async fn a_start_and_a_verify_read_no_configuration_no_credentials_and_no_certificates() {
    let (answer, trace) = started_in(&World::new().await);
    assert!(answer.contains("\"statusCode\":200"), "{answer}");
    assert_eq!(read_by(&trace), BTreeSet::new());
}

#[tokio::test]
async fn nor_does_one_whose_store_is_reached_by_tls() {
    // Nothing listens there. The trace shows the files read before that.
    let world = World::new().await.with("AWS_ENDPOINT_URL_DYNAMODB", "https://127.0.0.1:9");
    let (answer, trace) = started_in(&world);
    assert!(answer.contains("\"statusCode\":503") && trace.contains("htons(9)"), "{answer}\n{trace}");
    assert_eq!(read_by(&trace), BTreeSet::new());
}

/// Starts `verify`, lets it answer once, and returns the answer and the trace of its system calls.
fn started_in(world: &World) -> (String, String) {
    let (api, trace) = (RuntimeApi::listen(), fresh_folder().join("trace"));
    let mut command = Command::new(program("STRACE"));
    command.args([
        "-f",
        "-e",
        "trace=connect,open,openat,openat2,readlink,stat,statx,newfstatat,access",
        "-o",
    ]);
    command.arg(&trace).arg(verify());
    command.env_clear().envs(world.variables()).env("AWS_LAMBDA_RUNTIME_API", api.address());
    // The default paths of the SDK's files.
    command.env("HOME", "/root").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let traced = Kept::start(&mut command);
    let answer = api.first_poll().invoke(world.event());
    drop(traced);
    (answer, fs::read_to_string(trace).unwrap())
}

/// The paths in a trace, without those that every program reads: of the loader, and of the system's own view
/// of the process.
fn read_by(trace: &str) -> BTreeSet<String> {
    let paths = trace.lines().filter_map(|line| line.split('"').nth(1)).filter(|path| path.starts_with('/'));
    let ordinary = ["/lib", "/usr/lib", "/etc/ld.so", "/proc/", "/sys/"];
    let own = verify().display().to_string();
    let others = paths.filter(|path| *path != own && !ordinary.iter().any(|known| path.starts_with(known)));
    let found: BTreeSet<_> = others.map(str::to_owned).collect();
    assert!(trace.contains("ld.so.cache"), "the trace has nothing in it: {trace}");
    found
}

/// `verify`, built with the features of a deployment; in release mode where its size counts.
fn verify() -> PathBuf {
    program("VERIFY_ALONE")
}

#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn program(variable: &str) -> PathBuf {
    env::var_os(variable).unwrap_or_else(|| panic!("{variable} names a program; run ./test")).into()
}
