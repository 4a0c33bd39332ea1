//! How large an event is.

use std::io;

use super::Event;

impl Event {
    /// How many bytes the event takes where it is stored, as JSON.
    pub fn stored_bytes(&self) -> u32 {
        let mut counted = Counted(0);
        // Counting does not fail; an event that cannot be written is not stored either.
        let _ = serde_json::to_writer(&mut counted, self);
        u32::try_from(counted.0).unwrap_or(u32::MAX)
    }
}

struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
