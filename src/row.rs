//! The values of a row, of Postgres' own types only: another's output function might be somebody's own.

use crate::snapshot;
use core::ffi::CStr;
use core::ptr::null_mut;
use pgrx::pg_sys::{self, Datum, Oid};

/// Types whose values `Row::text` reads.
pub const TEXTS: [Oid; 5] =
    [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::UUIDOID, pg_sys::JSONOID, pg_sys::JSONBOID];
/// Types by whose values rows are looked for.
pub const KEYS: [Oid; 6] =
    [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::UUIDOID, pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID];
/// The types whose values `Row::time` reads.
pub const TIMES: [Oid; 2] = [pg_sys::TIMESTAMPTZOID, pg_sys::TIMESTAMPOID];

/// Whether `Row::list` reads values of this type as names.
pub fn is_list(kind: Oid) -> bool {
    // SAFETY: the oid of a type in, that of its elements or 0 out.
    match unsafe { pg_sys::get_element_type(kind) } {
        Oid::INVALID => is_word(kind),
        element => is_word(element),
    }
}

/// Whether values of this type are words.
pub fn is_word(kind: Oid) -> bool {
    [pg_sys::TEXTOID, pg_sys::VARCHAROID].contains(&kind) || is_enum(kind)
}

/// Whether `Row::says` reads values of this type as yes or no.
pub fn is_flag(kind: Oid) -> bool {
    kind == pg_sys::BOOLOID || kind == pg_sys::DATEOID || TIMES.contains(&kind)
}

/// Whether a type is an enumeration.
pub fn is_enum(kind: Oid) -> bool {
    // SAFETY: an oid in, a letter or 0 out.
    unsafe { pg_sys::get_typtype(kind) as u8 == pg_sys::TYPTYPE_ENUM }
}

/// One row, within a scan.
pub struct Row {
    pub tuple: pg_sys::HeapTuple,
    pub columns: pg_sys::TupleDesc,
}

impl Row {
    /// The whole row, copied, as a value of the table's row type.
    pub fn copied(&self) -> Datum {
        // SAFETY: the row is of these columns.
        unsafe {
            // (A column that was added since, with a default, is not in it.)
            let whole = pg_sys::heap_expand_tuple(self.tuple, self.columns);
            pg_sys::heap_copy_tuple_as_datum(whole, self.columns)
        }
    }

    /// The row as a JSON object. Only for tables of our own, whose columns are of Postgres' own types.
    pub fn json(&self) -> Option<serde_json::Value> {
        // SAFETY: the row is of the relation's type; row_to_json returns a text.
        unsafe {
            let text = pgrx::direct_function_call_as_datum(pg_sys::row_to_json, &[Some(self.copied())])?;
            serde_json::from_slice(pgrx::varlena_to_byte_slice(text.cast_mut_ptr())).ok()
        }
    }

    /// The value of a column of type oid, regrole or regclass; None for any other.
    pub fn oid(&self, column: i16) -> Option<Oid> {
        match self.value(column)? {
            (pg_sys::OIDOID | pg_sys::REGROLEOID | pg_sys::REGCLASSOID, value) => {
                Some(Oid::from(value.value() as u32))
            }
            _ => None,
        }
    }

    /// The value of a column with the oid of its type, beneath any domain; None for NULL.
    fn value(&self, column: i16) -> Option<(Oid, Datum)> {
        let mut null = false;
        // SAFETY: the row is of these columns, of which `Table::column` gave the number.
        unsafe {
            let value = pg_sys::heap_getattr(self.tuple, column.into(), self.columns, &mut null);
            let kind = pg_sys::SPI_gettypeid(self.columns, column.into());
            (!null).then(|| (pg_sys::getBaseType(kind), value))
        }
    }

    /// The value of a column of one of `TEXTS` or `KEYS` or of an enumeration, as Postgres writes it; None for NULL,
    /// for more than a megabyte, and for any other type, whose output function might be somebody's own.
    pub fn text(&self, column: i16) -> Option<String> {
        let (kind, value) = self.value(column)?;
        text(kind, value)
    }

    /// The elements, but for NULLs and empty ones, of a column of type text[], varchar[] or of an array of an
    /// enumeration; of an enumeration, its one; of another that `text` reads, the parts between commas, trimmed.
    pub fn list(&self, column: i16) -> Vec<String> {
        let Some((kind, value)) = self.value(column) else { return Vec::new() };
        // SAFETY: the oid of a type in, that of its elements or 0 out.
        match unsafe { pg_sys::get_element_type(kind) } {
            Oid::INVALID if is_enum(kind) => text(kind, value).into_iter().collect(),
            Oid::INVALID => {
                let text = text(kind, value).unwrap_or_default();
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(String::from).collect()
            }
            _ if is_too_long(value) => Vec::new(),
            element => elements(value, element).into_iter().filter(|element| !element.is_empty()).collect(),
        }
    }

    /// Whether the value of a column is true; of one of `TIMES`, whether there is one; of one that `text` reads,
    /// whether it is `word`.
    pub fn says(&self, column: i16, word: &str) -> bool {
        match self.value(column) {
            Some((pg_sys::BOOLOID, value)) => value.value() != 0,
            Some((pg_sys::TIMESTAMPTZOID | pg_sys::TIMESTAMPOID | pg_sys::DATEOID, _)) => true,
            Some((kind, value)) => text(kind, value).is_some_and(|text| text == word),
            None => false,
        }
    }

    /// The value of a column of one of `TIMES`, timestamp taken to be UTC, in microseconds since 1970.
    pub fn time(&self, column: i16) -> Option<i64> {
        match self.value(column)? {
            (pg_sys::TIMESTAMPTZOID | pg_sys::TIMESTAMPOID, value) => {
                Some((value.value() as i64).saturating_add(snapshot::EPOCH))
            }
            _ => None,
        }
    }
}

/// The longest value that is read, in bytes. (Keys of an issuer may have as much.)
const MAX_VALUE: usize = 1024 * 1024;

/// Whether a value of a type of variable length is longer than what is read.
fn is_too_long(value: Datum) -> bool {
    // SAFETY: the datum is a varlena, of which no more than the header is looked at.
    unsafe { pg_sys::toast_raw_datum_size(value) > MAX_VALUE }
}

fn text(kind: Oid, value: Datum) -> Option<String> {
    const LONG: [Oid; 4] = [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::JSONOID, pg_sys::JSONBOID];
    if LONG.contains(&kind) && is_too_long(value) {
        return None;
    }
    let output = match kind {
        pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::JSONOID => pg_sys::textout,
        pg_sys::UUIDOID => pg_sys::uuid_out,
        pg_sys::JSONBOID => pg_sys::jsonb_out,
        pg_sys::INT2OID => pg_sys::int2out,
        pg_sys::INT4OID => pg_sys::int4out,
        pg_sys::INT8OID => pg_sys::int8out,
        _ if is_enum(kind) => pg_sys::enum_out,
        _ => return None,
    };
    // SAFETY: the output function is the type's and returns a palloc'ed C string, of no use once it is copied.
    unsafe {
        let text = pgrx::direct_function_call_as_datum(output, &[Some(value)])?.cast_mut_ptr();
        let copy = CStr::from_ptr(text).to_str().ok().map(String::from);
        pg_sys::pfree(text.cast());
        copy
    }
}

/// The elements of an array of text, but for NULLs.
pub fn texts(array: Datum) -> Vec<String> {
    elements(array, pg_sys::TEXTOID)
}

/// The elements of an array, of a type that `text` reads, but for NULLs.
fn elements(array: Datum, kind: Oid) -> Vec<String> {
    let (mut length, mut by_value, mut align) = (0, false, 0);
    let (mut values, mut nulls, mut count) = (null_mut::<Datum>(), null_mut::<bool>(), 0);
    // SAFETY: the datum is an array of that type; deconstruct_array palloc's `count` values and as many flags.
    unsafe {
        pg_sys::get_typlenbyvalalign(kind, &mut length, &mut by_value, &mut align);
        let array = pg_sys::pg_detoast_datum(array.cast_mut_ptr()).cast();
        let length = i32::from(length);
        pg_sys::deconstruct_array(array, kind, length, by_value, align, &mut values, &mut nulls, &mut count);
        let elements = (0..count as usize).filter(|&n| !*nulls.add(n));
        elements.filter_map(|n| text(kind, *values.add(n))).collect()
    }
}
