//! Base 62, most significant digit first, padded to a fixed width.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends a number of big-endian bytes as exactly `width` digits.
///
/// The caller chooses a width that the number cannot exceed; 43 digits hold 256 bits, 6 hold 32.
pub fn push(text: &mut String, number: &[u8], width: usize) {
    let mut number = number.to_vec();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u16;
        for byte in &mut number {
            let value = remainder << 8 | u16::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = DIGITS[usize::from(remainder)];
    }
    debug_assert!(number.iter().all(|&byte| byte == 0), "the number needs more than {width} digits");
    text.extend(digits.into_iter().map(char::from));
}

/// Whether these digits, padded or not, equal this number.
pub fn is(digits: &str, number: u32) -> bool {
    let mut rest = number;
    let fit = digits.bytes().rev().all(|digit| {
        let expected = DIGITS[(rest % 62) as usize];
        rest /= 62;
        digit == expected
    });
    fit && rest == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(number: &[u8], width: usize) -> String {
        let mut text = String::new();
        push(&mut text, number, width);
        text
    }

    #[test]
    fn numbers_keep_their_width() {
        assert_eq!(encoded(&[0; 32], 43), "0".repeat(43));
        assert_eq!(encoded(&[61], 2), "0z");
        assert_eq!(encoded(&[0, 62], 2), "10");
        assert_eq!(encoded(&u32::MAX.to_be_bytes(), 6), "4gfFC3");
        assert_eq!(encoded(&[255; 32], 43).len(), 43);
    }

    #[test]
    fn a_number_is_recognised_by_its_digits_alone() {
        for number in [0, 61, 62, 3844, u32::MAX] {
            let digits = encoded(&number.to_be_bytes(), 6);
            assert!(is(&digits, number), "{digits}");
            assert!(!is(&digits, number ^ 1), "{digits}");
        }
        assert!(!is("", 1) && !is("0g", 42 + 62) && !is("0000-1", 1));
    }
}
