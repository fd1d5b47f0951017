//! The hall's catalogue, indexed for search by words and pinyin.

use pinyin::ToPinyin;
use wire::{Catalogue, Item, ItemId};

/// A catalogue with what people search by.
#[derive(Clone, Debug)]
pub(crate) struct CatalogueIndex {
    catalogue: Catalogue,
    keys: Vec<SearchKeys>,
    categories: Vec<Vec<usize>>,
}

/// What one item is found by: all lower case, without spaces.
#[derive(Clone, Debug)]
struct SearchKeys {
    initials: Vec<String>,
    full: Vec<String>,
    words: Vec<String>,
}

impl CatalogueIndex {
    pub(crate) fn new(catalogue: Catalogue) -> Self {
        let keys = catalogue.items.iter().map(search_keys).collect();
        let mut categories: Vec<Vec<usize>> = Vec::new();
        for (index, item) in catalogue.items.iter().enumerate() {
            let same =
                categories.iter_mut().find(|it| catalogue.items[it[0]].category == item.category);
            match same {
                Some(category) => category.push(index),
                None => categories.push(vec![index]),
            }
        }
        Self { catalogue, keys, categories }
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub(crate) fn item(&self, id: &ItemId) -> Option<&Item> {
        self.catalogue.items.iter().find(|it| it.id == *id)
    }

    /// Items by heading, in the order of the catalogue.
    pub(crate) fn categories(&self) -> impl Iterator<Item = Vec<&Item>> {
        self.categories
            .iter()
            .map(|it| it.iter().map(|index| &self.catalogue.items[*index]).collect())
    }

    /// Items whose name or keyword contains `query` in letters of pinyin, words or another language;
    /// those that begin with it first.
    pub(crate) fn search(&self, query: &str) -> Vec<&Item> {
        let query = normal(query);
        if query.is_empty() {
            return vec![];
        }
        let mut found: Vec<(bool, &Item)> = self
            .keys
            .iter()
            .zip(&self.catalogue.items)
            .filter_map(|(keys, item)| keys.matches(&query).map(|begins| (!begins, item)))
            .collect();
        found.sort_by_key(|(later, _)| *later);
        found.into_iter().map(|(_, item)| item).collect()
    }
}

impl SearchKeys {
    /// Whether it matches, and if so whether from the beginning.
    fn matches(&self, query: &str) -> Option<bool> {
        let all = self.initials.iter().chain(&self.words).chain(&self.full);
        let mut contains = false;
        for key in all {
            if key.starts_with(query) {
                return Some(true);
            }
            contains |= key.contains(query);
        }
        contains.then_some(false)
    }
}

fn search_keys(item: &Item) -> SearchKeys {
    let chinese: Vec<&str> = std::iter::once(item.name.in_language("zh-CN"))
        .chain(item.keywords.iter().map(String::as_str))
        .collect();
    SearchKeys {
        initials: chinese.iter().map(|it| letters(it, |p| p.first_letter())).collect(),
        full: chinese.iter().map(|it| letters(it, |p| p.plain())).collect(),
        words: chinese
            .iter()
            .copied()
            .chain(item.name.0.values().map(String::as_str))
            .map(normal)
            .collect(),
    }
}

fn letters(text: &str, of: impl Fn(pinyin::Pinyin) -> &'static str) -> String {
    text.chars().filter_map(|it| it.to_pinyin().map(&of)).collect()
}

fn normal(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
