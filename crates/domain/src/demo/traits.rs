//! What is particular about a person. Health problems, treatments, alerts and writings that speak of one thing agree.

use super::random::Stream;

/// Names, and how many in a hundred have it, by place.
const TRAITS: [&[(&str, u64)]; 3] = [
    &[
        ("demence", 32),
        ("diabete", 24),
        ("anticoagulant", 35),
        ("cancer", 9),
        ("depression", 16),
        ("vih", 4),
        ("palliatif", 6),
        ("fausses-routes", 18),
        ("alcool", 6),
        ("abus", 5),
        ("plaie", 20),
        ("fauteuil", 30),
    ],
    &[
        ("autisme", 45),
        ("epilepsie", 22),
        ("trisomie", 16),
        ("tdah", 25),
        ("asthme", 12),
        ("ase", 18),
        ("violence", 9),
        ("puberte", 20),
        ("angoisse", 30),
        ("fauteuil", 10),
    ],
    &[
        ("alcool", 58),
        ("opiaces", 48),
        ("stimulants", 28),
        ("vih", 7),
        ("vhc", 18),
        ("penal", 20),
        ("depression", 28),
        ("couple", 10),
        ("enfants", 26),
        ("rue", 24),
        ("dettes", 30),
    ],
];

/// What a person has; everyone of the protected unit has a disorder of memory, everyone in a flat came from the street.
pub(super) fn draw(place: usize, unit: usize, stream: &mut Stream) -> Vec<&'static str> {
    let always = match (place, unit) {
        (0, 2) => "demence",
        (2, 1) => "rue",
        _ => "",
    };
    let all = TRAITS.get(place).copied().unwrap_or_default();
    let drawn = all.iter().filter(|(name, percent)| stream.chance(*percent) || *name == always);
    drawn.map(|(name, _)| *name).collect()
}

/// Whether a place knows this trait.
#[cfg(test)]
pub(super) fn exists(place: usize, name: &str) -> bool {
    TRAITS[place].iter().any(|(known, _)| *known == name)
}
