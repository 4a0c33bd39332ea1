//! The mailers.

#[cfg(feature = "smtp")]
use super::smtp::Smtp;
use super::{Mail, Stamp, not_sent::NotSent, outbox::Outbox, ses::Ses};

/// A mailer.
#[derive(Debug)]
pub enum Mailer {
    /// Writes files, for development.
    Outbox(Outbox),
    /// Sends through an SMTP server.
    #[cfg(feature = "smtp")]
    Smtp(Smtp),
    /// Sends through Amazon SES.
    Ses(Ses),
}

impl Mailer {
    /// Sends a mail. `Ok` means that the server accepted it, not that it was delivered.
    pub async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        match self {
            Self::Outbox(outbox) => outbox.send(mail, stamp).await,
            #[cfg(feature = "smtp")]
            Self::Smtp(smtp) => smtp.send(mail, stamp).await,
            Self::Ses(ses) => ses.send(mail, stamp).await,
        }
    }
}
