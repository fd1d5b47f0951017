//! The rating screen.

use std::collections::BTreeSet;

use super::View;
use crate::action::Action;
use crate::journey::REASONS;
use crate::screen::{Block, Button, Icon, Screen, ScreenName};

/// Best first, as the national rules name them.
const GRADES: [(u8, &str, Icon); 5] = [
    (5, "rating.5", Icon::MoodVeryGood),
    (4, "rating.4", Icon::MoodGood),
    (3, "rating.3", Icon::MoodNeutral),
    (2, "rating.2", Icon::MoodBad),
    (1, "rating.1", Icon::MoodVeryBad),
];

impl View<'_> {
    pub(super) fn rating(&self, grade: Option<u8>, reasons: &BTreeSet<usize>) -> Screen {
        let mut screen = self.page(ScreenName::Rating, self.texts.get("rating.title"));
        screen.subtitle = Some(self.texts.get("rating.subtitle"));
        match grade {
            None => screen.act.extend(self.grades()),
            Some(_) => {
                screen.title = self.texts.get("rating.why");
                screen.subtitle = Some(self.texts.get("rating.why_text"));
                screen.act.extend(self.reasons(reasons));
            }
        }
        let skip = self.secondary("rating.skip", None, Action::SkipRating);
        let mut buttons = vec![skip];
        if grade.is_some() {
            buttons.insert(0, self.primary("rating.submit", Action::SubmitRating));
        }
        screen.act.push(Block::Buttons { buttons });
        screen
    }

    fn grades(&self) -> Vec<Block> {
        GRADES
            .iter()
            .map(|(grade, key, icon)| Block::Buttons {
                buttons: vec![self.secondary(key, Some(*icon), Action::Grade(*grade))],
            })
            .collect()
    }

    fn reasons(&self, chosen: &BTreeSet<usize>) -> Vec<Block> {
        let button = |index: usize, word: &str| {
            let icon = chosen.contains(&index).then_some(Icon::Check);
            let label = self.texts.get(&format!("rating_reason.{word}"));
            Button { label, ..self.secondary("rating.skip", icon, Action::Reason(index)) }
        };
        REASONS
            .iter()
            .enumerate()
            .map(|(index, word)| Block::Buttons { buttons: vec![button(index, word)] })
            .collect()
    }
}
