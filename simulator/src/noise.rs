//! Stateless randomness: a number for (seed, what), the same in any order and on any machine.
//!
//! A generator with a state would make each meter's year depend on how many meters were asked before it.

/// A well mixed 64-bit number for a seed and a place (SplitMix64's finaliser over their combination).
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let mut z =
        seed.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number in `low..=high`.
pub(crate) fn between(seed: u64, place: u64, low: u64, high: u64) -> u64 {
    low + mix(seed, place) % (high - low + 1)
}

/// True once in `n` places on average; never for `n` = 0.
pub(crate) fn once_in(seed: u64, place: u64, n: u64) -> bool {
    n != 0 && mix(seed, place).is_multiple_of(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_gives_the_same_number() {
        assert_eq!(mix(7, 1), mix(7, 1));
        assert_ne!(mix(7, 1), mix(7, 2));
        assert!((0..1000).all(|place| (10..=20).contains(&between(3, place, 10, 20))));
    }
}
