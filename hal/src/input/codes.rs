//! Numbers of linux/input-event-codes.h, as far as they are used here.

pub const EV_SYN: u16 = 0x00;
pub const EV_KEY: u16 = 0x01;
pub const EV_REL: u16 = 0x02;
pub const EV_ABS: u16 = 0x03;
pub const EV_MSC: u16 = 0x04;
pub const EV_SW: u16 = 0x05;
pub const EV_LED: u16 = 0x11;
pub const EV_REP: u16 = 0x14;

pub const SYN_REPORT: u16 = 0;
pub const SYN_DROPPED: u16 = 3;

pub const KEY_ENTER: u16 = 28;
pub const KEY_TAB: u16 = 15;
pub const KEY_KPENTER: u16 = 96;
pub const KEY_LEFTSHIFT: u16 = 42;
pub const KEY_RIGHTSHIFT: u16 = 54;
/// Ctrl, Alt and Meta, left and right.
pub const KEYS_OF_CHORDS: [u16; 6] = [29, 97, 56, 100, 125, 126];

pub const ABS_X: u16 = 0x00;
pub const ABS_Y: u16 = 0x01;
pub const ABS_PRESSURE: u16 = 0x18;

pub const BTN_TOOL_PEN: u16 = 0x140;
pub const BTN_TOOL_RUBBER: u16 = 0x141;
pub const BTN_TOUCH: u16 = 0x14a;

/// A type that no kernel sends: what the axes of the device are, ahead of its events
/// ([`Axis`](super::Axis)).
pub const EV_AXIS: u16 = 0x1f;
