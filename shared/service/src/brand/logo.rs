//! The logo: a small PNG image.

use std::{fmt, fs::File, io::Read as _, path::Path};

/// The largest file.
pub const MAX_LOGO_BYTES: usize = 32 << 10;

/// The largest width and height, in pixels.
pub const MAX_LOGO_SIDE: u32 = 1024;

/// A PNG image within the limits.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo(Vec<u8>);

/// The signature of a PNG file, and the length and name of its first chunk.
const START: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// The last chunk of a PNG file.
const END: &[u8] = b"\0\0\0\0IEND\xaeB\x60\x82";

impl Logo {
    /// Reads a file. The error is a message for the operator.
    pub fn read(file: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let limit = MAX_LOGO_BYTES as u64 + 1;
        let read = File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(bytes).map_err(str::to_owned)
    }

    /// Checks a PNG image. The error is a message for the operator.
    ///
    /// A small file may name a size for which a browser would reserve gigabytes, so its header is read.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() > MAX_LOGO_BYTES {
            return Err("must be a file of at most 32 KiB");
        }
        if !bytes.starts_with(START) || !bytes.ends_with(END) {
            return Err("must be a PNG image");
        }
        let side = |at: usize| {
            let side = bytes.get(at..at + 4).and_then(|side| side.try_into().ok());
            side.map(u32::from_be_bytes).filter(|side| (1..=MAX_LOGO_SIDE).contains(side))
        };
        if side(START.len()).is_none() || side(START.len() + 4).is_none() {
            return Err("must have at most 1024 pixels in width and height");
        }
        Ok(Self(bytes))
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({} bytes)", self.0.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    /// An image of one pixel.
    pub fn sample() -> Logo {
        let image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
        Logo::parse(BASE64_STANDARD.decode(image).unwrap()).unwrap()
    }

    #[test]
    fn only_a_small_png_image_is_a_logo() {
        let image = sample().0;
        let sized = |width: u32, height: u32| {
            let mut image = image.clone();
            image[16..20].copy_from_slice(&width.to_be_bytes());
            image[20..24].copy_from_slice(&height.to_be_bytes());
            Logo::parse(image)
        };
        assert!(sized(MAX_LOGO_SIDE, 1).is_ok());
        for (width, height) in [(0, 1), (1, 0), (MAX_LOGO_SIDE + 1, 1), (1, u32::MAX)] {
            assert!(sized(width, height).is_err(), "{width} {height}");
        }
        let longer = [&image[..33], &vec![0; MAX_LOGO_BYTES], END].concat();
        for bad in [
            Vec::new(),
            b"<svg/>".to_vec(),
            b"\xff\xd8\xff\xe0".to_vec(),
            image[..40].to_vec(),
            longer,
            [START, END].concat(),
        ] {
            assert!(Logo::parse(bad).is_err());
        }
    }

    #[test]
    fn a_file_that_is_missing_or_never_ends_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Logo::read(&folder.path().join("logo.png")).unwrap_err().starts_with("cannot be read"));
        assert!(Logo::read(folder.path()).unwrap_err().starts_with("cannot be read"));
        #[cfg(unix)]
        assert_eq!(Logo::read(Path::new("/dev/zero")).unwrap_err(), "must be a file of at most 32 KiB");
    }
}
