//! The brand of the service: name, logo, colour, support address and imprint, in pages and mails.

mod colour;
mod logo;

use std::{path::Path, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use jeton_core::{
    email::Email,
    text::{shown, trimmed},
};

pub use colour::{Accent, Colour, Palette};
pub use logo::{Logo, MAX_LOGO_BYTES, MAX_LOGO_SIDE};

use crate::page::{asset::Asset, style::STYLE};

/// The longest name, in characters.
pub const MAX_NAME: usize = 60;

/// The longest imprint, in characters.
pub const MAX_IMPRINT: usize = 1000;

/// The most lines of an imprint.
pub const MAX_IMPRINT_LINES: usize = 10;

/// The brand.
#[derive(Debug, Clone)]
pub struct Brand {
    /// `JETON_NAME`: the name of the product or company.
    pub name: String,
    /// `JETON_COLOR`: the colours of links and buttons.
    pub palette: Palette,
    /// `JETON_LOGO`: the logo.
    pub logo: Option<Arc<Logo>>,
    /// `JETON_SUPPORT`: the address for questions.
    pub support: Option<Email>,
    /// `JETON_IMPRINT`: the lines below pages and mails.
    pub imprint: Vec<String>,
    /// The style sheet of pages, with the colours and the logo, at the path of each function that serves it.
    styles: Arc<Styles>,
    /// The icon of pages: the logo, or a ring in the colour of links.
    icon: Arc<Asset>,
}

#[derive(Debug)]
struct Styles {
    console: Asset,
    pickup: Asset,
}

impl Styles {
    fn of(text: &Bytes) -> Self {
        let at = |path| Asset::made(path, "text/css; charset=utf-8", text.clone());
        Self { console: at("/console/-/console.css"), pickup: at("/pickup/-/pickup.css") }
    }
}

/// The path that browsers read an icon from by themselves, too.
const ICON: &str = "/favicon.ico";

/// A ring, as pages have it in front of the name.
fn ring(colour: Colour) -> Asset {
    let ring = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
         <circle cx=\"16\" cy=\"16\" r=\"11\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"8\"/></svg>"
    );
    Asset::made(ICON, "image/svg+xml", ring.into())
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: "Jeton".to_owned(),
            palette: Palette::default(),
            logo: None,
            support: None,
            imprint: Vec::new(),
            styles: Arc::new(Styles::of(&Bytes::from_static(STYLE.as_bytes()))),
            icon: Arc::new(ring(Palette::default().light.colour)),
        }
    }
}

impl Brand {
    /// The brand with this name. The error is a message for the operator.
    pub fn named(self, name: &str) -> Result<Self, &'static str> {
        let fits = name.chars().count() <= MAX_NAME && trimmed(name) == name && shown(name) == name;
        // Mail clients show the name in front of the address of the sender, and must not take it for an address or decode it.
        if !fits || name.is_empty() || name.contains(['\n', '\t', '@', '<', '>', '"']) || name.contains("=?")
        {
            return Err("must be a name of 1 to 60 visible characters, without @, <, > and quotation marks");
        }
        Ok(Self { name: name.to_owned(), ..self })
    }

    /// The brand with a colour such as `#3f51c7`. The error is a message for the operator.
    pub fn coloured(self, colour: &str) -> Result<Self, &'static str> {
        let colour = Colour::parse(colour).ok_or("must be a colour such as #3f51c7")?;
        Ok(Self { palette: Palette::of(colour), ..self }.styled())
    }

    /// The brand with this address for questions. The error is a message for the operator.
    pub fn supported_by(self, address: &str) -> Result<Self, &'static str> {
        let support =
            Email::parse(address).ok_or("must be one e-mail address, such as support@example.com")?;
        Ok(Self { support: Some(support), ..self })
    }

    /// The brand with an imprint, whose lines end with a line break or with `\n`. The error is a message for the operator.
    pub fn published_by(self, imprint: &str) -> Result<Self, &'static str> {
        let text = imprint.replace("\\n", "\n");
        let lines: Vec<_> =
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        let visible = lines.iter().all(|line| shown(line) == line.as_str() && !line.contains('\t'));
        if lines.len() > MAX_IMPRINT_LINES || text.chars().count() > MAX_IMPRINT || !visible {
            return Err("must be at most 1000 visible characters in at most 10 lines");
        }
        Ok(Self { imprint: lines, ..self })
    }

    /// The brand with the logo in this file. The error is a message for the operator.
    pub fn with_logo_of(self, file: &Path) -> Result<Self, String> {
        Ok(self.with_logo(Logo::read(file)?))
    }

    /// The brand with this logo.
    #[must_use]
    pub fn with_logo(self, logo: Logo) -> Self {
        Self { logo: Some(Arc::new(logo)), ..self }.styled()
    }

    /// The style sheet of the console.
    pub fn console_style(&self) -> &Asset {
        &self.styles.console
    }

    /// The icon of all pages.
    pub fn icon(&self) -> &Asset {
        &self.icon
    }

    /// The style sheet of the other pages.
    pub fn pickup_style(&self) -> &Asset {
        &self.styles.pickup
    }

    fn styled(self) -> Self {
        let logo = self.logo.as_ref().map(|logo| {
            // Beside the name, which screen readers read. It is a part of the style sheet, so that no page repeats it.
            format!(
                "\n.mark::before {{ width: 1.6em; height: 1.6em; border: 0; border-radius: 0; vertical-align: -0.45em; \
                 background: url(data:image/png;base64,{}) center / contain no-repeat; }}\n",
                BASE64_STANDARD.encode(logo.bytes())
            )
        });
        let style = format!("{STYLE}{}{}", self.palette.css(), logo.unwrap_or_default());
        let icon = self.logo.as_ref().map_or_else(
            || ring(self.palette.light.colour),
            |logo| Asset::made(ICON, "image/png", Bytes::copy_from_slice(logo.bytes())),
        );
        Self { styles: Arc::new(Styles::of(&style.into())), icon: Arc::new(icon), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_everyone_sees_and_no_address() {
        for good in ["Acme Tokens", "Žluťoučký kůň s.r.o.", "A", "O'Neil & Co.", &"x".repeat(MAX_NAME)]
        {
            assert_eq!(Brand::default().named(good).unwrap().name, good);
        }
        for bad in [
            "",
            " x",
            "a\nb",
            "a\tb",
            "x\u{200b}y",
            "\u{202e}x",
            "support@acme.com",
            "<b>",
            "a\"b",
            "=?utf-8?q?x?=",
            &"x".repeat(MAX_NAME + 1),
        ] {
            assert!(Brand::default().named(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_imprint_has_lines_and_a_bound() {
        let imprint = |text: &str| Brand::default().published_by(text).map(|brand| brand.imprint);
        assert_eq!(
            imprint("Acme Ltd.\\nPrague\n\nID 123 "),
            Ok(["Acme Ltd.", "Prague", "ID 123"].map(str::to_owned).to_vec())
        );
        assert!(imprint(&"x".repeat(MAX_IMPRINT)).is_ok() && imprint(&"x".repeat(MAX_IMPRINT + 1)).is_err());
        assert!(imprint(&"x\n".repeat(MAX_IMPRINT_LINES + 1)).is_err() && imprint("a\u{200b}b").is_err());
    }

    #[test]
    fn an_address_for_questions_is_one_address() {
        assert!(Brand::default().supported_by("support@acme.com").is_ok());
        for bad in ["", "https://acme.com", "Acme <support@acme.com>", "a@b, c@d"] {
            assert!(Brand::default().supported_by(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_style_sheet_ends_with_the_colours_and_the_logo() {
        assert_eq!(Brand::default().pickup_style().text(), STYLE.as_bytes());
        let brand = Brand::default().coloured("#ff0000").unwrap().with_logo(logo::tests::sample());
        let style = std::str::from_utf8(brand.pickup_style().text()).unwrap();
        let added = style.strip_prefix(STYLE).unwrap();
        assert!(
            added.contains("--accent: #") && added.contains("url(data:image/png;base64,iVBORw0KGgo"),
            "{added}"
        );
        assert_eq!(added.matches('{').count(), added.matches('}').count());
        // A browser that keeps the style sheet of another brand asks for this one.
        assert_ne!(brand.pickup_style().address(), Brand::default().pickup_style().address());
        assert_eq!(brand.console_style().text(), brand.pickup_style().text());
    }
}
