//! The Merkle tree of RFC 6962 (§2.1), grown leaf by leaf.

use crate::crypto::sha256;

/// A SHA-256 digest.
pub(crate) type Hash = [u8; 32];

/// The leaf of an entry.
pub(crate) fn leaf(entry: &[u8], commitment: &[u8]) -> Hash {
    sha256(&[&[0], entry, commitment])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// A complete subtree: `2^height` leaves from `position << height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subtree {
    pub(crate) height: u32,
    pub(crate) position: i64,
    pub(crate) hash: Hash,
}

/// A tree as its largest complete subtrees, left to right: all that is needed to grow it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    size: i64,
    peaks: Vec<Subtree>,
}

impl Tree {
    /// From stored subtrees; none when one is missing.
    pub(crate) fn load(size: i64, mut find: impl FnMut(u32, i64) -> Option<Hash>) -> Option<Self> {
        let mut peaks = Vec::new();
        let mut covered = 0_i64;
        for height in (0..62_u32).rev() {
            let width = 1_i64 << height;
            if size & width != 0 {
                let position = covered >> height;
                peaks.push(Subtree { height, position, hash: find(height, position)? });
                covered += width;
            }
        }
        Some(Self { size, peaks })
    }

    /// How many leaves.
    pub(crate) fn size(&self) -> i64 {
        self.size
    }

    /// Adds a leaf; the subtrees that are complete with it, smallest first.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<Subtree> {
        let mut fresh = Subtree { height: 0, position: self.size, hash: leaf };
        let mut made = vec![fresh];
        self.size += 1;
        while let Some(left) = self.peaks.pop_if(|peak| peak.height == fresh.height) {
            fresh =
                Subtree { height: fresh.height + 1, position: left.position >> 1, hash: node(&left.hash, &fresh.hash) };
            made.push(fresh);
        }
        self.peaks.push(fresh);
        made
    }

    /// The root: of the empty tree, the digest of nothing.
    pub(crate) fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return sha256(&[]) };
        peaks.fold(last.hash, |right, left| node(&left.hash, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The definition of RFC 6962, word for word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => sha256(&[]),
            1 => leaves[0],
            n => {
                let k = 1 << (usize::BITS - 1 - (n - 1).leading_zeros());
                node(&defined(&leaves[..k]), &defined(&leaves[k..]))
            }
        }
    }

    #[test]
    fn grows_to_the_defined_root_and_loads_back() {
        let mut tree = Tree::default();
        let mut stored = HashMap::new();
        let mut leaves = Vec::new();
        for size in 0..200_i64 {
            assert_eq!(tree.root(), defined(&leaves), "size {size}");
            let loaded = Tree::load(size, |height, position| stored.get(&(height, position)).copied()).unwrap();
            assert_eq!(loaded.root(), tree.root());
            let hash = leaf(&size.to_be_bytes(), b"commitment");
            leaves.push(hash);
            for subtree in tree.push(hash) {
                stored.insert((subtree.height, subtree.position), subtree.hash);
            }
        }
        assert!(Tree::load(3, |_, _| None).is_none());
    }

    #[test]
    fn agrees_with_another_implementation() {
        use ct_merkle::mem_backed_tree::MemoryBackedTree;
        use sha2::Sha256;
        let mut other: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
        let mut tree = Tree::default();
        for index in 0..100_u8 {
            other.push(vec![index; 20]);
            tree.push(leaf(&[index; 16], &[index; 4]));
            assert_eq!(tree.root().as_slice(), other.root().as_bytes().as_slice());
        }
    }
}
