//! In how many ways sound leaves the box (PRODUCT I7).

use crate::words;

words! {
    /// How sound leaves the box.
    pub enum Way: "way of listening" {
        /// The recording as it is stored, whole or in any ranges.
        Recording = "recording",
        /// The same packets in WebM.
        Webm = "webm",
        /// As PCM.
        Wav = "wav",
        /// The picture of both lanes.
        Picture = "picture",
        /// A call in progress.
        Live = "live",
        /// A clip behind a link.
        Shared = "shared",
        /// The box's own sound card.
        SoundCard = "sound_card",
        /// A proof bundle with its sound.
        Bundle = "bundle",
    }
}
