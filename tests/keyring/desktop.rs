//! A D-Bus with or without a keyring, as a desktop has it.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use jeton_tests::{
    process::{Kept, wait_until},
    store::fresh_folder,
};

/// A bus that starts nothing by itself: a keyring is there if the test has started it.
const CONFIG: &str = "\
<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"
 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context=\"default\">
    <allow send_destination=\"*\" eavesdrop=\"true\"/>
    <allow eavesdrop=\"true\"/>
    <allow own=\"*\"/>
  </policy>
</busconfig>
";

/// The name of the Secret Service on the bus.
const SECRETS: &str = "org.freedesktop.secrets";

/// The bus with its keyring. Both end with the test.
pub struct Desktop {
    processes: Vec<Kept>,
    address: String,
}

impl Desktop {
    /// A desktop whose keyring is unlocked, as after a login.
    pub fn with_keyring() -> Self {
        let mut desktop = Self::without_keyring();
        let home = fresh_folder();
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", &desktop.address);
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"] {
            command.env(name, &home);
        }
        let mut keyring =
            Kept::start(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()));
        // The password of the keyring, which it reads until the end of its input.
        keyring.child().stdin.take().unwrap().write_all(b"password").unwrap();
        wait_until("the keyring is on the bus", || desktop.has_secrets().then_some(()));
        desktop.processes.push(keyring);
        desktop
    }

    /// A desktop with a bus alone.
    pub fn without_keyring() -> Self {
        let folder = fresh_folder();
        let socket = folder.join("bus");
        let config = written(&folder, &CONFIG.replace("SOCKET", socket.to_str().unwrap()));
        let mut command = Command::new("dbus-daemon");
        command.arg("--nofork").arg("--config-file").arg(config);
        let bus = Kept::start(command.stdin(Stdio::null()).stdout(Stdio::null()));
        wait_until("the bus listens", || socket.exists().then_some(()));
        Self { processes: vec![bus], address: format!("unix:path={}", socket.display()) }
    }

    /// The address of the bus.
    pub fn bus(&self) -> &str {
        &self.address
    }

    /// Locks the keyring. Nobody can be asked for its password: no program does that on this bus.
    pub fn lock(&self) {
        let mut command = Command::new("dbus-send");
        command.arg(format!("--bus={}", self.address)).args(["--print-reply", &format!("--dest={SECRETS}")]);
        command.args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"]);
        command.arg("array:objpath:/org/freedesktop/secrets/collection/login");
        let answer = command.output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }

    /// Records the calls on the bus from now on.
    pub fn calls(&self) -> Calls {
        let path = fresh_folder().join("calls");
        let mut command = Command::new("dbus-monitor");
        command.args(["--address", &self.address, "type='method_call'"]);
        let process = Kept::start(command.stdin(Stdio::null()).stdout(File::create(&path).unwrap()));
        let calls = Calls { _process: process, path };
        // The bus tells a monitor of itself first.
        calls.until_one_has("NameAcquired");
        calls
    }

    /// Stops the keyring for now: it answers nothing.
    pub fn stop(&self) {
        self.processes.last().unwrap().stop();
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.processes.last().unwrap().go_on();
    }

    fn has_secrets(&self) -> bool {
        let mut command = Command::new("dbus-send");
        command.arg(format!("--bus={}", self.address)).args(["--print-reply", "--dest=org.freedesktop.DBus"]);
        command.args(["/", "org.freedesktop.DBus.NameHasOwner"]).arg(format!("string:{SECRETS}"));
        let answer = command.output().unwrap();
        String::from_utf8_lossy(&answer.stdout).contains("boolean true")
    }
}

/// Calls on a bus, until this is dropped.
pub struct Calls {
    _process: Kept,
    path: PathBuf,
}

impl Calls {
    /// Waits for a call that has this, and returns all so far.
    pub fn until_one_has(&self, text: &str) -> String {
        wait_until(text, || fs::read_to_string(&self.path).ok().filter(|calls| calls.contains(text)))
    }
}

fn written(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("bus.conf");
    fs::write(&path, text).unwrap();
    path
}
