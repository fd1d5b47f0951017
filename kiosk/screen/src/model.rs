//! Hands a flattened screen to Slint, changing only what differs, and finds the right density.

use std::rc::Rc;

use kiosk_core::screen::{Audience, Look, Screen, ScreenName};
use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};

use crate::{
    Panel, check,
    elements::{self, Visible},
    flatten::{Flat, FlatBlock, FlatDialog, tone},
    pictures,
    ui::{self, Cell, Kind, KioskPage, RowData, Tokens},
};

/// The densest way to draw a page.
const DENSEST: i32 = 4;
/// Rounding of the page's height.
const ROUNDING_PX: f32 = 1.0;

/// What Slint holds of the page, and what it was made from.
pub(crate) struct Models {
    show: Blocks,
    act: Blocks,
    footer: Rc<VecModel<Cell>>,
    dialog_rows: Rows,
    title: Option<Title>,
    shape: Option<Shape>,
}

/// What stands above the blocks and may need more lines.
#[derive(PartialEq)]
struct Title {
    words: [Option<String>; 5],
    picture: bool,
}

impl Title {
    fn new(screen: &Screen, flat: &Flat) -> Self {
        Self {
            words: [
                screen.chip.as_ref().map(|chip| chip.text.clone()),
                screen.crumb.clone(),
                Some(screen.title.clone()),
                screen.subtitle.clone(),
                // The words change every second, but hardly their length.
                screen.remaining.as_ref().map(|_| String::new()),
            ],
            picture: flat.picture.is_some(),
        }
    }
}

/// What the density depends on: as long as this stays, a page does not change its density back.
#[derive(PartialEq)]
struct Shape {
    name: ScreenName,
    audience: Audience,
    language: String,
    look: Look,
    blocks: Vec<(Kind, Vec<usize>)>,
}

impl Models {
    pub(crate) fn new(page: &KioskPage, panel: &Panel) -> Self {
        let tokens = page.global::<Tokens>();
        tokens.set_scale(panel.scale());
        tokens.set_text_scale(panel.text_scale());
        tokens.set_page_width(panel.width_px as f32);
        tokens.set_page_height(panel.height_px as f32);
        tokens.set_target(panel.target_px().ceil());
        tokens.set_gap_least(panel.gap_px().ceil());
        tokens.set_text_least(panel.least_text_px().ceil());
        tokens.set_large_text_least(panel.large_text_px().ceil());
        let models = Self {
            show: Blocks::default(),
            act: Blocks::default(),
            footer: Rc::default(),
            dialog_rows: Rows::default(),
            title: None,
            shape: None,
        };
        page.set_show(ModelRc::from(Rc::clone(&models.show.model)));
        page.set_act(ModelRc::from(Rc::clone(&models.act.model)));
        page.set_footer(ModelRc::from(Rc::clone(&models.footer)));
        page.set_dialog_rows(ModelRc::from(Rc::clone(&models.dialog_rows.model)));
        models
    }

    /// Shows the screen on the page.
    pub(crate) fn update(&mut self, page: &KioskPage, panel: &Panel, screen: &Screen, flat: &Flat) {
        set_look(page, panel, screen);
        let title = Title::new(screen, flat);
        let retitled = self.title.as_ref() != Some(&title);
        set_texts(page, screen, flat);
        let reshown = self.show.sync(&flat.show);
        let react = self.act.sync(&flat.act);
        sync(&self.footer, &flat.footer);
        let reshaped = self.reshape(page, screen, flat);
        if reshaped || retitled || reshown || react {
            self.title = Some(title);
            // The page is measured without what lies over it.
            page.set_has_dialog(false);
            fit(page, panel, screen.look);
        }
        self.set_dialog(page, flat.dialog.as_ref());
        page.set_covered(flat.cover.is_some());
        if let Some((label, index)) = &flat.cover {
            page.set_cover_label(label.as_str().into());
            page.set_cover_index(*index);
        }
    }

    fn set_dialog(&mut self, page: &KioskPage, dialog: Option<&FlatDialog>) {
        page.set_has_dialog(dialog.is_some());
        let Some(dialog) = dialog else { return };
        page.set_dialog_title(dialog.title.as_str().into());
        page.set_dialog_text(dialog.text.as_str().into());
        page.set_dialog_columns(dialog.columns);
        self.dialog_rows.sync(&dialog.rows);
        let Some((left, total)) = dialog.countdown_s else {
            page.set_dialog_number(SharedString::new());
            return;
        };
        let number = slint::format!("{left}");
        if page.get_dialog_number() != number {
            let share = left as f32 / total.max(1) as f32;
            page.set_dialog_ring(pictures::ring(1.0, dialog.ring_px));
            page.set_dialog_ring_left(pictures::ring(share.min(1.0), dialog.ring_px));
            page.set_dialog_ring_size(dialog.ring_px as f32);
            page.set_dialog_number(number);
        }
    }

    /// Starts again from the roomiest density where the page is another one. A page that only
    /// changed its words keeps its density, so that nothing jumps while a person types.
    fn reshape(&mut self, page: &KioskPage, screen: &Screen, flat: &Flat) -> bool {
        let shape = Shape {
            name: screen.name,
            audience: screen.audience,
            language: screen.language.clone(),
            look: screen.look,
            blocks: flat.show.iter().chain(&flat.act).map(outline).collect(),
        };
        let reshaped = self.shape.as_ref() != Some(&shape);
        if reshaped {
            let roomiest = i32::from(screen.audience == Audience::Staff);
            page.global::<Tokens>().set_density(roomiest);
            self.shape = Some(shape);
        }
        reshaped
    }
}

/// Draws denser until the page passes the checks of its layout.
fn fit(page: &KioskPage, panel: &Panel, look: Look) {
    let tokens = page.global::<Tokens>();
    let bottom_px = tokens.get_page_height() - tokens.get_footer_height() - tokens.get_gap_least();
    while tokens.get_density() < DENSEST && !fits(page, panel, look, bottom_px) {
        tokens.set_density(tokens.get_density() + 1);
    }
}

fn fits(page: &KioskPage, panel: &Panel, look: Look, bottom_px: f32) -> bool {
    let Visible { elements, blocks } = elements::visible(page, false);
    let stacked = blocks.is_sorted_by(|above, below| above.y + above.h <= below.y + ROUNDING_PX);
    let ends = blocks.last().is_none_or(|last| last.y + last.h <= bottom_px + ROUNDING_PX);
    stacked && ends && check::layout(&elements, panel, look).is_empty()
}

fn outline(block: &FlatBlock) -> (Kind, Vec<usize>) {
    (block.plain.kind, block.rows.iter().map(Vec::len).collect())
}

fn set_look(page: &KioskPage, panel: &Panel, screen: &Screen) {
    let tokens = page.global::<Tokens>();
    tokens.set_contrast(screen.look.high_contrast);
    tokens.set_large(screen.look.large_text);
    tokens.set_staff(screen.audience == Audience::Staff);
    tokens.set_touch_top(panel.touch_top_px(screen.look).ceil());
}

fn set_texts(page: &KioskPage, screen: &Screen, flat: &Flat) {
    let optional = |text: &Option<String>| SharedString::from(text.as_deref().unwrap_or_default());
    page.set_hall(screen.header.hall.as_str().into());
    page.set_place(screen.header.place.as_str().into());
    page.set_time(screen.header.time.as_str().into());
    page.set_date(screen.header.date.as_str().into());
    page.set_chip(flat.chip.clone());
    page.set_crumb(optional(&screen.crumb));
    page.set_headline(screen.title.as_str().into());
    page.set_subtitle(optional(&screen.subtitle));
    page.set_remaining(flat.remaining.clone());
    page.set_centred(flat.centred);
    page.set_has_picture(flat.picture.is_some());
    if let Some((icon, meaning)) = flat.picture {
        page.set_picture(pictures::icon(icon));
        page.set_picture_tone(tone(meaning));
    }
}

/// Changes a model into the given rows, touching only those that differ; whether any did.
fn sync<T: Clone + PartialEq + 'static>(model: &VecModel<T>, rows: &[T]) -> bool {
    let mut changed = model.row_count() != rows.len();
    while model.row_count() > rows.len() {
        model.remove(model.row_count() - 1);
    }
    for (at, row) in rows.iter().enumerate() {
        match model.row_data(at) {
            Some(old) if old == *row => continue,
            Some(_) => model.set_row_data(at, row.clone()),
            None => model.push(row.clone()),
        }
        changed = true;
    }
    changed
}

/// Rows of cells.
#[derive(Default)]
struct Rows {
    model: Rc<VecModel<RowData>>,
    cells: Vec<Rc<VecModel<Cell>>>,
}

impl Rows {
    fn sync(&mut self, rows: &[Vec<Cell>]) {
        while self.cells.len() > rows.len() {
            self.cells.pop();
            self.model.remove(self.model.row_count() - 1);
        }
        for (at, row) in rows.iter().enumerate() {
            if let Some(cells) = self.cells.get(at) {
                sync(cells, row);
            } else {
                let cells = Rc::new(VecModel::from(row.clone()));
                self.model.push(RowData { cells: ModelRc::from(Rc::clone(&cells)) });
                self.cells.push(cells);
            }
        }
    }
}

/// The blocks of one part of the page.
#[derive(Default)]
struct Blocks {
    model: Rc<VecModel<ui::Block>>,
    blocks: Vec<(FlatBlock, Rows)>,
}

impl Blocks {
    fn sync(&mut self, blocks: &[FlatBlock]) -> bool {
        let mut changed = self.blocks.len() != blocks.len();
        while self.blocks.len() > blocks.len() {
            self.blocks.pop();
            self.model.remove(self.model.row_count() - 1);
        }
        for (at, block) in blocks.iter().enumerate() {
            if let Some((old, rows)) = self.blocks.get_mut(at) {
                if old == block {
                    continue;
                }
                if old.plain.kind != block.plain.kind {
                    *rows = Rows::default();
                }
                rows.sync(&block.rows);
                if old.plain != block.plain {
                    self.model.set_row_data(at, joined(block, rows));
                }
                old.clone_from(block);
                changed = true;
            } else {
                let mut rows = Rows::default();
                rows.sync(&block.rows);
                self.model.push(joined(block, &rows));
                self.blocks.push((block.clone(), rows));
            }
        }
        changed
    }
}

fn joined(block: &FlatBlock, rows: &Rows) -> ui::Block {
    ui::Block { rows: ModelRc::from(Rc::clone(&rows.model)), ..block.plain.clone() }
}

#[cfg(test)]
mod tests {
    use std::{rc::Rc, time::Duration};

    use super::*;
    use crate::{check::contrast, platform};

    fn page() -> KioskPage {
        platform::install(Rc::new(|| Duration::ZERO)).expect("no other platform on this thread");
        let page = KioskPage::new().expect("a headless window needs no display");
        Models::new(&page, &Panel::default());
        page
    }

    fn rgb(colour: slint::Color) -> [u8; 3] {
        [colour.red(), colour.green(), colour.blue()]
    }

    /// Inks with the grounds that they are drawn on, and edges of what can be touched.
    fn pairs(tokens: &Tokens<'_>) -> (Vec<[slint::Color; 2]>, Vec<[slint::Color; 2]>) {
        let grounds = [
            tokens.get_ground(),
            tokens.get_card(),
            tokens.get_footer_key(),
            tokens.get_primary_soft(),
            tokens.get_amber_soft(),
        ];
        let inks = [tokens.get_ink(), tokens.get_ink_2(), tokens.get_primary()];
        let mut texts: Vec<_> =
            grounds.iter().flat_map(|ground| inks.map(|ink| [ink, *ground])).collect();
        texts.extend([
            [tokens.get_pale(), tokens.get_card()],
            [tokens.get_pale(), tokens.get_ground()],
            [tokens.get_off_ink(), tokens.get_off_ground()],
            [tokens.get_on_primary(), tokens.get_primary()],
            [tokens.get_on_primary(), tokens.get_primary_down()],
            [tokens.get_on_soft_down(), tokens.get_soft_down()],
            [tokens.get_on_header(), tokens.get_header()],
            [tokens.get_on_header_2(), tokens.get_header()],
            [tokens.get_ink(), tokens.get_key()],
            [tokens.get_ink(), tokens.get_key_quiet()],
            [tokens.get_amber(), tokens.get_amber_soft()],
            [tokens.get_amber(), tokens.get_card()],
            [tokens.get_green(), tokens.get_green_soft()],
            [tokens.get_green(), tokens.get_card()],
            [tokens.get_red(), tokens.get_red_soft()],
        ]);
        let edges = [tokens.get_ground(), tokens.get_card(), tokens.get_footer()]
            .into_iter()
            .flat_map(|ground| [[tokens.get_edge(), ground], [tokens.get_primary(), ground]])
            .collect();
        (texts, edges)
    }

    #[test]
    fn every_pair_of_colours_has_its_contrast() {
        let page = page();
        let tokens = page.global::<Tokens>();
        for (high_contrast, of_text, of_edge) in [(false, 4.5, 3.0), (true, 10.0, 10.0)] {
            tokens.set_contrast(high_contrast);
            for staff in [false, true] {
                tokens.set_staff(staff);
                let (texts, edges) = pairs(&tokens);
                let texts = texts.into_iter().map(|pair| (pair, of_text));
                for (pair, least) in texts.chain(edges.into_iter().map(|pair| (pair, of_edge))) {
                    let found = contrast(rgb(pair[0]), rgb(pair[1]));
                    assert!(found >= least, "{pair:?}: {found}");
                }
            }
        }
    }

    #[test]
    fn type_is_large_enough_at_every_density() {
        let page = page();
        let tokens = page.global::<Tokens>();
        for inches in [21.5, 23.8, 27.0, 32.0] {
            let panel = Panel { inches, ..Panel::default() };
            Models::new(&page, &panel);
            for density in 0..=DENSEST {
                tokens.set_density(density);
                tokens.set_large(false);
                let all = [tokens.get_small(), tokens.get_fixed(), tokens.get_cell()];
                assert!(all.iter().all(|px| *px >= panel.least_text_px()), "{inches} {all:?}");
                tokens.set_large(true);
                let main = [tokens.get_body(), tokens.get_section(), tokens.get_button()];
                assert!(main.iter().all(|px| *px >= panel.large_text_px()), "{inches} {main:?}");
            }
        }
    }
}
