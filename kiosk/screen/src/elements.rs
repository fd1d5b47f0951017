//! What can be seen and touched now, read from the window's own elements.

use std::fmt;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery, ElementRoot};
use slint::ComponentHandle;

/// What an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Button,
    Text,
    Input,
    Image,
}

impl Role {
    /// The role's name as the bench tells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Text => "text",
            Self::Input => "input",
            Self::Image => "image",
        }
    }
}

/// One visible element; places and sizes in pixels of the panel.
#[derive(Clone, PartialEq)]
pub struct Element {
    pub role: Role,
    /// The visible words; of a tile, row or card its title; empty for a picture beside words.
    pub label: String,
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    pub enabled: bool,
    /// Type size and the width and height that the text would like; of texts only.
    pub type_px: Option<f32>,
    pub wants: Option<(f32, f32)>,
    /// A card that can be touched and has a button of its own in it.
    pub card: bool,
}

impl fmt::Debug for Element {
    /// Leaves the words out: they may be personal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, x, y, w, h, enabled, .. } = self;
        write!(formatter, "{} at {x},{y} {w}×{h}", role.as_str())?;
        formatter.write_str(if *enabled { "" } else { " (disabled)" })
    }
}

impl Element {
    /// The middle, where a finger would touch it.
    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Whether the other one lies inside this one.
    pub fn contains(&self, other: &Self) -> bool {
        const ROUNDING_PX: f32 = 0.6;
        other.x >= self.x - ROUNDING_PX
            && other.y >= self.y - ROUNDING_PX
            && other.x + other.w <= self.x + self.w + ROUNDING_PX
            && other.y + other.h <= self.y + self.h + ROUNDING_PX
    }

    /// The element, and whether it is a block.
    fn read(handle: &ElementHandle) -> Option<(Self, bool)> {
        let role = match handle.accessible_role()? {
            AccessibleRole::Button => Role::Button,
            AccessibleRole::Text => Role::Text,
            AccessibleRole::TextInput => Role::Input,
            AccessibleRole::Image => Role::Image,
            AccessibleRole::Groupbox => Role::Text,
            _ => return None,
        };
        let (place, size) = (handle.absolute_position(), handle.size());
        let id = handle.accessible_id().unwrap_or_default();
        let mut numbers = id.strip_prefix("words ").unwrap_or_default().split(' ');
        let mut number = || numbers.next().and_then(|number| number.parse().ok());
        let element = Self {
            role,
            label: handle.accessible_label().unwrap_or_default().into(),
            x: place.x,
            y: place.y,
            w: size.width,
            h: size.height,
            enabled: handle.accessible_enabled().unwrap_or(true),
            type_px: number(),
            wants: number().zip(number()),
            card: id == "card",
        };
        Some((element, id == "block"))
    }
}

/// What is on the page now: its elements, and the blocks that they are part of.
pub(crate) struct Visible {
    pub(crate) elements: Vec<Element>,
    /// Blocks as texts without words.
    pub(crate) blocks: Vec<Element>,
}

/// Reads what is visible below a root, or only what belongs to its open dialog.
pub(crate) fn visible<R>(root: &R, dialog: bool) -> Visible
where
    R: ElementRoot + ComponentHandle,
{
    let query = if dialog {
        let open = ElementQuery::from_root(root).match_id("KioskPage::dialog").find_first();
        open.map(|dialog| dialog.query_descendants())
    } else {
        Some(ElementQuery::from_root(root).match_descendants())
    };
    let handles = query.map(|query| query.find_all()).unwrap_or_default();
    // An item that several components made together is found once for each of them.
    let mut visible = Visible { elements: Vec::with_capacity(handles.len()), blocks: Vec::new() };
    for (element, block) in handles.iter().filter_map(Element::read) {
        let list = if block { &mut visible.blocks } else { &mut visible.elements };
        if !list.contains(&element) {
            list.push(element);
        }
    }
    disable_words(&mut visible.elements);
    visible
}

/// The words on a disabled button are as disabled as the button.
fn disable_words(elements: &mut [Element]) {
    let off = |element: &&Element| element.role == Role::Button && !element.enabled;
    let disabled: Vec<_> = elements.iter().filter(off).cloned().collect();
    for words in elements.iter_mut().filter(|element| element.role != Role::Button) {
        words.enabled &= !disabled.iter().any(|button| button.contains(words));
    }
}
