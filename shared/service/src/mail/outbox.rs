//! Mails as files, for development: nothing leaves the machine, and the `/outbox` page shows them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lettre::Address;
use mail_parser::MessageParser;

use super::{Mail, NotSent, Stamp, mime};

/// As many mails as the page lists. An outbox nobody empties must not make it slow.
const LISTED: usize = 200;

/// A directory of mails, one `{millis}-{32 hexadecimal digits}.eml` each.
#[derive(Debug, Clone)]
pub struct Outbox {
    dir: PathBuf,
    from: Address,
}

/// One mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The file's name, by which [`Outbox::read`] finds it.
    pub name: String,
    /// When it was sent, in milliseconds since 1970.
    pub millis: i64,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
}

impl Outbox {
    /// An outbox in this directory, which is created with the first mail.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        // Nobody can answer a mail that never left, so the sender need not be configured.
        Self { dir: dir.into(), from: Address::new_dangerous("jeton", "localhost") }
    }

    /// Where the mails are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        let raw = mime::message(mail, &self.from, stamp)?.formatted();
        let (dir, name) = (self.dir.clone(), format!("{}-{}.eml", stamp.millis.max(0), stamp.hex()));
        away(move || store(&dir, &name, &raw)).await.map_err(|error| NotSent::Outbox(error.kind()))
    }

    /// The newest mails, newest first.
    pub async fn list(&self) -> io::Result<Vec<OutboxEntry>> {
        let dir = self.dir.clone();
        away(move || list(&dir)).await
    }

    /// One mail as it would have been sent; `None` when there is none of that name. The name comes
    /// from an address bar, so only names that this outbox gives can reach the disk.
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

/// Runs work on files where it may block.
async fn away<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Writes the file whole or not at all: a reader never meets half a mail. The owner alone may read
/// it, because it holds a link and a code.
fn store(dir: &Path, name: &str, raw: &[u8]) -> io::Result<()> {
    let mut directory = DirBuilder::new();
    directory.recursive(true);
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directory.mode(0o700);
        file.mode(0o600);
    }
    directory.create(dir)?;
    let unfinished = dir.join(format!(".{name}.tmp"));
    let written = file
        .open(&unfinished)
        .and_then(|mut file| file.write_all(raw))
        .and_then(|()| fs::rename(&unfinished, dir.join(name)));
    if written.is_err() {
        // The first failure is the one worth telling.
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
    // A mail deleted while we look is simply not there any more.
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

/// The time in a name that an outbox gives, `None` for every other name.
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
        assert_eq!(
            listed[0],
            OutboxEntry {
                name: format!("1795521600000-{}.eml", "ab".repeat(16)),
                millis: STAMP.millis,
                to: "bob@example.com".to_owned(),
                subject: "Žluťoučký kůň".to_owned(),
            }
        );
        let raw = outbox.read(&listed[0].name).await.unwrap().unwrap();
        assert!(raw.contains("To: bob@example.com\r\n"));
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
