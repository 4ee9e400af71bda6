//! How a page looks: at a size, in the dark, on paper; and pictures of it for people to look at.

use crate::browser::Browser;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What the styles of a page may ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Light,
    Dark,
    /// On the screen, as it will be on paper.
    Print,
}

impl Look {
    /// In the names of pictures.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Print => "print",
        }
    }
}

/// No page is pictured further down.
const LONGEST: u64 = 6_000;

impl Browser {
    /// Gives the page this many pixels, however small.
    #[track_caller]
    pub(crate) fn resize(&self, width: u32, height: u32) -> &Self {
        self.size.set((width, height));
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        self
    }

    /// Light, dark or paper, until told otherwise; always for a reader who wants nothing to move.
    #[track_caller]
    pub(crate) fn look_as(&self, look: Look) -> &Self {
        self.look.set(look);
        let scheme = if look == Look::Dark { "dark" } else { "light" };
        let media = if look == Look::Print { "print" } else { "" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
        self
    }

    /// Brings to its end whatever still moves: what is half way has no colour to be judged.
    #[track_caller]
    pub(crate) fn settle(&self) -> &Self {
        self.script("for (const move of document.getAnimations()) try { move.finish() } catch { move.cancel() }", &[]);
        self
    }

    /// Fails when the page is wider than the window: nobody reads with two scrollbars.
    #[track_caller]
    pub(crate) fn check_width(&self) -> &Self {
        let wide = self.script("return document.documentElement.scrollWidth", &[]).as_u64();
        let (width, _) = self.size.get();
        assert!(wide <= Some(u64::from(width)), "{} needs {wide:?} px, the window has {width}", self.path());
        self
    }

    /// Writes a PNG of what the window shows.
    #[track_caller]
    pub(crate) fn screenshot(&self, path: &Path) -> &Self {
        let picture = self.settle().devtools("Page.captureScreenshot", &json!({ "format": "png" }));
        write(path, &picture);
        self
    }

    /// Writes a PNG of the page down to its end.
    #[track_caller]
    pub(crate) fn whole_screenshot(&self, path: &Path) -> &Self {
        let high = self.script("return document.documentElement.scrollHeight", &[]).as_u64().unwrap_or_default();
        let (width, height) = self.size.get();
        let high = high.clamp(u64::from(height), LONGEST);
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": high, "scale": 1 });
        let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.settle().devtools("Page.captureScreenshot", &wanted);
        write(path, &picture);
        self
    }

    /// The page on A4 paper, as a PDF.
    #[track_caller]
    pub(crate) fn pdf(&self) -> Vec<u8> {
        let paper = json!({ "page": { "width": 21.0, "height": 29.7 }, "background": false });
        let pdf = self.must("POST", "/print", &paper);
        STANDARD.decode(pdf.as_str().unwrap_or_default()).expect("a PDF in base64")
    }

    /// A command of the developer tools' protocol.
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.must("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }
}

#[track_caller]
fn write(path: &Path, picture: &Value) {
    let bytes = STANDARD.decode(picture["data"].as_str().unwrap_or_default()).expect("a picture in base64");
    fs::write(path, bytes).expect("a folder that takes pictures");
}
