//! Two tones, the second lower, as a door bell has them. Pure.

use std::f32::consts::TAU;

use super::wav::Sound;

const TONES_HZ: [f32; 2] = [659.3, 523.3];
const TONE_S: f32 = 0.4;
/// How fast a tone dies away.
const DECAY_PER_S: f32 = 7.0;
const AMPLITUDE: f32 = 20_000.0;

/// The chime at a rate.
pub fn chime(rate: u32) -> Sound {
    let per_tone = (rate as f32 * TONE_S) as u32;
    let sample = |hz: f32, index: u32| {
        let t = index as f32 / rate as f32;
        // It begins and ends without a click.
        let edge = (t * 200.0).min((TONE_S - t) * 100.0).clamp(0.0, 1.0);
        (AMPLITUDE * edge * (-DECAY_PER_S * t).exp() * (TAU * hz * t).sin()) as i16
    };
    let samples = TONES_HZ.iter().flat_map(|hz| (0..per_tone).map(move |it| sample(*hz, it)));
    Sound { rate, samples: samples.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the wave rises through zero, per second.
    fn pitch(samples: &[i16], rate: u32) -> f32 {
        let rises = samples.windows(2).filter(|it| it[0] < 0 && it[1] >= 0).count();
        rises as f32 * rate as f32 / samples.len() as f32
    }

    #[test]
    fn two_tones_sound_one_after_the_other() {
        for rate in [16_000, 22_050, 48_000] {
            let chime = chime(rate);
            assert_eq!(chime.length_ms(), 800);
            assert!((10_000..=20_000).contains(&chime.peak()));
            let (first, second) = chime.samples.split_at(chime.samples.len() / 2);
            assert!((pitch(first, rate) - 659.3).abs() < 8.0, "{}", pitch(first, rate));
            assert!((pitch(second, rate) - 523.3).abs() < 8.0, "{}", pitch(second, rate));
            assert!(
                chime.samples.first() == Some(&0)
                    && chime.samples.last().is_some_and(|it| it.abs() < 100)
            );
        }
    }
}
