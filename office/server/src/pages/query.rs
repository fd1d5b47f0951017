//! What stands behind the `?` of an address: read strictly, so that nobody takes a list for what
//! they did not ask for. Empty is what a form sends for “all”.

use jiff::civil::Date;

use super::Failure;
use crate::store::word_of;

/// One of `all`, by its word.
pub(super) fn choice<T: Copy + serde::Serialize>(
    text: &str,
    all: &[T],
) -> Result<Option<T>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let chosen = all.iter().copied().find(|it| word_of(it) == text);
    let correct = "没有这样的筛选条件。请从列表上方的筛选中选择。";
    chosen.map(Some).ok_or(Failure::BadRequest(correct))
}

/// The number of a page, from 0.
pub(super) fn page(text: &str) -> Result<u32, Failure> {
    let correct = "页码要写成数字。请用列表下方的“上一页”“下一页”翻页。";
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| Failure::BadRequest(correct)) }
}

/// A day.
pub(super) fn date(text: &str) -> Result<Option<Date>, Failure> {
    let correct = "日期要写成 2026-11-24 这样，年、月、日用短横线隔开。";
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Failure::BadRequest(correct))
}

/// Whether something is asked for.
pub(super) fn yes(text: &str) -> Result<bool, Failure> {
    match text {
        "" => Ok(false),
        "yes" => Ok(true),
        _ => Err(Failure::BadRequest("没有这样的筛选条件。请从列表上方的筛选中选择。")),
    }
}
