//! How much memory a parser takes at most: an allocator that counts. (libFuzzer's own limit on an allocation
//! needs a sanitizer. What aws-lc allocates is not counted here, but in libFuzzer's limit on all memory.)

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Bytes that a parser may take for each byte that it is given: 8 MB for 64 KB. The worst known, `{"":{"":…}}`
/// again and again, takes 126: each five bytes become a map with room for eleven members, of 640 bytes.
const PER_BYTE: usize = 128;
/// And whatever it is given.
const ALWAYS: usize = 16 * 1024;

/// Runs a parser on an input of this length, and panics if it takes more memory than that allows.
pub fn bounded<T>(length: usize, parse: impl FnOnce() -> T) -> T {
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let parsed = parse();
    let peak = PEAK.load(Relaxed) - before;
    assert!(peak <= ALWAYS + PER_BYTE * length, "{peak} bytes were taken to read {length}");
    parsed
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn taken(bytes: usize) {
    PEAK.fetch_max(HELD.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: everything is left to the system's allocator, with the very arguments that were given; counting
// allocates nothing and does not panic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: the caller promises what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller promises what `System` asks for, and the pointer came from there.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // For a moment there may be both.
        taken(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller promises what `System` asks for, and the pointer came from there.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
