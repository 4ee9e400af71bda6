//! Lists of many lengths, one after the other in one block.

/// Lists by number.
#[derive(Debug)]
pub(super) struct Rows<T> {
    items: Vec<T>,
    /// Where each list begins, then where the last one ends.
    bounds: Vec<u32>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { items: Vec::new(), bounds: vec![0] }
    }
}

impl<T: Copy> Rows<T> {
    /// So many lists, from pairs of list and item; a list keeps the order of its pairs.
    pub(super) fn grouped(count: usize, pairs: &[(u32, T)]) -> Self {
        let mut bounds = vec![0; count + 1];
        for (row, _) in pairs {
            if let Some(bound) = bounds.get_mut(*row as usize + 1) {
                *bound += 1;
            }
        }
        let mut sum = 0;
        for bound in &mut bounds {
            sum += *bound;
            *bound = sum;
        }
        // Where the next item of each list goes.
        let mut places = bounds.clone();
        let mut items: Vec<T> = pairs.iter().map(|(_, item)| *item).collect();
        for (row, item) in pairs {
            let Some(place) = places.get_mut(*row as usize) else { continue };
            if let Some(slot) = items.get_mut(*place as usize) {
                *slot = *item;
            }
            *place += 1;
        }
        Self { items, bounds }
    }
}

impl<T> Rows<T> {
    /// Adds a list; its number.
    pub(super) fn push(&mut self, items: impl IntoIterator<Item = T>) -> u32 {
        self.items.extend(items);
        self.bounds.push(self.items.len() as u32);
        self.len() as u32 - 1
    }

    /// How many lists.
    pub(super) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// A list; empty when there is none of this number.
    pub(super) fn of(&self, row: u32) -> &[T] {
        let bound = |index: usize| self.bounds.get(index).map(|bound| *bound as usize);
        let row = row as usize;
        match (bound(row), bound(row + 1)) {
            (Some(from), Some(to)) => self.items.get(from..to).unwrap_or_default(),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_as_they_were_given() {
        let mut pushed = Rows::default();
        assert_eq!((pushed.push([7, 5]), pushed.push([]), pushed.push([1])), (0, 1, 2));
        let grouped = Rows::grouped(3, &[(2, 1), (0, 7), (0, 5)]);
        for rows in [pushed, grouped] {
            assert_eq!([rows.of(0), rows.of(1), rows.of(2), rows.of(3)], [[7, 5].as_slice(), &[], &[1], &[]]);
            assert_eq!(rows.len(), 3);
        }
    }
}
