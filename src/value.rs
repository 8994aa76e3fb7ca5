//! Values as Postgres expects to find them in memory, kept in Rust's.

use pgrx::pg_sys::{self, Datum, Oid};

/// A value that is passed by reference, aligned to 8 bytes as any of Postgres' types may need.
pub struct Value {
    words: Box<[u64]>,
    pub size: usize,
}

impl Value {
    fn with_size(size: usize, fill: impl FnOnce(*mut u8)) -> Value {
        let mut words = vec![0; size.div_ceil(8)].into_boxed_slice();
        fill(words.as_mut_ptr().cast());
        Value { words, size }
    }

    /// A varlena with a 4-byte header, which is how text and jsonb are passed.
    pub fn varlena(bytes: &[u8]) -> Value {
        let size = bytes.len() + pg_sys::VARHDRSZ;
        // SAFETY: the block holds `size` bytes, the header's four and then `bytes`' own.
        Value::with_size(size, |start| unsafe {
            pgrx::set_varsize_4b(start.cast(), size as i32);
            start.add(pg_sys::VARHDRSZ).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        })
    }

    pub fn text(text: &str) -> Value {
        Value::varlena(text.as_bytes())
    }

    pub fn uuid(bytes: [u8; 16]) -> Value {
        // SAFETY: the block holds the sixteen bytes.
        Value::with_size(16, |start| unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), 16) })
    }

    /// An array of text (`TEXTOID`), uuid or bigint: of as many elements, each a datum of the type. Raises a Postgres
    /// error when memory runs out.
    pub fn array(elements: &[Datum], kind: Oid) -> Value {
        let (length, by_value, align) = match kind {
            pg_sys::UUIDOID => (16, false, b'c'),
            pg_sys::INT8OID => (8, true, b'd'),
            _ => (-1, false, b'i'),
        };
        // SAFETY: the elements are of the type, of which the length and alignment are; construct_array only reads
        // them, and what it returns is a palloc'ed varlena with a 4-byte header, of no use once it is copied.
        unsafe {
            let (start, count) = (elements.as_ptr().cast_mut(), elements.len() as i32);
            let made = pg_sys::construct_array(start, count, kind, length, by_value, align as _);
            let value = Value::varlena(pgrx::varlena_to_byte_slice(made.cast()));
            pg_sys::pfree(made.cast());
            value
        }
    }

    pub fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
        let texts: Vec<Value> = texts.map(Value::text).collect();
        Value::array(&texts.iter().map(Value::datum).collect::<Vec<_>>(), pg_sys::TEXTOID)
    }

    pub fn pointer(&self) -> *const u8 {
        self.words.as_ptr().cast()
    }

    /// A datum that points to the value, good as long as that lives.
    pub fn datum(&self) -> Datum {
        Datum::from(self.pointer())
    }

    /// A palloc'ed copy. Raises a Postgres error when memory runs out.
    pub fn copied(&self) -> Datum {
        // SAFETY: palloc returns `size` fresh bytes or raises an error; `words` holds as many.
        unsafe {
            let copy: *mut u8 = pg_sys::palloc(self.size).cast();
            copy.copy_from_nonoverlapping(self.pointer(), self.size);
            Datum::from(copy)
        }
    }
}
