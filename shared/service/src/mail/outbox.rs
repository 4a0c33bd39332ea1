//! The outbox: a mailer for development that writes files, which the `/outbox` page shows.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use jeton_core::secret::PlainSecret;
use lettre::Address;
use mail_parser::MessageParser;

use super::{Mail, NotSent, Stamp, mime};
use jeton_private_file as private_file;

/// The most mails that the page lists.
const LISTED: usize = 200;

/// The number of mails that this process has written. It orders those of one millisecond.
static WRITTEN: AtomicU32 = AtomicU32::new(0);

/// A directory of mails, one `{millis}-{32 hexadecimal digits}.eml` each. The first 8 digits count the mails of a process, the
/// others are random.
#[derive(Debug, Clone)]
pub struct Outbox {
    dir: PathBuf,
    from: Address,
}

/// One mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The name of the file, for [`Outbox::read`].
    pub name: String,
    /// When it was sent, in milliseconds since 1970.
    pub millis: i64,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
}

impl Outbox {
    /// An outbox in this directory, which the first mail creates.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        // These mails are never sent, so no sender is configured.
        Self { dir: dir.into(), from: Address::new_dangerous("jeton", "localhost") }
    }

    /// The directory of the mails.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with the key of the `/outbox` page, readable by its owner only.
    pub fn key_file(&self) -> PathBuf {
        self.dir.join("key")
    }

    /// The key of the `/outbox` page; `None` before [`Outbox::keep_key`]. Who can read it can read the mails, too.
    ///
    /// Errors: the file contains no key, or others can access it.
    pub async fn key(&self) -> io::Result<Option<PlainSecret>> {
        let file = self.key_file();
        away(move || key(&file)).await
    }

    /// The key of the `/outbox` page. If there is none, stores the given one, so that it stays the same after a restart.
    ///
    /// Errors: as for [`Outbox::key`]; the file cannot be written.
    pub async fn keep_key(&self, new: PlainSecret) -> io::Result<PlainSecret> {
        let (dir, file) = (self.dir.clone(), self.key_file());
        away(move || {
            if let Some(key) = key(&file)? {
                return Ok(key);
            }
            directory(&dir)?;
            // Written under another name first, so that a second server never reads a part of it.
            let unfinished = dir.join(format!(".key.{}.tmp", std::process::id()));
            private_file::remove(&unfinished)?;
            let mut made = private_file::create(&unfinished)?;
            made.write_all(format!("{}\n", new.expose()).as_bytes())?;
            made.sync_all()?;
            match private_file::publish(&unfinished, &file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    fs::remove_file(&unfinished)?;
                    key(&file)?.ok_or_else(|| io::ErrorKind::NotFound.into())
                }
                published => published.map(|()| new),
            }
        })
        .await
    }

    pub(super) async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        let raw = mime::message(mail, &self.from, stamp)?.formatted();
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number:08x}{}.eml", stamp.millis.max(0), &stamp.hex()[8..]);
        let dir = self.dir.clone();
        away(move || store(&dir, &name, &raw)).await.map_err(|error| NotSent::Outbox(error.kind()))
    }

    /// The newest mails, newest first.
    pub async fn list(&self) -> io::Result<Vec<OutboxEntry>> {
        let dir = self.dir.clone();
        away(move || list(&dir)).await
    }

    /// A mail by its file name. The name comes from a URL, so it must have the form of the outbox.
    pub async fn read(&self, name: &str) -> io::Result<Option<String>> {
        if millis_of(name).is_none() {
            return Ok(None);
        }
        let path = self.dir.join(name);
        away(move || match fs::read(path) {
            Ok(raw) => Ok(Some(String::from_utf8_lossy(&raw).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }
}

/// Runs blocking file operations on a thread for them.
async fn away<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Whether a text has the form of an outbox key.
pub fn is_outbox_key(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn key(path: &Path) -> io::Result<Option<PlainSecret>> {
    let said = |problem: &str| io::Error::other(format!("{}: {problem}", path.display()));
    let file = match private_file::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(said(&error.to_string())),
    };
    let mut text = String::new();
    file.take(64).read_to_string(&mut text)?;
    let key = Some(text.trim_end()).filter(|key| is_outbox_key(key));
    let key =
        key.ok_or_else(|| said("it contains no key of the outbox; delete it, and a new one is created"))?;
    Ok(Some(PlainSecret::new(key.to_owned())))
}

/// Creates the directory, for its owner only, unless it exists.
fn directory(dir: &Path) -> io::Result<()> {
    let mut directory = DirBuilder::new();
    directory.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(dir)
}

/// Writes a file atomically, so that a reader never sees half a mail. Only the owner may read it, because it contains a link
/// and a code.
fn store(dir: &Path, name: &str, raw: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    directory(dir)?;
    let unfinished = dir.join(format!(".{name}.tmp"));
    let written = file
        .open(&unfinished)
        .and_then(|mut file| file.write_all(raw))
        .and_then(|()| fs::rename(&unfinished, dir.join(name)));
    if written.is_err() {
        // Report the first error.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn list(dir: &Path) -> io::Result<Vec<OutboxEntry>> {
    let files = match fs::read_dir(dir) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for file in files {
        if let Ok(name) = file?.file_name().into_string()
            && let Some(millis) = millis_of(&name)
        {
            names.push((millis, name));
        }
    }
    names.sort_unstable_by(|one, other| other.cmp(one));
    names.truncate(LISTED);
    // A mail may be deleted meanwhile.
    Ok(names.into_iter().filter_map(|(millis, name)| entry(dir, millis, name)).collect())
}

fn entry(dir: &Path, millis: i64, name: String) -> Option<OutboxEntry> {
    let raw = fs::read(dir.join(&name)).ok()?;
    let parsed = MessageParser::default().parse_headers(&raw)?;
    let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
    Some(OutboxEntry {
        to: to.to_owned(),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        name,
        millis,
    })
}

/// The time in a file name of the outbox; `None` for other names.
fn millis_of(name: &str) -> Option<i64> {
    let (millis, unique) = name.strip_suffix(".eml")?.split_once('-')?;
    let named = unique.len() == 32
        && unique.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        && millis.bytes().all(|digit| digit.is_ascii_digit());
    if named { millis.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::Mailer;
    use super::super::tests::{STAMP, sample};
    use super::*;

    #[tokio::test]
    async fn its_key_is_made_once_and_a_file_that_holds_none_or_that_others_read_is_rejected() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(dir.path().join("out"));
        assert!(outbox.key().await.unwrap().is_none());
        let key = |letter: &str| PlainSecret::new(letter.repeat(43));
        for _ in 0..2 {
            assert_eq!(outbox.keep_key(key("a")).await.unwrap().expose(), key("a").expose());
        }
        assert_eq!(outbox.keep_key(key("b")).await.unwrap().expose(), key("a").expose());
        assert_eq!(outbox.list().await.unwrap(), []);
        for wrong in ["", "short", &"a".repeat(44), &"-".repeat(43)] {
            fs::write(outbox.key_file(), wrong).unwrap();
            let refused = outbox.keep_key(key("b")).await.unwrap_err().to_string();
            assert!(refused.contains("contains no key"), "{refused}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::write(outbox.key_file(), "a".repeat(43)).unwrap();
            fs::set_permissions(outbox.key_file(), fs::Permissions::from_mode(0o644)).unwrap();
            let refused = outbox.key().await.unwrap_err().to_string();
            assert!(refused.contains("key") && refused.contains("0644"), "{refused}");
        }
    }

    #[tokio::test]
    async fn mails_come_back_newest_first() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(dir.path().join("out"));
        assert_eq!(outbox.list().await.unwrap(), []);
        let mailer = Mailer::Outbox(outbox.clone());
        for millis in [9, STAMP.millis, 10] {
            mailer.send(&sample(), Stamp { millis, ..STAMP }).await.unwrap();
        }
        let listed = outbox.list().await.unwrap();
        assert_eq!(listed.iter().map(|entry| entry.millis).collect::<Vec<_>>(), [STAMP.millis, 10, 9]);
        let name = listed[0].name.clone();
        assert!(
            name.starts_with("1795521600000-") && name.ends_with(&format!("{}.eml", "ab".repeat(12))),
            "{name}"
        );
        assert_eq!(
            listed[0],
            OutboxEntry {
                name,
                millis: STAMP.millis,
                to: "bob@example.com".to_owned(),
                subject: "Žluťoučký kůň".to_owned(),
            }
        );
        let raw = outbox.read(&listed[0].name).await.unwrap().unwrap();
        assert!(raw.contains("To: bob@example.com\r\n"));
    }

    #[tokio::test]
    async fn mails_of_one_millisecond_come_back_in_the_order_in_which_they_were_sent() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(dir.path());
        let subjects: Vec<_> = (0..16).map(|number| format!("Mail {number}")).collect();
        for (digit, subject) in (0_u8..).zip(&subjects) {
            let mail = Mail { subject: subject.clone(), ..sample() };
            // Random bits that fall.
            outbox.send(&mail, Stamp { random: [255 - digit; 16], ..STAMP }).await.unwrap();
        }
        let listed = outbox.list().await.unwrap();
        let listed: Vec<_> = listed.into_iter().rev().map(|entry| entry.subject).collect();
        assert_eq!(listed, subjects);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("deep/out");
        Outbox::new(&out).send(&sample(), STAMP).await.unwrap();
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
        let files: Vec<_> = fs::read_dir(&out).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn other_names_read_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        fs::write(dir.path().join("1-zz.eml"), "x").unwrap();
        let outbox = Outbox::new(dir.path().join("."));
        let unique = "ab".repeat(16);
        for name in [
            "secret".to_owned(),
            "../secret".to_owned(),
            "1-zz.eml".to_owned(),
            format!("/1-{unique}.eml"),
            format!("-{unique}.eml"),
            format!("+1-{unique}.eml"),
            format!("1-{}.eml", unique.to_uppercase()),
            format!("99999999999999999999-{unique}.eml"),
            format!("1-{unique}.eml"),
        ] {
            assert_eq!(outbox.read(&name).await.unwrap(), None, "{name}");
        }
        assert_eq!(outbox.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_is_not_sent() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "x").unwrap();
        let refused = Outbox::new(dir.path().join("file/out")).send(&sample(), STAMP).await;
        assert!(matches!(refused, Err(NotSent::Outbox(_))), "{refused:?}");
    }
}
