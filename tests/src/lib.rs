//! End-to-end tests over real terminals, a real pcscd, a real office and a real browser.
