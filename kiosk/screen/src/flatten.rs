//! A screen as the plain blocks, rows and cells that Slint draws.
//!
//! Decides what depends on the words' lengths: how many columns, what stands below each other.

use kiosk_core::{
    action::Action,
    screen::{
        Audience, Block, Button, Chip, DayCell, Dialog, Field, Icon, Look, Row, Screen, ScreenName,
        SlotCell, Step, StepState, Tile, TimelineStep, Tone, WallCell, Weight,
    },
};

use crate::{
    Panel, pictures,
    ui::{self, Cell, ChipData, Kind},
};

/// Width about which a QR code is drawn, on the reference panel.
const QR_PX: f32 = 270.0;
/// Width of the countdown's ring, on the reference panel.
const RING_PX: f32 = 220.0;
/// Left and right of the content, and between its columns, on the reference panel.
const MARGIN_PX: f32 = 48.0;
const GAP_PX: f32 = 24.0;
/// Type sizes of `ui/tokens.slint` that the decisions here are about.
const SECTION_PX: f32 = 44.0;
const BUTTON_PX: f32 = 42.0;
const BODY_PX: f32 = 34.0;
const STEP_PX: f32 = 38.0;
const SMALL_PX: f32 = 30.0;
const CELL_PX: f32 = 28.0;
/// Number of the cell that shows the page between the pager's buttons.
const PAGE_TEXT: i32 = -2;

/// A screen ready to be handed to Slint.
#[derive(Clone, Debug)]
pub(crate) struct Flat {
    pub(crate) chip: ChipData,
    pub(crate) remaining: ChipData,
    /// A picture above the title.
    pub(crate) picture: Option<(Icon, Tone)>,
    pub(crate) centred: bool,
    pub(crate) show: Vec<FlatBlock>,
    pub(crate) act: Vec<FlatBlock>,
    pub(crate) footer: Vec<Cell>,
    pub(crate) dialog: Option<FlatDialog>,
    /// What covers all of a panel that rests: its words for who cannot see, and the number of its action.
    pub(crate) cover: Option<(String, i32)>,
    /// What the numbers of the cells mean.
    pub(crate) actions: Vec<Action>,
}

/// A block with its rows still apart, so that they can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FlatBlock {
    /// Everything but the rows.
    pub(crate) plain: ui::Block,
    pub(crate) rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug)]
pub(crate) struct FlatDialog {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) countdown_s: Option<(u32, u32)>,
    pub(crate) ring_px: u32,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) columns: i32,
}

/// Flattens a screen for a panel.
pub(crate) fn flatten(screen: &Screen, panel: &Panel) -> Flat {
    let mut flattening = Flattening::new(screen, panel);
    if let (ScreenName::Dark, Some(Block::Buttons { buttons })) = (screen.name, screen.act.first())
    {
        return flattening.covered(&buttons[0]);
    }
    // The footer first: its numbers stay the same whatever the page holds.
    let footer = screen.footer.iter().map(|key| flattening.footer_key(key, screen.look)).collect();
    let dialog = screen.dialog.as_ref().map(|dialog| flattening.dialog(dialog));
    let (picture, show) = match screen.show.split_first() {
        Some((Block::Picture { icon, tone }, rest)) if picture_above_title(screen.name) => {
            (Some((*icon, *tone)), rest)
        }
        _ => (None, screen.show.as_slice()),
    };
    Flat {
        chip: screen.chip.as_ref().map_or_else(no_chip, chip),
        remaining: screen.remaining.as_deref().map_or_else(no_chip, remaining),
        picture,
        centred: screen.name == ScreenName::Start,
        show: show.iter().map(|block| flattening.block(block)).collect(),
        act: screen.act.iter().map(|block| flattening.block(block)).collect(),
        footer,
        dialog,
        cover: None,
        actions: flattening.actions,
    }
}

/// Whether tiles have the page for themselves, but for a card above them.
fn roomy(screen: &Screen) -> bool {
    const MOST_TILES: usize = 4;
    let tiles = screen.act.iter().filter_map(|block| match block {
        Block::Tiles { tiles, .. } => Some(tiles.len()),
        _ => None,
    });
    let few = tiles.sum::<usize>() <= MOST_TILES && screen.act.len() <= 2;
    few && screen.show.is_empty() && !screen.look.low_reach
}

/// Outcomes open with a picture; elsewhere a picture shows what to do, large, below the title.
fn picture_above_title(name: ScreenName) -> bool {
    matches!(
        name,
        ScreenName::Message
            | ScreenName::OutOfService
            | ScreenName::PickupDone
            | ScreenName::AppointmentDone
            | ScreenName::Help
    )
}

fn chip(chip: &Chip) -> ChipData {
    ChipData {
        text: chip.text.as_str().into(),
        icon: chip.icon.map_or_else(pictures::none, pictures::icon),
        has_icon: chip.icon.is_some(),
        tone: tone(chip.tone),
    }
}

fn remaining(text: &str) -> ChipData {
    chip(&Chip { icon: Some(Icon::Clock), text: text.to_owned(), tone: Tone::Plain })
}

pub(crate) fn tone(tone: Tone) -> ui::Tone {
    match tone {
        Tone::Plain => ui::Tone::Plain,
        Tone::Primary => ui::Tone::Primary,
        Tone::Amber => ui::Tone::Amber,
        Tone::Green => ui::Tone::Green,
        Tone::Red => ui::Tone::Red,
    }
}

/// Width of a text in em: Chinese characters are square, Latin letters about half as wide.
fn ems(text: &str) -> f32 {
    text.chars()
        .map(|character| match character {
            ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | 'i' | 'j' | 'l' | '!' => 0.32,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
            '\u{0}'..='\u{24f}' => 0.6,
            _ => 1.0,
        })
        .sum()
}

/// Rows of equal length; the last may be shorter.
fn chunked(cells: Vec<Cell>, columns: usize) -> Vec<Vec<Cell>> {
    cells.chunks(columns.max(1)).map(<[Cell]>::to_vec).collect()
}

fn lone(cells: Vec<Cell>) -> Vec<Vec<Cell>> {
    chunked(cells, 1)
}

struct Flattening {
    actions: Vec<Action>,
    staff: bool,
    large: bool,
    low_reach: bool,
    /// The tiles are nearly all that the page has: they may be tall.
    roomy: bool,
    /// Width of the content in pixels of the reference panel.
    content_px: f32,
    /// What type sizes of the reference panel are multiplied with, beside the panel's own scale.
    type_factor: f32,
    /// What pictures are multiplied with.
    scale: f32,
}

impl Flattening {
    fn new(screen: &Screen, panel: &Panel) -> Self {
        let large = screen.look.large_text;
        Self {
            actions: Vec::new(),
            staff: screen.audience == Audience::Staff,
            large,
            low_reach: screen.look.low_reach,
            roomy: roomy(screen),
            content_px: panel.width_px as f32 / panel.scale() - 2.0 * MARGIN_PX,
            type_factor: panel.text_scale() / panel.scale() * if large { 1.3 } else { 1.0 },
            scale: panel.scale(),
        }
    }

    /// Nothing but a cover that is touched like this button.
    fn covered(mut self, button: &Button) -> Flat {
        let cover = Some((button.label.clone(), self.number(&button.action)));
        Flat {
            chip: no_chip(),
            remaining: no_chip(),
            picture: None,
            centred: false,
            show: vec![],
            act: vec![],
            footer: vec![],
            dialog: None,
            cover,
            actions: self.actions,
        }
    }

    fn number(&mut self, action: &Action) -> i32 {
        self.actions.push(action.clone());
        // A screen has some dozens of actions.
        i32::try_from(self.actions.len() - 1).unwrap_or(i32::MAX)
    }

    fn column_px(&self, columns: usize) -> f32 {
        (self.content_px - (columns as f32 - 1.0) * GAP_PX) / columns as f32
    }

    /// How many lines a text takes at a type size of the reference panel.
    fn lines(&self, text: &str, type_px: f32, room_px: f32) -> f32 {
        (ems(text) * type_px * self.type_factor / room_px.max(1.0)).ceil()
    }

    /// The largest number of columns up to `most` in which every text takes the lines it may.
    fn columns(&self, most: usize, fits: impl Fn(f32) -> bool) -> usize {
        (1..=most).rev().find(|columns| fits(self.column_px(*columns))).unwrap_or(1)
    }

    fn block(&mut self, block: &Block) -> FlatBlock {
        match block {
            Block::Text { text } => telling(Kind::Words, "", text),
            Block::Heading { text } => telling(Kind::Heading, "", text),
            Block::Picture { icon, tone } => pictured(Kind::Picture, *icon, *tone, "", ""),
            Block::Notice { icon, tone, title, text } => {
                pictured(Kind::Notice, *icon, *tone, title, text.as_deref().unwrap_or_default())
            }
            Block::Facts { fields } => facts(fields),
            Block::List { entries } => {
                let cells = entries.iter().map(|entry| told(entry.icon, entry.tone, &entry.text));
                rows_of(Kind::List, lone(cells.collect()))
            }
            Block::Timeline { steps } => rows_of(Kind::Timeline, lone(timeline(steps))),
            Block::Wall { columns, cells } => wall(*columns, cells),
            Block::Steps { steps } => self.steps(steps),
            Block::Feature { icon, badge, title, text, button } => {
                self.feature(*icon, badge, title, text, button)
            }
            Block::Tiles { columns, tiles } => self.tiles(*columns, tiles),
            Block::Rows { rows } => {
                let cells = rows.iter().map(|row| self.row(row)).collect();
                let mut flat = rows_of(Kind::Rows, lone(cells));
                flat.plain.stacked = rows.iter().all(|row| self.row_in_line(row));
                flat
            }
            Block::Pager { text, previous, next } => {
                let page = Cell { title: text.into(), index: PAGE_TEXT, ..no_cell() };
                let cells = vec![self.button(previous), page, self.button(next)];
                rows_of(Kind::Pager, vec![cells])
            }
            Block::Days { days } => self.days(days),
            Block::Slots { slots } => self.slots(slots),
            Block::CodeCells { cells, hidden } => code(cells, *hidden),
            Block::Fields { fields } => {
                let cells = fields.iter().map(|field| self.field(field)).collect();
                rows_of(Kind::Fields, lone(cells))
            }
            Block::Input { icon, text, hint } => {
                let mut flat = pictured(Kind::Entry, *icon, Tone::Plain, text, hint);
                flat.plain.columns = 1;
                flat
            }
            Block::Keypad { columns, keys } => self.keypad(*columns, keys),
            Block::Buttons { buttons } => self.buttons(Kind::Buttons, buttons),
            Block::Qr { modules, label, value, text } => {
                let (icon, size) = pictures::qr(modules, QR_PX * self.scale);
                let mut flat = telling(Kind::Qr, value, text);
                flat.plain.badge = label.into();
                flat.plain.icon = icon;
                flat.plain.size = i32::try_from(size).unwrap_or(0);
                flat
            }
            Block::Link { before, link } => {
                let mut flat = telling(Kind::Link, "", before);
                flat.rows = vec![vec![self.button(link)]];
                flat
            }
            Block::Busy { text } => pictured(Kind::Busy, Icon::Refresh, Tone::Primary, "", text),
        }
    }

    fn button(&mut self, button: &Button) -> Cell {
        Cell {
            title: button.label.as_str().into(),
            label: button.label.as_str().into(),
            icon: button.icon.map_or_else(pictures::none, pictures::icon),
            has_icon: button.icon.is_some(),
            last: button.icon == Some(Icon::ArrowRight),
            weight: match button.weight {
                Weight::Primary => ui::Weight::Primary,
                Weight::Secondary => ui::Weight::Secondary,
                Weight::Quiet => ui::Weight::Quiet,
            },
            enabled: button.enabled,
            index: self.number(&button.action),
            ..no_cell()
        }
    }

    fn footer_key(&mut self, key: &Button, look: Look) -> Cell {
        let selected = match key.action {
            Action::ToggleLargeText => look.large_text,
            Action::ToggleHighContrast => look.high_contrast,
            Action::ToggleLowReach => look.low_reach,
            _ => false,
        };
        Cell { selected, ..self.button(key) }
    }

    fn buttons(&mut self, kind: Kind, buttons: &[Button]) -> FlatBlock {
        let columns = self.button_columns(buttons, self.content_px);
        let cells = buttons.iter().map(|button| self.button(button)).collect();
        let mut flat = rows_of(kind, chunked(cells, columns));
        flat.plain.columns = columns as i32;
        flat
    }

    fn button_columns(&self, buttons: &[Button], room_px: f32) -> usize {
        const PADDING_PX: f32 = 44.0;
        const ICON_PX: f32 = 64.0;
        let narrower_px = self.content_px - room_px;
        self.columns(buttons.len().clamp(1, 3), |column_px| {
            buttons.iter().all(|button| {
                let icon_px = if button.icon.is_some() { ICON_PX } else { 0.0 };
                let room_px = column_px - narrower_px / 2.0 - PADDING_PX - icon_px;
                self.lines(&button.label, BUTTON_PX, room_px) <= 1.0
            })
        })
    }

    fn dialog(&mut self, dialog: &Dialog) -> FlatDialog {
        const PADDING_PX: f32 = 112.0;
        let columns = self.button_columns(&dialog.buttons, self.content_px - PADDING_PX);
        let cells = dialog.buttons.iter().map(|button| self.button(button)).collect();
        FlatDialog {
            title: dialog.title.clone(),
            text: dialog.text.clone(),
            countdown_s: dialog.countdown_s,
            ring_px: (RING_PX * self.scale) as u32,
            rows: chunked(cells, columns),
            columns: columns as i32,
        }
    }

    fn feature(
        &mut self,
        icon: Icon,
        badge: &str,
        title: &str,
        text: &str,
        button: &Button,
    ) -> FlatBlock {
        // Picture, paddings and gaps beside the words and the button.
        const TAKEN_PX: f32 = 80.0 + 132.0 + 72.0;
        let button_px = ems(&button.label) * BUTTON_PX * self.type_factor + 60.0;
        let room_px = self.content_px - TAKEN_PX - button_px;
        // Below each other needs more height, which the lower half does not have.
        let most = if self.low_reach { 2.0 } else { 1.0 };
        let fits = self.lines(title, SECTION_PX, room_px) <= most
            && self.lines(text, BODY_PX, room_px) <= most
            && self.lines(badge, SMALL_PX, room_px - 60.0) <= 1.0;
        let mut flat = pictured(Kind::Feature, icon, Tone::Amber, title, text);
        flat.plain.badge = badge.into();
        flat.plain.stacked = !fits;
        let cell = self.button(button);
        flat.plain.size = if button.enabled { cell.index } else { -1 };
        flat.rows = vec![vec![cell]];
        flat
    }

    fn tiles(&mut self, columns: usize, tiles: &[Tile]) -> FlatBlock {
        // Paddings, picture and gap beside the words.
        const BESIDE_PX: f32 = 56.0 + 120.0 + 32.0;
        const BESIDE_TIGHT_PX: f32 = 40.0 + 48.0 + 20.0;
        const AROUND_PX: f32 = 48.0;
        const SECTION_TIGHT_PX: f32 = 34.0;
        let upright = self.roomy || tiles.iter().all(|tile| tile.text.is_empty());
        // The lower half is drawn tight anyway.
        let (taken_px, title_px) = match (upright, self.low_reach && self.large) {
            (true, _) => (AROUND_PX, SECTION_PX),
            (false, false) => (BESIDE_PX, SECTION_PX),
            (false, true) => (BESIDE_TIGHT_PX, SECTION_TIGHT_PX),
        };
        let columns = self.columns(columns.max(1), |column_px| {
            let room_px = column_px - taken_px;
            tiles.iter().all(|tile| {
                let title = self.lines(&tile.title, title_px, room_px);
                let text = self.lines(&tile.text, SMALL_PX, room_px);
                title <= 1.0 && text <= 2.0
            })
        });
        let cells = tiles
            .iter()
            .map(|tile| Cell {
                title: tile.title.as_str().into(),
                text: tile.text.as_str().into(),
                icon: pictures::icon(tile.icon),
                has_icon: true,
                enabled: tile.enabled,
                index: self.number(&tile.action),
                ..no_cell()
            })
            .collect();
        let mut flat = rows_of(Kind::Tiles, chunked(cells, columns));
        flat.plain.columns = columns as i32;
        flat.plain.stacked = upright && columns > 1;
        flat
    }

    fn row(&mut self, row: &Row) -> Cell {
        let badge = row.badge.as_ref().map_or_else(no_chip, chip);
        Cell {
            title: row.title.as_str().into(),
            text: row.text.as_str().into(),
            icon: pictures::icon(row.icon),
            has_icon: true,
            badge: badge.text,
            badge_icon: badge.icon,
            badge_has_icon: badge.has_icon,
            badge_tone: badge.tone,
            arrow: pictures::icon(Icon::ArrowRight),
            enabled: row.enabled,
            index: self.number(&row.action),
            ..no_cell()
        }
    }

    fn field(&mut self, field: &Field) -> Cell {
        Cell {
            title: field.label.as_str().into(),
            text: field.text.as_str().into(),
            badge: field.hint.as_str().into(),
            icon: pictures::icon(field.icon),
            has_icon: true,
            selected: field.chosen,
            enabled: field.enabled,
            index: self.number(&field.action),
            ..no_cell()
        }
    }

    /// Whether a row's title and text fit beside each other where the page is tight.
    fn row_in_line(&self, row: &Row) -> bool {
        // Paddings, picture, arrow and gaps; a badge has its own padding.
        const TAKEN_PX: f32 = 240.0;
        const TIGHT_TITLE_PX: f32 = 31.0;
        const TIGHT_TEXT_PX: f32 = 28.0;
        let badge_em = row.badge.as_ref().map_or(0.0, |badge| ems(&badge.text) + 2.0);
        let words_px =
            ems(&row.title) * TIGHT_TITLE_PX + (ems(&row.text) + badge_em) * TIGHT_TEXT_PX;
        words_px * self.type_factor <= self.content_px - TAKEN_PX
    }

    fn steps(&self, steps: &[Step]) -> FlatBlock {
        const PADDING_PX: f32 = 66.0;
        let most = if self.staff { 1 } else { steps.len().clamp(1, 3) };
        let room_px = self.column_px(most) - PADDING_PX;
        let side_by_side = steps.iter().all(|step| {
            self.lines(&step.title, STEP_PX, room_px) <= 1.0
                && self.lines(&step.text, SMALL_PX, room_px) <= 2.0
        });
        let columns = if side_by_side { most } else { 1 };
        let cells = (1..)
            .zip(steps)
            .map(|(number, step)| Cell {
                title: step.title.as_str().into(),
                text: step.text.as_str().into(),
                badge: slint::format!("{number}"),
                icon: pictures::icon(Icon::Check),
                has_icon: step.state == StepState::Done,
                selected: step.state == StepState::Now,
                pale: step.state == StepState::ToCome,
                ..no_cell()
            })
            .collect();
        let mut flat = rows_of(Kind::Steps, chunked(cells, columns));
        flat.plain.columns = columns as i32;
        flat.plain.stacked = columns == 1;
        flat
    }

    fn days(&mut self, days: &[DayCell]) -> FlatBlock {
        let cells = days.iter().map(|day| Cell {
            badge: day.weekday.as_str().into(),
            title: day.day.as_str().into(),
            text: day.note.as_str().into(),
            label: day.label.as_str().into(),
            selected: day.selected,
            enabled: day.enabled,
            index: self.number(&day.action),
            ..no_cell()
        });
        let cells = cells.collect();
        let words = days.iter().flat_map(|day| [day.weekday.as_str(), day.note.as_str()]);
        let columns = self.choice_columns(7, words, ems);
        let rows = days.len().div_ceil(columns).max(1);
        // As many in the last row as in the first, where that can be; few days stay narrow.
        let columns = days.len().div_ceil(rows).max(columns.min(5));
        self.choices(Kind::Days, cells, columns)
    }

    fn slots(&mut self, slots: &[SlotCell]) -> FlatBlock {
        let cells = slots.iter().map(|slot| Cell {
            title: slot.time.as_str().into(),
            text: slot.note.as_str().into(),
            label: slot.time.as_str().into(),
            tone: ui::Tone::Green,
            selected: slot.selected,
            enabled: slot.enabled,
            index: self.number(&slot.action),
            ..no_cell()
        });
        let cells = cells.collect();
        // On tight pages time and note stand side by side.
        let notes = slots.iter().map(|slot| slot.note.as_str());
        let columns = self.choice_columns(4, notes, |note| ems(note) + 3.8);
        self.choices(Kind::Slots, cells, columns)
    }

    fn choice_columns<'a>(
        &self,
        most: usize,
        words: impl Iterator<Item = &'a str>,
        width_em: impl Fn(&str) -> f32,
    ) -> usize {
        const PADDING_PX: f32 = 12.0;
        let widest_em = words.map(width_em).fold(0.0, f32::max);
        // Words in cells grow less than others in the large theme.
        let cell_px =
            CELL_PX * if self.large { self.type_factor * 1.2 / 1.3 } else { self.type_factor };
        self.columns(most, |column_px| widest_em * cell_px <= column_px - PADDING_PX)
    }

    fn choices(&self, kind: Kind, cells: Vec<Cell>, columns: usize) -> FlatBlock {
        let mut flat = rows_of(kind, chunked(cells, columns));
        flat.plain.columns = columns as i32;
        flat
    }

    fn keypad(&mut self, columns: usize, keys: &[Button]) -> FlatBlock {
        let cells = keys
            .iter()
            .map(|key| Cell {
                selected: key.label.chars().count() == 1 && key.icon.is_none(),
                // Narrow keys have room for the word or the picture.
                has_icon: key.icon.is_some() && columns <= 4,
                ..self.button(key)
            })
            .collect();
        let mut flat = rows_of(Kind::Keypad, chunked(cells, columns));
        flat.plain.columns = columns.max(1) as i32;
        flat
    }
}

/// A cell with nothing in it. Slint's own default image is not even equal to itself, so that the
/// derived default of these structs would be painted anew at every turn.
fn no_cell() -> Cell {
    let none = pictures::none;
    Cell { icon: none(), badge_icon: none(), arrow: none(), ..Cell::default() }
}

fn no_block() -> ui::Block {
    ui::Block { icon: pictures::none(), ..ui::Block::default() }
}

fn no_chip() -> ChipData {
    ChipData { icon: pictures::none(), ..ChipData::default() }
}

fn telling(kind: Kind, title: &str, text: &str) -> FlatBlock {
    let plain = ui::Block { kind, title: title.into(), text: text.into(), ..no_block() };
    FlatBlock { plain, rows: Vec::new() }
}

fn pictured(kind: Kind, icon: Icon, meaning: Tone, title: &str, text: &str) -> FlatBlock {
    let mut flat = telling(kind, title, text);
    flat.plain.icon = pictures::icon(icon);
    flat.plain.tone = tone(meaning);
    flat
}

fn rows_of(kind: Kind, rows: Vec<Vec<Cell>>) -> FlatBlock {
    let plain = ui::Block { kind, columns: 1, ..no_block() };
    FlatBlock { plain, rows }
}

fn told(icon: Icon, meaning: Tone, text: &str) -> Cell {
    Cell { icon: pictures::icon(icon), tone: tone(meaning), text: text.into(), ..no_cell() }
}

fn facts(fields: &[(String, String)]) -> FlatBlock {
    let cells = fields
        .iter()
        .map(|(label, value)| Cell { title: label.into(), text: value.into(), ..no_cell() })
        .collect();
    let mut flat = rows_of(Kind::Facts, chunked(cells, 2));
    flat.plain.columns = 2;
    flat
}

fn timeline(steps: &[TimelineStep]) -> Vec<Cell> {
    let last = steps.len().saturating_sub(1);
    steps
        .iter()
        .enumerate()
        .map(|(at, step)| Cell {
            title: step.title.as_str().into(),
            text: step.note.as_str().into(),
            icon: step.icon.map_or_else(pictures::none, pictures::icon),
            has_icon: step.icon.is_some(),
            tone: tone(step.tone),
            pale: step.to_come,
            last: at == last,
            ..no_cell()
        })
        .collect()
}

/// Each column of the wall is filled from the top; cells come row by row.
fn wall(columns: usize, cells: &[WallCell]) -> FlatBlock {
    let columns = columns.max(1);
    let mut filled = vec![0_i32; columns];
    let cells = cells
        .iter()
        .enumerate()
        .map(|(at, cell)| {
            let column = at % columns;
            let units = i32::from(cell.rows.max(1));
            let unit = filled[column];
            filled[column] += units;
            Cell {
                title: cell.label.as_str().into(),
                tone: tone(cell.tone),
                column: column as i32,
                unit,
                units,
                ..no_cell()
            }
        })
        .collect();
    let mut flat = rows_of(Kind::Wall, vec![cells]);
    flat.plain.columns = columns as i32;
    flat.plain.size = filled.into_iter().max().unwrap_or(0);
    flat
}

fn code(cells: &[Option<char>], hidden: bool) -> FlatBlock {
    let shown = |character: &char| if hidden { '●' } else { *character };
    let next = cells.iter().position(Option::is_none);
    let flat_cells = cells
        .iter()
        .enumerate()
        .map(|(at, character)| Cell {
            title: character.iter().map(shown).collect::<String>().into(),
            selected: Some(at) == next,
            ..no_cell()
        })
        .collect();
    let mut flat = rows_of(Kind::Code, chunked(flat_cells, 4));
    flat.plain.columns = cells.len().max(1) as i32;
    flat.plain.title = cells.iter().flatten().map(shown).collect::<String>().into();
    flat
}
