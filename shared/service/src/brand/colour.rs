//! The colour of links and buttons, in light and dark, with enough contrast to read them (WCAG 2, 1.4.3).

use std::fmt;

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The colours of links and buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// On a light page.
    pub light: Accent,
    /// On a dark page.
    pub dark: Accent,
}

/// The colours of links and buttons on one kind of page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// Links, and the ground of buttons.
    pub colour: Colour,
    /// The same under the mouse.
    pub over: Colour,
    /// The text of buttons.
    pub text: Colour,
}

const BLACK: Colour = Colour::new(0, 0, 0);
const WHITE: Colour = Colour::new(255, 255, 255);

/// The darkest ground of links on a light page, and the lightest one on a dark page (`--sunken` and `--sheet` of the style sheet).
const LIGHT_GROUND: Colour = Colour::new(0xf3, 0xf4, 0xf7);
const DARK_GROUND: Colour = Colour::new(0x18, 0x1b, 0x21);

/// The text of buttons on a dark page.
const DARK_TEXT: Colour = Colour::new(0x12, 0x16, 0x2e);

/// The contrast of text that everyone can read.
const CONTRAST: f64 = 4.5;

/// The steps in which a colour is made darker or lighter.
const STEPS: u8 = 50;

impl Default for Palette {
    fn default() -> Self {
        let (light, dark) = (Colour::new(0x3f, 0x51, 0xc7), Colour::new(0xa3, 0xb0, 0xff));
        Self {
            light: Accent { colour: light, over: Colour::new(0x33, 0x42, 0xa8), text: WHITE },
            dark: Accent { colour: dark, over: Colour::new(0xbc, 0xc6, 0xff), text: DARK_TEXT },
        }
    }
}

impl Palette {
    /// The palette of a colour. It is made darker for light pages, and lighter for dark ones, until text in it can be read.
    pub fn of(colour: Colour) -> Self {
        let light = colour.towards(BLACK, &[LIGHT_GROUND, WHITE]);
        let dark = colour.towards(WHITE, &[DARK_GROUND, DARK_TEXT]);
        Self {
            light: Accent { colour: light, over: light.mixed(BLACK, 9), text: WHITE },
            dark: Accent { colour: dark, over: dark.mixed(WHITE, 14), text: DARK_TEXT },
        }
    }

    /// The colours as custom properties of CSS.
    pub(super) fn css(&self) -> String {
        let properties = |Accent { colour, over, text }: &Accent| {
            format!(":root {{ --accent: {colour}; --accent-over: {over}; --on-accent: {text}; }}")
        };
        let (light, dark) = (properties(&self.light), properties(&self.dark));
        format!("\n{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n")
    }
}

impl Colour {
    const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Parses `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// The contrast of two colours, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// This colour, mixed with another one until it can be read on all these grounds.
    fn towards(self, end: Self, grounds: &[Self]) -> Self {
        let readable = |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= CONTRAST);
        (0..=STEPS).map(|step| self.mixed(end, step)).find(readable).unwrap_or(end)
    }

    fn mixed(self, end: Self, step: u8) -> Self {
        let mix = |from: u8, to: u8| {
            let mixed = (u16::from(from) * u16::from(STEPS - step) + u16::from(to) * u16::from(step))
                / u16::from(STEPS);
            u8::try_from(mixed).unwrap_or(to)
        };
        Self {
            red: mix(self.red, end.red),
            green: mix(self.green, end.green),
            blue: mix(self.blue, end.blue),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(Colour::parse("#3F51c7").unwrap().to_string(), "#3f51c7");
        for bad in ["", "3f51c7", "#3f5", "#3f51c7ff", "#+f51c7", "#3g51c7", "red", "#3f51c7;}"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_in_any_colour_can_be_read() {
        let steps = || (0..=255).step_by(51);
        for (red, green, blue) in
            steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b))))
        {
            let Palette { light, dark } = Palette::of(Colour::new(red, green, blue));
            for colour in [light.colour, light.over] {
                assert!(colour.contrast(WHITE).min(colour.contrast(LIGHT_GROUND)) >= CONTRAST, "{colour}");
            }
            for colour in [dark.colour, dark.over] {
                assert!(colour.contrast(DARK_GROUND).min(colour.contrast(DARK_TEXT)) >= CONTRAST, "{colour}");
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let blue = Colour::parse("#3f51c7").unwrap();
        assert_eq!(Palette::of(blue).light.colour, blue);
        assert_ne!(Palette::of(WHITE).light.colour, WHITE);
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let style = crate::page::style::STYLE;
        let Palette { light, dark } = Palette::default();
        for (name, colour) in [
            ("sunken", LIGHT_GROUND),
            ("sheet", DARK_GROUND),
            ("accent", light.colour),
            ("accent", dark.colour),
            ("on-accent", DARK_TEXT),
        ] {
            assert!(style.contains(&format!("--{name}: {colour};")), "{name} {colour}");
        }
    }
}
