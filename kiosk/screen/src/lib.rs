//! Draws the kiosk's screen value with Slint and hands touches back.
