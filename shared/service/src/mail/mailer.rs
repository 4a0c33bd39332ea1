//! The ways mails leave.

#[cfg(feature = "smtp")]
use super::smtp::Smtp;
use super::{Mail, Stamp, not_sent::NotSent, outbox::Outbox, ses::Ses};

/// The way mails leave.
#[derive(Debug)]
pub enum Mailer {
    /// Into files, for development.
    Outbox(Outbox),
    /// Through an SMTP server.
    #[cfg(feature = "smtp")]
    Smtp(Smtp),
    /// Through Amazon SES.
    Ses(Ses),
}

impl Mailer {
    /// Hands the mail over. `Ok` means the next station took responsibility for it, not that
    /// anybody has read it.
    pub async fn send(&self, mail: &Mail, stamp: Stamp) -> Result<(), NotSent> {
        match self {
            Self::Outbox(outbox) => outbox.send(mail, stamp).await,
            #[cfg(feature = "smtp")]
            Self::Smtp(smtp) => smtp.send(mail, stamp).await,
            Self::Ses(ses) => ses.send(mail, stamp).await,
        }
    }
}
