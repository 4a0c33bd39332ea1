//! The commands of infra/README.md that need no account, on a terminal, as its reader runs them.

use std::{env, fs::File, process::Command};

use jeton_tests::{
    process::Kept,
    program::{self, root},
    store::fresh_folder,
    terminal,
};

#[test]
fn the_seal_key_of_the_guide_for_aws_is_in_the_file_that_the_next_command_reads() {
    let guide = std::fs::read_to_string(root().join("infra/README.md")).unwrap();
    let block = guide.split("## The seal key").nth(1).unwrap().split("```").nth(1).unwrap();
    let line = block.lines().find(|line| line.starts_with("jeton init seal-key")).unwrap();
    let folder = fresh_folder();
    let programs = program::jeton().parent().unwrap().to_owned();
    #[expect(clippy::disallowed_methods, reason = "the reader's shell finds its programs there")]
    let others = env::var_os("PATH").unwrap();
    let path = env::join_paths([programs].into_iter().chain(env::split_paths(&others))).unwrap();
    let mut command = Command::new("sh");
    // Without what `./test` sets for its suites, which Jeton would reject.
    command.args(["-c", line]).current_dir(&folder).env_clear().env("PATH", path);
    let shown = terminal::attach(&mut command, File::create(fresh_folder().join("out")).unwrap());
    let status = Kept::start(&mut command).ended();
    drop(command);
    shown.shown();
    assert!(status.success());
    assert!(block.contains("jeton-seal-key"), "the next command reads it");
    let left = std::fs::read_to_string(folder.join("jeton-seal-key"));
    assert_eq!(left.map(|key| key.trim().len()).ok(), Some(64), "{line}");
}
