//! The `jeton` command, run as people run it: as a process, in a folder of its own.

use std::{
    fs::{self, File},
    io::{self, PipeWriter, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    termios::{LocalModes, tcgetattr},
};

use crate::{client::Client, program, store::fresh_folder, terminal, waiting::PATIENCE};

/// How often processes are polled.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A process that ends with the test, also a failed one. It is ended by its own id.
#[derive(Debug)]
pub struct Kept(Child);

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Whether it succeeded.
    pub status: ExitStatus,
    /// What it wrote to its standard output.
    pub said: String,
    /// What it wrote to its standard error.
    pub logged: String,
}

/// A command that runs.
#[derive(Debug)]
pub struct Running {
    process: Kept,
    output: PathBuf,
}

/// A running `jeton serve`.
#[derive(Debug)]
pub struct Served {
    process: Kept,
    output: PathBuf,
    url: String,
}

impl Kept {
    /// Starts a process.
    pub fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        Self(command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", program.display())))
    }

    /// The process itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// How much memory it had at its peak, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Whether it is still running.
    pub fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Waits until its first thread has nothing to do but to wait for others.
    pub fn wait_until_idle(&self) {
        wait_until("the process waits", || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
            let (_, state) = stat.rsplit_once(") ").unwrap();
            // One that has ended waits for nothing any more.
            state.starts_with(['S', 'Z']).then_some(())
        });
    }

    /// Sends the signal to stop that a container platform sends.
    pub fn ask_to_end(&self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
    }

    /// Stops it for now.
    pub fn stop(&self) {
        kill_process(Pid::from_child(&self.0), Signal::STOP).unwrap();
    }

    /// Lets it go on after a stop.
    pub fn go_on(&self) {
        kill_process(Pid::from_child(&self.0), Signal::CONT).unwrap();
    }

    /// Sends the signal of a terminal that is gone.
    pub fn hang_up(&self) {
        kill_process(Pid::from_child(&self.0), Signal::HUP).unwrap();
    }

    /// Waits until it ends by itself.
    pub fn ended(&mut self) -> ExitStatus {
        wait_until("the process ends", || self.0.try_wait().unwrap())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits for another process.
#[track_caller]
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(since.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(LOOK_AGAIN);
    }
}

/// Runs a `jeton` command to its end, with its output redirected.
pub fn jeton(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    Running::start(command(folder, variables).args(arguments)).ended()
}

/// Runs one with this standard input.
pub fn jeton_given(input: &str, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = command(folder, variables);
    let mut running = Running::start(command.args(arguments).stdin(Stdio::piped()));
    // One that fails before it reads has ended by now, which its test checks.
    drop(running.process.child().stdin.take().unwrap().write_all(input.as_bytes()));
    running.ended()
}

/// Runs one with its output to this file.
pub fn jeton_into(
    stdout: impl Into<Stdio>,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ended {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    redirected(command.args(arguments), &output).stdout(stdout);
    let process = Kept::start(&mut command);
    // The command holds the passed descriptors, which would stay open.
    drop(command);
    Running { process, output }.ended()
}

/// Runs one with its standard output closed, as by `>&-`.
pub fn jeton_closed(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    jeton_in_shell("exec \"$0\" \"$@\" >&-", folder, arguments, variables)
}

/// Runs one with a file size limit in kilobytes, as on a full disk.
pub fn jeton_with_files_up_to(
    kilobytes: u32,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ended {
    // In blocks of 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kilobytes * 2);
    jeton_in_shell(&script, folder, arguments, variables)
}

fn jeton_in_shell(script: &str, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let jeton = command(folder, variables);
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(jeton.get_program()).args(arguments).current_dir(folder).env_clear();
    shell.envs(jeton.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Running::start(&mut shell).ended()
}

/// The write end of a pipe without a reader.
pub fn unread() -> PipeWriter {
    io::pipe().unwrap().1
}

/// Fills a pipe completely, through a separate non-blocking handle.
pub fn filled(pipe: &PipeWriter) {
    use std::os::{fd::AsRawFd as _, unix::fs::OpenOptionsExt as _};
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let path = format!("/proc/self/fd/{}", pipe.as_raw_fd());
    let mut handle = fs::OpenOptions::new().write(true).custom_flags(flags).open(path).unwrap();
    for length in [4096, 1] {
        while handle.write(&vec![b' '; length]).is_ok() {}
    }
}

/// Starts one that does not end by itself.
pub fn start_jeton(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
    Running::start(command(folder, variables).args(arguments))
}

/// Starts one whose standard input is written later.
pub fn start_jeton_given(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Running, ChildStdin) {
    let mut command = command(folder, variables);
    let mut running = Running::start(command.args(arguments).stdin(Stdio::piped()));
    let input = running.process.child().stdin.take().unwrap();
    (running, input)
}

/// Starts one that ignores being hung up, as `nohup` does it.
pub fn start_jeton_without_hangup(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(program::jeton()).args(arguments);
    Running::start(prepared(&mut shell, folder, variables))
}

/// Starts one with its standard output to this file.
pub fn start_jeton_writing(
    stdout: impl Into<Stdio>,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Running {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    redirected(command.args(arguments), &output).stdout(stdout);
    Running { process: Kept::start(&mut command), output }
}

/// Starts one whose standard output goes into a pipe.
pub fn start_jeton_into(
    pipe: io::PipeWriter,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, String)],
) -> Kept {
    let mut command = command(folder, &[]);
    command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
    Kept::start(command.stdout(pipe).stderr(Stdio::null()))
}

/// Runs one on a terminal, and types an answer once a question appears.
pub fn jeton_asks(
    question: &str,
    typed: &str,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ended {
    jeton_asks_before(question, || {}, typed, folder, arguments, variables)
}

/// The same, with something that happens between the question and its answer.
pub fn jeton_asks_before(
    question: &str,
    meanwhile: impl FnOnce(),
    typed: &str,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ended {
    jeton_asks_all(vec![(question, Box::new(meanwhile), typed)], folder, arguments, variables)
}

/// A question, what happens then, and what is typed after that.
pub type Question<'a> = (&'a str, Box<dyn FnOnce() + 'a>, &'a str);

/// The same with several questions.
pub fn jeton_asks_all(
    questions: Vec<Question<'_>>,
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Ended {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    let screen = File::create(output.join("out")).unwrap();
    let mut terminal = terminal::attach(command.args(arguments), screen);
    let mut running = Running { process: Kept::start(&mut command), output };
    // It keeps the terminal open, which would not end then.
    drop(command);
    for (question, meanwhile, typed) in questions {
        running.has_said(question);
        meanwhile();
        terminal.keyboard.write_all(typed.as_bytes()).unwrap();
    }
    let status = running.process.ended();
    terminal.shown();
    Ended { status, said: read(&running.output, "out"), logged: read(&running.output, "err") }
}

/// Runs one on a terminal, and asks it to end once the last of these questions appears. What stands beside the earlier ones
/// is typed. Returns also whether the terminal shows then what is typed.
pub fn jeton_ended_while_it_asks(
    questions: &[(&str, &str)],
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Ended, bool) {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    let screen = File::create(output.join("out")).unwrap();
    let mut terminal = terminal::attach(command.args(arguments), screen);
    let mut running = Running { process: Kept::start(&mut command), output };
    for (number, (question, typed)) in questions.iter().enumerate() {
        running.has_said(question);
        if number + 1 < questions.len() {
            terminal.keyboard.write_all(typed.as_bytes()).unwrap();
        }
    }
    running.process.ask_to_end();
    let status = running.process.ended();
    let modes = tcgetattr(&terminal.keyboard).unwrap().local_modes;
    // It keeps the terminal open, which would not end then.
    drop(command);
    terminal.shown();
    let ended = Ended { status, said: read(&running.output, "out"), logged: String::new() };
    (ended, modes.contains(LocalModes::ECHO))
}

/// Runs one with its output to a terminal of this width that has colours, and returns what that shows.
pub fn jeton_shown(width: u16, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    let screen = File::create(output.join("out")).unwrap();
    let terminal = terminal::attach_to(command.args(arguments), screen, "xterm", width);
    // Progress is shown on a terminal beside it.
    let mut process = Kept::start(command.stderr(File::create(output.join("err")).unwrap()));
    // It keeps the terminal open, which would not end then.
    drop(command);
    process.ended();
    terminal.shown();
    read(&output, "out")
}

/// Runs a command with all of its output on a terminal, which is 100 characters wide, and returns what was written to that.
pub fn jeton_on_terminal(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = fresh_folder();
    let mut command = command(folder, variables);
    let screen = File::create(output.join("screen")).unwrap();
    let terminal = terminal::attach_to(command.args(arguments), screen, "xterm", 100);
    let mut process = Kept::start(&mut command);
    drop(command);
    process.ended();
    terminal.shown();
    read(&output, "screen")
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let output = fresh_folder();
        Self { process: Kept::start(redirected(command, &output)), output }
    }

    /// Waits until it has written something to its standard output, and returns all of that.
    pub fn has_said(&mut self, text: &str) -> String {
        wait_until(&format!("jeton says {text:?}"), || {
            let said = read(&self.output, "out");
            assert!(said.contains(text) || self.process.runs(), "it ended: {}", read(&self.output, "err"));
            Some(said).filter(|said| said.contains(text))
        })
    }

    /// What it has written to standard error so far.
    pub fn logged(&self) -> String {
        read(&self.output, "err")
    }

    /// Waits until it has written something to its standard error.
    pub fn has_logged(&mut self, text: &str) {
        wait_until(&format!("jeton logs {text:?}"), || {
            let logged = read(&self.output, "err");
            assert!(logged.contains(text) || self.process.runs(), "it ended: {logged}");
            logged.contains(text).then_some(())
        });
    }

    /// The process.
    pub fn process(&mut self) -> &mut Kept {
        &mut self.process
    }

    /// Waits until it ends by itself.
    pub fn ended(mut self) -> Ended {
        let status = self.process.ended();
        Ended { status, said: read(&self.output, "out"), logged: read(&self.output, "err") }
    }
}

impl Served {
    /// Starts a server in a folder, on a free local port, with its output redirected.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// Starts one with further variables.
    pub fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let output = fresh_folder();
        let process = Kept::start(redirected(&mut command(folder, variables), &output));
        Self::starting(process, output)
    }

    /// Starts one whose file sizes can be limited, see [`Self::let_files_grow_to`].
    pub fn start_with_limited_files(folder: &Path) -> Self {
        let output = fresh_folder();
        let mut shell = Command::new("sh");
        // A child process ignores the same signals: writing too much is an error then, instead of its end.
        shell.args(["-c", "trap '' XFSZ; exec \"$0\""]).arg(program::jeton());
        let process = Kept::start(redirected(prepared(&mut shell, folder, &[]), &output));
        Self::starting(process, output)
    }

    /// Starts one in a folder that is a small disk, mounted for the server alone; see [`Self::sees`].
    pub fn start_on_small_disk(folder: &Path, bytes: u64) -> Self {
        let output = fresh_folder();
        let mut unshare = Command::new("unshare");
        let mounted = "mount -t tmpfs -o size=$1 none \"$0\" && cd \"$0\" && exec \"$2\"";
        unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", mounted]);
        unshare.arg(folder).arg(bytes.to_string()).arg(program::jeton());
        // The standard path of programs.
        let process = Kept::start(redirected(
            prepared(&mut unshare, folder, &[]).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
            &output,
        ));
        Self::starting(process, output)
    }

    /// The path of a folder of the server for this process.
    pub fn sees(&mut self, folder: &Path) -> PathBuf {
        let seen = PathBuf::from(format!("/proc/{}/root", self.process.child().id()));
        seen.join(folder.strip_prefix("/").unwrap())
    }

    /// Starts one with these soft and hard limits of descriptors.
    pub fn start_with_descriptors(folder: &Path, soft: u32, hard: u32) -> Self {
        let output = fresh_folder();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\"")]);
        let process = Kept::start(redirected(prepared(shell.arg(program::jeton()), folder, &[]), &output));
        Self::starting(process, output)
    }

    /// From now on limits the size of its files to so many bytes, or removes the limit.
    pub fn let_files_grow_to(&mut self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let process = Pid::from_child(self.process.child());
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(process), Resource::Fsize, limit).unwrap();
    }

    /// Starts one on this address whose output and log nobody reads.
    pub fn start_unread(folder: &Path, address: SocketAddr) -> Self {
        let listen = address.to_string();
        let mut command = command(folder, &[("JETON_LISTEN", &listen)]);
        let process = Kept::start(command.stdout(unread()).stderr(unread()));
        Self { process, output: fresh_folder(), url: format!("http://{address}") }
    }

    /// Starts one the way a person does, on a terminal.
    pub fn start_on_terminal(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let output = fresh_folder();
        let screen = File::create(output.join("out")).unwrap();
        let mut command = command(folder, variables);
        drop(terminal::attach(&mut command, screen));
        let process = Kept::start(&mut command);
        Self::starting(process, output)
    }

    /// Waits until it prints its address, and then until it answers: after that, start-up is complete.
    fn starting(process: Kept, output: PathBuf) -> Self {
        let mut served = Self { process, output, url: String::new() };
        served.url = wait_until("jeton says where it listens", || {
            let said = served.said();
            let line = said.split_inclusive('\n').next().filter(|line| line.ends_with('\n'));
            let runs = served.process.runs();
            assert!(runs || line.is_some(), "it ended: {}", served.logged());
            Some(line?.split_once(" at ").expect("an address in the first line").1.trim().to_owned())
        });
        let mut health = TcpStream::connect(served.address()).unwrap();
        health.set_read_timeout(Some(PATIENCE)).unwrap();
        health.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        health.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{error}: {}", served.logged()));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        served
    }

    /// The URL that it printed.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its socket, through the loopback interface.
    pub fn address(&self) -> SocketAddr {
        let mut address: SocketAddr = self.url.trim_start_matches("http://").parse().unwrap();
        address.set_ip([127, 0, 0, 1].into());
        address
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address()))
    }

    /// Its standard output so far; on a terminal, all of its output.
    pub fn said(&self) -> String {
        read(&self.output, "out").replace("\r\n", "\n")
    }

    /// Its standard error so far.
    pub fn logged(&self) -> String {
        read(&self.output, "err")
    }

    /// Waits until it has written something to its standard output, and returns all of that.
    pub fn has_said(&self, text: &str) -> String {
        wait_until(&format!("jeton says {text:?}"), || Some(self.said()).filter(|said| said.contains(text)))
    }

    /// The process.
    pub fn process(&mut self) -> &mut Kept {
        &mut self.process
    }

    /// Stops it, and waits for its end.
    pub fn end(mut self) -> ExitStatus {
        self.process.ask_to_end();
        self.process.ended()
    }

    /// Kills it like `kill -9`: it cannot finish anything.
    pub fn kill(self) {
        drop(self);
    }
}

/// The command, without the environment of the developer: neither their Jeton settings nor their AWS account.
fn command(folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program::jeton());
    prepared(&mut command, folder, variables);
    command
}

fn prepared<'a>(command: &'a mut Command, folder: &Path, variables: &[(&str, &str)]) -> &'a mut Command {
    command.current_dir(folder).env_clear().env("JETON_LISTEN", "127.0.0.1:0").stdin(Stdio::null());
    command.envs(variables.iter().copied())
}

/// Files instead of pipes: a full pipe that nobody reads would block the process.
fn redirected<'a>(command: &'a mut Command, output: &Path) -> &'a mut Command {
    let file = |name| File::create(output.join(name)).unwrap();
    command.stdout(file("out")).stderr(file("err"))
}

fn read(output: &Path, name: &str) -> String {
    match fs::read_to_string(output.join(name)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("{error}"),
    }
}
