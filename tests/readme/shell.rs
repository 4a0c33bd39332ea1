//! One shell for all commands of a page, so that variables and folders last.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use jeton_tests::{program, store::fresh_folder};
use rustix::process::{Pid, Signal, kill_process_group};

/// The time limit of a command.
const PATIENCE: Duration = Duration::from_mins(1);

/// The marker that the shell prints after every command, followed by its exit status.
const DONE: &str = "=== done with status";

pub struct Shell {
    bash: Child,
    lines: Receiver<String>,
    /// A folder for files outside the reader's folder.
    scratch: PathBuf,
}

/// The output of a command, and its exit status.
pub type Printed = (String, i32);

impl Shell {
    /// A shell in a folder, in which `jeton` is the command under test.
    pub fn new(folder: &Path) -> Self {
        let scratch = fresh_folder();
        // On a terminal, curl hides its progress when it prints the answer there; here it would not.
        fs::write(scratch.join(".curlrc"), "no-progress-meter\n").unwrap();
        let mut bash = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(folder)
            .env("CURL_HOME", &scratch)
            .env("PATH", path_with(program::jeton().parent().unwrap()))
            // Neither the profiles nor the keyring of who runs the tests.
            .env("XDG_CONFIG_HOME", &scratch)
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .env_remove("JETON_PROFILE")
            .env_remove("JETON_STORE")
            .env_remove("JETON_MAIL")
            .env_remove("JETON_PUBLIC_URL")
            .env_remove("JETON_LISTEN")
            // The variables of ./test are not for Jeton, which rejects unknown ones.
            .env_remove("JETON_BIN")
            .env_remove("JETON_BIN_DIR")
            .env_remove("JETON_SCREENSHOTS")
            .env_remove("JETON_TEST_STORE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A process group, so that a hanging command is ended together with its shell.
            .process_group(0)
            .spawn()
            .expect("bash starts");
        let output = BufReader::new(bash.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in output.split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let mut shell = Self { bash, lines, scratch };
        shell.write("exec 2>&1");
        shell
    }

    /// Types a command and waits for its end.
    pub fn run(&mut self, command: &str) -> Printed {
        // From a file, so that a command that reads its input does not read the commands after it.
        let file = self.scratch.join("command");
        fs::write(&file, command).unwrap();
        self.write(&format!("source '{}' </dev/null; printf '\\n{DONE} %d\\n' $?", file.display()));
        let mut printed: Vec<String> = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no end of: {command}\n{}", printed.join("\n")));
            if let Some(status) = line.strip_prefix(DONE) {
                return (printed.join("\n").trim_end().to_owned(), status.trim().parse().unwrap());
            }
            printed.push(line);
        }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.bash.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.bash), Signal::KILL);
        drop(self.bash.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell needs the programs of this machine as well")]
fn path_with(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_command_sets_the_next_one_finds() {
        let mut shell = Shell::new(&fresh_folder());
        assert_eq!(shell.run("name='Ada Admin'"), (String::new(), 0));
        assert_eq!(shell.run("echo \"$name\" \\\n  and Eve"), ("Ada Admin and Eve".to_owned(), 0));
        assert_eq!(shell.run("printf one; echo; echo two >&2"), ("one\ntwo".to_owned(), 0));
    }

    #[test]
    fn a_command_may_fail_or_read_its_input_and_the_shell_goes_on() {
        let mut shell = Shell::new(&fresh_folder());
        assert_eq!(shell.run("false").1, 1);
        assert_eq!(shell.run("cat"), (String::new(), 0));
        assert_eq!(shell.run("if").1, 2, "a mistake of the page");
        assert_eq!(shell.run("echo still here").0, "still here");
    }
}
