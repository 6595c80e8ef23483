//! Numbers that a seed gives again everywhere, and words and secrets made of them.

/// A small generator of numbers (xorshift64*), the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    /// The numbers of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.roll(2);
        dice
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    /// One of a list.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }

    /// A pronounceable word that stands in no dictionary of ours.
    pub(crate) fn word(&mut self, syllables: usize) -> String {
        const FIRST: &[&str] = &["b", "d", "f", "g", "l", "m", "n", "r", "v", "z", "br", "gl", "pl", "dr"];
        const SECOND: &[&str] = &["a", "e", "i", "o", "u", "ai", "oo"];
        (0..syllables).map(|_| self.pick(FIRST).to_owned() + self.pick(SECOND)).collect()
    }

    /// A word of syllables that no name or host here has, so that a fragment of it is one of a secret.
    pub(crate) fn hidden(&mut self, syllables: usize) -> String {
        const FIRST: &[&str] = &["k", "t", "w", "h", "j", "sk", "tr", "st"];
        const SECOND: &[&str] = &["y", "oe", "ee", "ua", "ow"];
        (0..syllables).map(|_| self.pick(FIRST).to_owned() + self.pick(SECOND)).collect()
    }

    /// A secret of a kind that people have.
    pub(crate) fn secret(&mut self) -> String {
        const NASTY: &[&str] = &[
            "'", "\"", ";", "\n", "(", ")", "--", "/*", "*/", "\\", " ", ",", "=", ":", "`", "ü", "п", "密",
            "$", "#", "<", "@", "=>", "a", "b", "Q", "7", "x9", "Zk", "q", "0", "%41", "\t", "');", "',",
            ";\n", ")\n",
        ];
        const RANDOM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        match self.roll(8) {
            0 => self.hidden(4),
            1 => format!("{}-{}", self.hidden(3), self.hidden(3)),
            2 => (0..8 + self.roll(8)).map(|_| self.pick(b"0123456789") as char).collect(),
            3 | 4 => (0..12 + self.roll(30)).map(|_| self.pick(RANDOM) as char).collect(),
            5 => format!("sk-{}", (0..30).map(|_| self.pick(RANDOM) as char).collect::<String>()),
            6 => {
                // Random pieces around words, so that a leak of any part is seen.
                let mut text = self.hidden(4);
                for _ in 0..1 + self.roll(4) {
                    text += self.pick(NASTY);
                    text += &self.hidden(4);
                }
                text
            }
            _ => (0..10 + self.roll(20)).map(|_| self.pick(NASTY)).collect::<String>() + &self.hidden(4),
        }
    }
}
