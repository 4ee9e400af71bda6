//! A small deterministic generator (SplitMix64, Steele, Lea and Flood 2014): invented people, never secrets.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of numbers that only depends on its seed.
#[derive(Debug, Clone)]
pub(crate) struct Stream(u64);

impl Stream {
    /// Streams of neighbouring branches have nothing in common: the branch goes through the mixer, not beside it.
    pub(crate) fn new(seed: u64, branch: u64) -> Self {
        Self(mix(seed.wrapping_add(mix(branch.wrapping_add(STEP)))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// True `per_cent` times out of a hundred.
    pub(crate) fn chance(&mut self, per_cent: u64) -> bool {
        self.below(100) < per_cent
    }

    /// One of `items`; `fallback` when there is none.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T], fallback: &'a T) -> &'a T {
        let index = self.below(items.len() as u64);
        usize::try_from(index).ok().and_then(|index| items.get(index)).unwrap_or(fallback)
    }

    /// A random UUID of version 4 (RFC 9562), as text.
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | ((b >> 48) & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_gives_same_stream_and_branches_differ() {
        assert_eq!(Stream::new(7, 1).next(), Stream::new(7, 1).next());
        assert_ne!(Stream::new(7, 1).next(), Stream::new(7, 2).next());
        assert_eq!(Stream::new(7, 1).uuid().len(), 36);
    }
}
