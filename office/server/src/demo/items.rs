//! The demo hall's catalogue: window types of article 9 and a hundred items by their legal names.

use std::collections::BTreeMap;

use wire::{CompartmentSize, Item, LocalText, Paper};

use crate::store::seed::WindowTypeRow;

const DATA: &str = include_str!("../../data/demo-items.json");

#[derive(serde::Deserialize)]
struct Name {
    zh: String,
    en: String,
}

/// A heading, and the authority that decides what is listed under it.
#[derive(serde::Deserialize)]
struct CategoryData {
    zh: String,
    en: String,
    authority_zh: String,
    authority_en: String,
}

/// Something that many items name by its key, or that stands with the one item it belongs to.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Shared<T> {
    Key(String),
    Own(T),
}

impl<T> Shared<T> {
    fn find<'a>(&'a self, all: &'a BTreeMap<String, T>) -> &'a T {
        match self {
            Self::Key(key) => &all[key],
            Self::Own(it) => it,
        }
    }
}

#[derive(serde::Deserialize)]
struct PaperData {
    zh: String,
    en: String,
    copies: u8,
    original: bool,
}

#[derive(serde::Deserialize)]
struct WindowData {
    id: String,
    zh: String,
    en: String,
    place_zh: String,
    place_en: String,
    windows: u16,
    extended: u16,
}

#[derive(serde::Deserialize)]
struct ItemData {
    id: String,
    category: String,
    zh: String,
    en: String,
    window_type: String,
    workdays: u16,
    minutes: u16,
    document_zh: String,
    document_en: String,
    keywords: Vec<String>,
    papers: Vec<Shared<PaperData>>,
    conditions: Vec<Shared<Name>>,
    /// Some windows take people as they come.
    #[serde(default = "yes")]
    bookable: bool,
    /// How large the result is; certificates lie flat.
    #[serde(default = "small")]
    size: CompartmentSize,
}

fn yes() -> bool {
    true
}

fn small() -> CompartmentSize {
    CompartmentSize::Small
}

#[derive(serde::Deserialize)]
struct Data {
    categories: BTreeMap<String, CategoryData>,
    papers: BTreeMap<String, PaperData>,
    conditions: BTreeMap<String, Name>,
    window_types: Vec<WindowData>,
    items: Vec<ItemData>,
}

/// An item with what the demo needs to know beyond the catalogue.
pub(super) struct DemoItem {
    pub(super) item: Item,
    pub(super) window_type: String,
    /// What the applicant gets in the end.
    pub(super) document: LocalText,
    /// Who decides.
    pub(super) authority: LocalText,
    pub(super) size: CompartmentSize,
}

/// Window types and items of the demo hall.
pub(super) struct DemoCatalogue {
    window_types: Vec<WindowData>,
    pub(super) items: Vec<DemoItem>,
}

impl DemoCatalogue {
    /// Reads the data that comes with the program.
    pub(super) fn read() -> Self {
        let data: Data = serde_json::from_str(DATA).expect("the data file is tested");
        let items = data.items.iter().map(|it| data.item(it)).collect();
        Self { window_types: data.window_types, items }
    }

    /// The window types as rows.
    pub(super) fn window_types(&self) -> impl Iterator<Item = WindowTypeRow<'_>> {
        self.window_types.iter().map(|it| WindowTypeRow {
            id: &it.id,
            name: LocalText::zh_en(&it.zh, &it.en),
            place: LocalText::zh_en(&it.place_zh, &it.place_en),
            windows: it.windows,
            extended: it.extended,
        })
    }

    /// Where the items stand that can be booked at this window type.
    pub(super) fn bookable_at(&self, window_type: &str) -> Vec<usize> {
        let fits = |it: &&DemoItem| it.window_type == window_type && it.item.bookable;
        let items = self.items.iter().enumerate().filter(|(_, it)| fits(it));
        items.map(|(position, _)| position).collect()
    }

    /// Where the item with this id stands, which the data file has.
    pub(super) fn position(&self, id: &str) -> usize {
        let position = self.items.iter().position(|it| it.item.id.as_str() == id);
        position.expect("the data file has this item")
    }
}

impl Data {
    fn item(&self, data: &ItemData) -> DemoItem {
        let category = &self.categories[&data.category];
        let window = self.window_types.iter().find(|it| it.id == data.window_type);
        let window = window.expect("an item names a window type of the same file");
        let conditions = data.conditions.iter().map(|it| it.find(&self.conditions));
        let item = Item {
            id: data.id.as_str().into(),
            name: LocalText::zh_en(&data.zh, &data.en),
            category: LocalText::zh_en(&category.zh, &category.en),
            keywords: data.keywords.clone(),
            window_type: LocalText::zh_en(&window.zh, &window.en),
            place: LocalText::zh_en(&window.place_zh, &window.place_en),
            conditions: conditions.map(|it| LocalText::zh_en(&it.zh, &it.en)).collect(),
            papers: data.papers.iter().map(|it| paper(it.find(&self.papers), data)).collect(),
            promised_workdays: data.workdays,
            visit_minutes: data.minutes,
            bookable: data.bookable,
        };
        DemoItem {
            item,
            window_type: data.window_type.clone(),
            document: LocalText::zh_en(&data.document_zh, &data.document_en),
            authority: LocalText::zh_en(&category.authority_zh, &category.authority_en),
            size: data.size,
        }
    }
}

fn paper(data: &PaperData, item: &ItemData) -> Paper {
    let name = LocalText::zh_en(data.zh.replace("{}", &item.zh), data.en.replace("{}", &item.en));
    Paper { name, copies: data.copies, original: data.original }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole_and_in_two_languages() {
        let catalogue = DemoCatalogue::read();
        assert!(catalogue.items.len() >= 80);
        let ids: std::collections::BTreeSet<_> =
            catalogue.items.iter().map(|it| it.item.id.as_str()).collect();
        assert_eq!(ids.len(), catalogue.items.len());
        for it in &catalogue.items {
            let item = &it.item;
            assert!((3..=8).contains(&item.papers.len()), "{}", item.id);
            assert!((2..=8).contains(&item.conditions.len()), "{}", item.id);
            assert!((1..=30).contains(&item.visit_minutes), "{}", item.id);
            let papers = item.papers.iter().map(|it| &it.name);
            for text in
                papers.chain(&item.conditions).chain([&item.name, &it.document, &it.authority])
            {
                assert!(text.0.contains_key("zh-CN") && text.0.contains_key("en"), "{}", item.id);
                assert!(!text.in_language("en").contains("{}"), "{}", item.id);
            }
        }
        let types: std::collections::BTreeSet<_> =
            catalogue.items.iter().map(|it| it.window_type.as_str()).collect();
        assert_eq!(types.len(), catalogue.window_types().count(), "every window type has an item");
    }
}
