//! The pages of one person, under the same strip: synthesis, thread, who read.

pub(crate) mod accesses;
pub(crate) mod emergency;
mod figures;
pub(crate) mod requests;
pub(crate) mod synthesis;
pub(crate) mod thread;

/// The tabs of a person's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Synthesis,
    Thread,
    Accesses,
    Stay,
    /// A page of something else, under the strip.
    None,
}
