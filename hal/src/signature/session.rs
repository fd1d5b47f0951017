//! From places of the pen to strokes: begins, clears, finishes. No clock of its own.

use super::{
    Area, Flaw, Ink, Point, Signature, SignatureCommand, SignatureEvent, SignatureSettings, Stroke,
    evdev::Sample, flaw,
};

/// A signature has a few hundred; what comes after is no longer kept.
const POINTS_MAX: usize = 20_000;
/// The pen has to move so far for a new point, in hundredths of a millimetre: a hand that rests
/// trembles.
const STEP: i64 = 8;

/// One person's signing. `Debug` shows counts only, through [`Stroke`].
#[derive(Debug)]
pub struct Session {
    settings: SignatureSettings,
    signing: bool,
    strokes: Vec<Stroke>,
    pen: Pen,
    first_us: Option<u64>,
    points: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pen {
    Up,
    /// It draws the last stroke.
    Draws,
    /// It was down before it was asked to sign, or does not move away: lift it first.
    Rests,
}

impl Session {
    /// Nobody signs yet.
    pub fn new(settings: &SignatureSettings) -> Self {
        Self {
            settings: *settings,
            signing: false,
            strokes: Vec::new(),
            pen: Pen::Up,
            first_us: None,
            points: 0,
        }
    }

    /// Obeys a command; `area` is that of the pad, if it is known.
    pub fn obey(
        &mut self,
        command: SignatureCommand,
        area: Option<Area>,
    ) -> Option<SignatureEvent> {
        match command {
            SignatureCommand::Begin => {
                self.forget();
                self.signing = true;
                None
            }
            SignatureCommand::Clear => {
                self.forget();
                None
            }
            SignatureCommand::Cancel => {
                self.forget();
                self.signing = false;
                None
            }
            SignatureCommand::Finish => Some(self.finish(area)),
        }
    }

    /// The pen is here now. Gives what is new to be drawn.
    pub fn take(&mut self, sample: &Sample) -> Option<Ink> {
        if !sample.down {
            self.pen = Pen::Up;
            return None;
        }
        if !self.signing {
            self.pen = Pen::Rests;
        }
        if self.pen == Pen::Rests || self.points == POINTS_MAX {
            return None;
        }
        let since_us = sample.time_us.saturating_sub(*self.first_us.get_or_insert(sample.time_us));
        let point = Point {
            time_ms: u32::try_from(since_us / 1_000).unwrap_or(u32::MAX),
            x: sample.x,
            y: sample.y,
            pressure: sample.pressure,
        };
        if self.pen == Pen::Up {
            self.pen = Pen::Draws;
            self.strokes.push(Stroke::default());
        }
        let stroke = self.strokes.len().checked_sub(1)?;
        let points = &mut self.strokes[stroke].points;
        if points.last().is_some_and(|last| !moved(last, &point)) {
            return None;
        }
        points.push(point);
        self.points += 1;
        Some(Ink { stroke, points: vec![point] })
    }

    /// Whether the pen is on the pad, whatever for.
    pub fn pen_is_down(&self) -> bool {
        self.pen != Pen::Up
    }

    /// The pen was not lifted for too long: from here on it rests. Tells it while somebody signs.
    pub fn pen_stuck(&mut self) -> Option<SignatureEvent> {
        self.pen = Pen::Rests;
        self.signing.then_some(SignatureEvent::PenStuck)
    }

    /// The pad is gone; what was drawn stays, the next touch begins a new stroke.
    pub fn lift(&mut self) {
        self.pen = Pen::Up;
    }

    fn finish(&mut self, area: Option<Area>) -> SignatureEvent {
        let (true, Some(area)) = (self.signing, area) else {
            return SignatureEvent::Refused(Flaw::Empty);
        };
        let signature = Signature { area, strokes: std::mem::take(&mut self.strokes) };
        if let Some(flaw) = flaw(&signature, &self.settings) {
            self.strokes = signature.strokes;
            return SignatureEvent::Refused(flaw);
        }
        self.forget();
        self.signing = false;
        SignatureEvent::Finished(signature)
    }

    fn forget(&mut self) {
        self.strokes.clear();
        self.first_us = None;
        self.points = 0;
        if self.pen == Pen::Draws {
            self.pen = Pen::Rests;
        }
    }
}

fn moved(from: &Point, to: &Point) -> bool {
    let (x, y) = (i64::from(to.x) - i64::from(from.x), i64::from(to.y) - i64::from(from.y));
    x * x + y * y >= STEP * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Option<Area> = Some(Area { width: 12_000, height: 7_500 });

    fn pen(time_ms: u64, x: i32, down: bool) -> Sample {
        Sample { time_us: 5_000_000 + time_ms * 1_000, x, y: 3_000, pressure: 500, down }
    }

    fn line(session: &mut Session, from_ms: u64, x: std::ops::Range<i32>) {
        for (step, x) in x.step_by(100).enumerate() {
            session.take(&pen(from_ms + 5 * step as u64, x, true));
        }
        session.take(&pen(from_ms + 500, 0, false));
    }

    fn begun() -> Session {
        let mut session = Session::new(&SignatureSettings::default());
        assert_eq!(session.obey(SignatureCommand::Begin, AREA), None);
        session
    }

    #[test]
    fn a_signature_is_finished_once() {
        let mut session = begun();
        line(&mut session, 0, 1_000..3_000);
        line(&mut session, 600, 4_000..6_000);
        let Some(SignatureEvent::Finished(signature)) =
            session.obey(SignatureCommand::Finish, AREA)
        else {
            panic!("it is a signature");
        };
        let points: Vec<_> = signature.strokes.iter().map(|it| it.points.len()).collect();
        assert_eq!(points, [20, 20]);
        assert_eq!(signature.strokes[1].points[0].time_ms, 600);
        let again = session.obey(SignatureCommand::Finish, AREA);
        assert_eq!(again, Some(SignatureEvent::Refused(Flaw::Empty)));
    }

    #[test]
    fn what_is_refused_can_be_gone_on_with() {
        let mut session = begun();
        line(&mut session, 0, 1_000..1_500);
        let refused = session.obey(SignatureCommand::Finish, AREA);
        assert!(matches!(refused, Some(SignatureEvent::Refused(Flaw::TooShort))), "{refused:?}");
        line(&mut session, 600, 1_000..6_000);
        let finished = session.obey(SignatureCommand::Finish, AREA);
        assert!(matches!(finished, Some(SignatureEvent::Finished(it)) if it.strokes.len() == 2));
    }

    #[test]
    fn nothing_is_kept_before_the_begin_and_after_clear_and_cancel() {
        for (command, draws) in [(SignatureCommand::Clear, true), (SignatureCommand::Cancel, false)]
        {
            let mut session = Session::new(&SignatureSettings::default());
            line(&mut session, 0, 0..9_000);
            assert!(session.strokes.is_empty(), "nobody asked for it");
            session.obey(SignatureCommand::Begin, AREA);
            session.take(&pen(0, 0, true));
            session.obey(command, AREA);
            assert!(session.strokes.is_empty());
            // The stroke that was being drawn does not go on.
            assert_eq!(session.take(&pen(5, 900, true)), None);
            session.take(&pen(9, 900, false));
            assert_eq!(session.take(&pen(10, 900, true)).is_some(), draws);
        }
    }

    #[test]
    fn a_pen_that_rests_draws_only_after_it_was_lifted() {
        let mut session = Session::new(&SignatureSettings::default());
        session.take(&pen(0, 0, true));
        session.obey(SignatureCommand::Begin, AREA);
        assert_eq!(session.take(&pen(5, 900, true)), None);
        assert_eq!(session.pen_stuck(), Some(SignatureEvent::PenStuck));
        session.take(&pen(6, 900, false));
        assert!(session.take(&pen(7, 900, true)).is_some());
        assert_eq!(session.take(&pen(8, 901, true)), None, "it trembles");
    }

    #[test]
    fn there_is_an_end_to_scribbling() {
        let mut session = begun();
        for n in 0..POINTS_MAX as u64 + 10 {
            session.take(&pen(n, if n % 2 == 0 { 0 } else { 900 }, true));
        }
        assert_eq!(session.strokes[0].points.len(), POINTS_MAX);
        assert!(!format!("{session:?}").contains("900"));
    }
}
