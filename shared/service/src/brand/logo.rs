//! The logo: a small PNG image.

use std::{
    fmt,
    fs::{self, File},
    io::{Cursor, Read as _},
    path::Path,
};

use png::{DecodeOptions, Decoder, DecodingError, Limits};

/// The largest file.
pub const MAX_LOGO_BYTES: usize = 32 << 10;

/// The largest width and height, in pixels.
pub const MAX_LOGO_SIDE: u32 = 1024;

/// The most memory for the decoder: several rows of the widest image, with 8 bytes for a pixel.
const MAX_DECODED_BYTES: usize = 1 << 20;

/// A PNG image within the limits.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo(Vec<u8>);

/// The signature of a PNG file, and the length and name of its first chunk.
const START: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// The last chunk of a PNG file.
const END: &[u8] = b"\0\0\0\0IEND\xaeB\x60\x82";

impl Logo {
    /// Reads a regular file: a pipe would keep the start waiting. The error is a message for the operator.
    pub fn read(file: &Path) -> Result<Self, String> {
        let unreadable = |error| format!("cannot be read: {error}");
        if !fs::metadata(file).map_err(unreadable)?.is_file() {
            return Err("must be a regular file, not a folder, a device or a pipe".to_owned());
        }
        let mut bytes = Vec::new();
        let limit = MAX_LOGO_BYTES as u64 + 1;
        File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(unreadable)?;
        Self::parse(bytes).map_err(str::to_owned)
    }

    /// Checks a PNG image. The error is a message for the operator.
    ///
    /// A small file may name a size for which a browser would reserve gigabytes, so its header is read before the image is decoded. It is
    /// decoded because mail clients and browsers show nothing, or a broken image, in place of one that is damaged.
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
        decode(&bytes).map_err(|_| "must be a PNG image, and this one is damaged")?;
        Ok(Self(bytes))
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Decodes an image row by row, and checks every checksum on the way.
fn decode(bytes: &[u8]) -> Result<(), DecodingError> {
    let mut options = DecodeOptions::default();
    options.set_ignore_checksums(false);
    options.set_skip_ancillary_crc_failures(false);
    // They are compressed, may be large, and are not shown.
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(Limits { bytes: MAX_DECODED_BYTES });
    let mut image = decoder.read_info()?;
    while image.next_row()?.is_some() {}
    image.finish()
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({} bytes)", self.0.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    /// An image of one pixel.
    pub fn sample() -> Logo {
        let image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
        Logo::parse(BASE64_STANDARD.decode(image).unwrap()).unwrap()
    }

    /// A chunk, with its checksum.
    fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
        let named = [name, data].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&named);
        [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &named, &crc.sum().to_be_bytes()].concat()
    }

    /// A grey image of this size, whose decompressed data is this.
    fn image(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(data).unwrap();
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
        let parts = [chunk(b"IHDR", &header), chunk(b"IDAT", &zlib.finish().unwrap()), chunk(b"IEND", b"")];
        [&START[..8], &parts.concat()].concat()
    }

    /// The data of an empty image.
    fn rows(width: u32, height: u32) -> Vec<u8> {
        vec![0; (width as usize + 1) * height as usize]
    }

    #[test]
    fn only_a_small_png_image_is_a_logo() {
        let sized = |width, height| Logo::parse(image(width, height, &rows(width, height)));
        for (width, height) in
            [(1, 1), (MAX_LOGO_SIDE, 1), (1, MAX_LOGO_SIDE), (MAX_LOGO_SIDE, MAX_LOGO_SIDE)]
        {
            assert!(sized(width, height).is_ok(), "{width} {height}");
        }
        for (width, height) in [(0, 1), (1, 0), (MAX_LOGO_SIDE + 1, 1), (1, MAX_LOGO_SIDE + 1)] {
            assert!(sized(width, height).is_err(), "{width} {height}");
        }
        assert!(Logo::parse(image(1, u32::MAX, &[0, 0])).is_err());
        let image = sample().0;
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
    fn an_image_that_cannot_be_decoded_is_no_logo() {
        let whole = image(3, 2, &rows(3, 2));
        assert!(Logo::parse(whole.clone()).is_ok());
        for at in START.len()..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(Logo::parse(damaged).is_err(), "byte {at}");
        }
        assert!(Logo::parse(image(3, 2, &rows(3, 1))).is_err(), "a row is missing");
        assert!(Logo::parse(image(3, 1, &[9, 0, 0, 0])).is_err(), "there is no such filter");
        let garbage = [&whole[..33], &[7; 350], END].concat();
        assert!(Logo::parse(garbage).is_err());
        let without_data = [&whole[..33], END].concat();
        assert!(Logo::parse(without_data).is_err());
    }

    #[test]
    fn a_file_that_is_missing_or_is_none_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Logo::read(&folder.path().join("logo.png")).unwrap_err().starts_with("cannot be read"));
        let long = folder.path().join("long.png");
        fs::write(&long, vec![0; MAX_LOGO_BYTES + 1]).unwrap();
        assert_eq!(Logo::read(&long).unwrap_err(), "must be a file of at most 32 KiB");
        assert!(Logo::read(folder.path()).unwrap_err().starts_with("must be a regular file"));
        #[cfg(unix)]
        assert!(Logo::read(Path::new("/dev/zero")).unwrap_err().starts_with("must be a regular file"));
    }
}
