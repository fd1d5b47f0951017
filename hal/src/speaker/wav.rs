//! Clips as WAV files: RIFF with PCM of 16 bits, one channel or two. Pure.
//!
//! After “Multimedia Programming Interface and Data Specifications 1.0” (IBM, Microsoft 1991).

/// Longest clip that is taken, at any rate.
pub const SECONDS_MAX: u32 = 60;
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
const HEADER_BYTES: u32 = 44;
const PCM: u16 = 1;

/// Sound of one channel.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    pub rate: u32,
    pub samples: Vec<i16>,
}

/// Its length only: what is said may be private.
impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sound({} ms at {} Hz)", self.length_ms(), self.rate)
    }
}

/// Why bytes are not a clip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    #[error("it is no WAV file")]
    NotWav,
    #[error("it has {0}; expected PCM of 16 bits, one channel or two, 8000 to 48000 Hz")]
    Format(String),
    #[error("it ends in the middle of its header")]
    Torn,
    #[error("it is longer than {SECONDS_MAX} s")]
    TooLong,
}

impl Sound {
    pub fn silence(rate: u32, length_ms: u32) -> Self {
        let samples = u64::from(rate) * u64::from(length_ms) / 1_000;
        Self { rate, samples: vec![0; usize::try_from(samples).unwrap_or(0)] }
    }

    pub fn length_ms(&self) -> u64 {
        (self.samples.len() as u64 * 1_000).checked_div(self.rate.into()).unwrap_or(0)
    }

    /// The loudest sample, 0 to 32768.
    pub fn peak(&self) -> u16 {
        self.samples.iter().map(|it| it.unsigned_abs()).max().unwrap_or(0)
    }

    /// The same at this percentage of its volume, at most 100.
    pub fn scaled(&self, percent: u8) -> Self {
        let percent = i32::from(percent.min(100));
        let scaled = |it: &i16| {
            i16::try_from(i32::from(*it) * percent / 100).expect("no louder than before")
        };
        Self { rate: self.rate, samples: self.samples.iter().map(scaled).collect() }
    }

    /// Reads a file. A data chunk that is shorter than it says, as programs write that do not know
    /// the length beforehand, is taken as it is.
    pub fn parse(bytes: &[u8]) -> Result<Self, WavError> {
        let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', chunks @ ..] = bytes
        else {
            return Err(WavError::NotWav);
        };
        let (mut rest, mut format) = (chunks, None);
        loop {
            let (head, body) = rest.split_at_checked(8).ok_or(WavError::Torn)?;
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            match &head[..4] {
                b"fmt " => format = Some(Format::parse(body.get(..size).ok_or(WavError::Torn)?)?),
                b"data" => {
                    let format: Format = format.ok_or(WavError::Torn)?;
                    return format.samples(&body[..size.min(body.len())]);
                }
                _ => {}
            }
            // Chunks begin at even places.
            let next = size.checked_add(size % 2).ok_or(WavError::Torn)?;
            rest = body.get(next..).ok_or(WavError::Torn)?;
        }
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = header(self.rate, self.samples.len()).to_vec();
        bytes.extend(self.samples.iter().flat_map(|it| it.to_le_bytes()));
        bytes
    }
}

struct Format {
    channels: usize,
    rate: u32,
}

impl Format {
    fn parse(body: &[u8]) -> Result<Self, WavError> {
        let field = |at: usize| -> Result<u16, WavError> {
            let bytes = body.get(at..at + 2).ok_or(WavError::Torn)?;
            Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
        };
        let (tag, channels, bits) = (field(0)?, field(2)?, field(14)?);
        let rate = u32::from(field(4)?) | u32::from(field(6)?) << 16;
        if tag != PCM || !(1..=2).contains(&channels) || bits != 16 || !RATES.contains(&rate) {
            let found = format!("format {tag}, {channels} channels, {bits} bits, {rate} Hz");
            return Err(WavError::Format(found));
        }
        Ok(Self { channels: channels.into(), rate })
    }

    fn samples(&self, data: &[u8]) -> Result<Sound, WavError> {
        let frames = data.chunks_exact(2 * self.channels);
        if frames.len() as u64 > u64::from(self.rate) * u64::from(SECONDS_MAX) {
            return Err(WavError::TooLong);
        }
        let mixed = |frame: &[u8]| {
            let channels = frame.chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
            let sum: i32 = channels.map(i32::from).sum();
            let count = i32::try_from(self.channels).expect("one or two");
            i16::try_from(sum / count).expect("a mean lies between")
        };
        Ok(Sound { rate: self.rate, samples: frames.map(mixed).collect() })
    }
}

/// The header of a file with so many samples of one channel.
pub fn header(rate: u32, samples: usize) -> [u8; HEADER_BYTES as usize] {
    let data = u32::try_from(samples.saturating_mul(2)).unwrap_or(u32::MAX - HEADER_BYTES);
    let mut header = [0; HEADER_BYTES as usize];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &(data.saturating_add(HEADER_BYTES - 8)).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &PCM.to_le_bytes(),
        &1u16.to_le_bytes(),
        &rate.to_le_bytes(),
        &(rate.saturating_mul(2)).to_le_bytes(),
        &2u16.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    header.copy_from_slice(&fields.concat());
    header
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    #[test]
    fn what_is_no_clip_says_why() {
        let whole = Sound { rate: 22_050, samples: vec![1, -2, 3] }.encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            Sound::parse(&bytes)
        };
        assert_eq!(Sound::parse(b""), Err(WavError::NotWav));
        assert_eq!(with(8, b'X'), Err(WavError::NotWav));
        assert!(with(20, 3).is_err_and(|it| it.to_string().contains("format 3")));
        assert!(with(22, 6).is_err_and(|it| it.to_string().contains("6 channels")));
        assert!(with(34, 8).is_err_and(|it| it.to_string().contains("8 bits")));
        assert_eq!(Sound::parse(&whole[..40]), Err(WavError::Torn));
        let long = Sound { rate: 8_000, samples: vec![0; 8_000 * 60 + 1] };
        assert_eq!(Sound::parse(&long.encode()), Err(WavError::TooLong));
    }

    #[test]
    fn two_channels_are_mixed_and_other_chunks_passed_over() {
        let mut bytes = header(48_000, 4).to_vec();
        bytes[22] = 2;
        let samples: [i16; 4] = [i16::MIN, i16::MIN, 100, 200];
        bytes.extend(samples.iter().flat_map(|it| it.to_le_bytes()));
        let list = [&b"LIST"[..], &3u32.to_le_bytes(), b"abc\0"].concat();
        bytes.splice(36..36, list);
        let sound = Sound { rate: 48_000, samples: vec![i16::MIN, 150] };
        assert_eq!(Sound::parse(&bytes), Ok(sound));
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn what_is_written_is_read(
            rate in RATES, samples in proptest::collection::vec(any::<i16>(), 0..500),
        ) {
            let sound = Sound { rate, samples };
            prop_assert_eq!(Sound::parse(&sound.encode()), Ok(sound));
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..60, byte: u8,
        ) {
            let _ = Sound::parse(&bytes);
            let mut bytes = [&header(8_000, 50)[..], &bytes].concat();
            let at = at.min(bytes.len() - 1);
            bytes[at] = byte;
            let _ = Sound::parse(&bytes);
        }

        #[test]
        fn scaled_sound_is_never_louder(
            samples in proptest::collection::vec(any::<i16>(), 1..50), percent: u8,
        ) {
            let sound = Sound { rate: 8_000, samples };
            let limit = u32::from(sound.peak()) * u32::from(percent.min(100)) / 100;
            prop_assert_eq!(u32::from(sound.scaled(percent).peak()), limit);
        }
    }
}
