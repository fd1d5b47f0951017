//! The pages of one document, in order.

/// Pages that were taken, counted from 1, at most as many as were agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages<T> {
    pages: Vec<T>,
    pages_max: u16,
}

/// Why a page cannot be put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("there are {0} pages already, which is as many as may be; remove one first")]
    Full(u16),
    #[error("there is no page {page}; there are {count}")]
    Missing { page: u16, count: u16 },
}

impl<T> Pages<T> {
    /// No page yet of at most `pages_max`.
    pub fn new(pages_max: u16) -> Self {
        Self { pages: Vec::new(), pages_max }
    }

    pub fn count(&self) -> u16 {
        u16::try_from(self.pages.len()).unwrap_or(u16::MAX)
    }

    pub fn is_full(&self) -> bool {
        self.count() >= self.pages_max
    }

    /// The number that the next page gets; `None` where no more may be.
    pub fn next(&self) -> Option<u16> {
        (!self.is_full()).then(|| self.count() + 1)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter()
    }

    pub fn get(&self, page: u16) -> Option<&T> {
        self.pages.get(usize::from(page).checked_sub(1)?)
    }

    /// Puts a page where [`crate::camera::CameraEvent::Captured`] says: one that is there is
    /// replaced, the next one appended. Gives the one that was there.
    pub fn put(&mut self, page: u16, content: T) -> Result<Option<T>, PageError> {
        if self.next() == Some(page) {
            self.pages.push(content);
            return Ok(None);
        }
        if page > self.count() && self.is_full() {
            return Err(PageError::Full(self.count()));
        }
        let index = self.index(page)?;
        Ok(Some(std::mem::replace(&mut self.pages[index], content)))
    }

    /// Takes a page out; those after it move up.
    pub fn remove(&mut self, page: u16) -> Result<T, PageError> {
        let index = self.index(page)?;
        Ok(self.pages.remove(index))
    }

    /// Moves a page so that it gets the number `to`.
    pub fn reorder(&mut self, page: u16, to: u16) -> Result<(), PageError> {
        let (from, to) = (self.index(page)?, self.index(to)?);
        let moved = self.pages.remove(from);
        self.pages.insert(to, moved);
        Ok(())
    }

    /// All of them, in order.
    pub fn into_vec(self) -> Vec<T> {
        self.pages
    }

    fn index(&self, page: u16) -> Result<usize, PageError> {
        let index = usize::from(page).checked_sub(1).filter(|it| *it < self.pages.len());
        index.ok_or(PageError::Missing { page, count: self.count() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abc() -> Pages<char> {
        let mut pages = Pages::new(3);
        for content in ['a', 'b', 'c'] {
            let next = pages.next().expect("room");
            assert_eq!(pages.put(next, content), Ok(None));
        }
        pages
    }

    #[test]
    fn pages_are_taken_retaken_moved_and_removed() {
        let mut pages = abc();
        assert_eq!(pages.put(2, 'B'), Ok(Some('b')));
        assert_eq!(pages.reorder(3, 1), Ok(()));
        assert_eq!(pages.iter().collect::<String>(), "caB");
        assert_eq!(pages.remove(2), Ok('a'));
        assert_eq!((pages.next(), pages.get(2)), (Some(3), Some(&'B')));
        assert_eq!(pages.into_vec(), ['c', 'B']);
    }

    #[test]
    fn there_is_no_page_too_many_and_none_left_out() {
        let mut pages = abc();
        assert_eq!((pages.next(), pages.put(4, 'd')), (None, Err(PageError::Full(3))));
        pages.remove(1).expect("there");
        let missing = |page| Err(PageError::Missing { page, count: 2 });
        assert_eq!(pages.put(4, 'd'), missing(4).map(|()| None));
        assert_eq!(pages.put(0, 'd'), missing(0).map(|()| None));
        assert_eq!(pages.reorder(1, 3), missing(3));
        assert_eq!((pages.get(0), pages.get(3)), (None, None));
    }
}
