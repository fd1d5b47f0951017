//! The row at the bottom of every screen: the way back, language, looks, help.

use crate::action::Action;
use crate::language::{Language, Texts};
use crate::screen::{Button, Icon, Look, Weight};

/// The footer; `back` where there is a way back, `help` where somebody can be called.
pub(crate) fn footer(
    texts: Texts<'_>,
    next: &Language,
    look: Look,
    back: bool,
    help: bool,
) -> Vec<Button> {
    let quiet = |label: String, icon, action, enabled| Button {
        label,
        icon: Some(icon),
        weight: Weight::Quiet,
        enabled,
        action,
    };
    let named = |on: bool, yes, no| texts.get(if on { yes } else { no });
    let large = named(look.large_text, "footer.text_standard", "footer.text_large");
    let contrast = named(look.high_contrast, "footer.contrast_standard", "footer.contrast_high");
    let reach = named(look.low_reach, "footer.reach_standard", "footer.reach_low");
    let help = quiet(texts.get("footer.help"), Icon::Headset, Action::Help, help);
    vec![
        quiet(texts.get("footer.back"), Icon::ArrowLeft, Action::Back, back),
        quiet(texts.get("footer.home"), Icon::Home, Action::Home, back),
        quiet(next.name.clone(), Icon::Language, Action::ToggleLanguage, true),
        quiet(large, Icon::TextSize, Action::ToggleLargeText, true),
        quiet(contrast, Icon::Contrast, Action::ToggleHighContrast, true),
        quiet(reach, Icon::LowReach, Action::ToggleLowReach, true),
        Button { weight: Weight::Primary, ..help },
    ]
}
