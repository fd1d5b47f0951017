//! How the panel hangs: where its picture has what an upright page has elsewhere.

use crate::picture::Picture;

/// A page that stands upright.
const WIDTH_PX: usize = 1080;
const HEIGHT_PX: usize = 1920;
/// The ground of the kiosk's pages; black text consoles and firmware screens have nothing of it.
const GROUND: [u8; 3] = [0xee, 0xf2, 0xf7];
/// Within the header, on an upright page.
const HEADER: (usize, usize) = (540, 10);
/// The key for the other language, on an upright page.
pub(crate) const ENGLISH: (usize, usize) = (380, 1820);

/// Which way up the panel hangs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panel {
    Upright,
    /// Made to lie, turned clockwise.
    OnItsSide,
    UpsideDown,
}

impl Panel {
    /// Pixels of its picture, across and down.
    pub(crate) fn size(self) -> (usize, usize) {
        match self {
            Self::Upright | Self::UpsideDown => (WIDTH_PX, HEIGHT_PX),
            Self::OnItsSide => (HEIGHT_PX, WIDTH_PX),
        }
    }

    /// Where its picture has a place of the upright page.
    pub(crate) fn place(self, (x, y): (usize, usize)) -> (usize, usize) {
        match self {
            Self::Upright => (x, y),
            Self::OnItsSide => (HEIGHT_PX - y, x),
            Self::UpsideDown => (WIDTH_PX - x, HEIGHT_PX - y),
        }
    }

    /// Whether a page of ours is on it.
    pub(crate) fn has_page(self, picture: &Picture) -> bool {
        (picture.width_px, picture.height_px) == self.size() && picture.share_of(GROUND) > 300
    }

    /// Whether the page's top is where it has to be.
    pub(crate) fn is_right_way_up(self, picture: &Picture) -> bool {
        let (x, y) = self.place(HEADER);
        let [red, green, blue] = picture.at(x, y);
        red < 0x40 && green < 0x60 && blue > 0x50
    }
}
