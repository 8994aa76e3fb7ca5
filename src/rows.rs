//! Rows of a table as a snapshot shows them, read directly: no SQL is run, so no rule, trigger, policy or
//! function of anybody's is.

use crate::snapshot;
use core::ffi::CStr;
use core::ptr::null_mut;
use pgrx::pg_sys::{self, Datum, Oid};

/// The types whose values `Row::text` reads.
pub const TEXTS: [Oid; 5] =
    [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::UUIDOID, pg_sys::JSONOID, pg_sys::JSONBOID];
/// The types whose values `Row::time` reads.
pub const TIMES: [Oid; 2] = [pg_sys::TIMESTAMPTZOID, pg_sys::TIMESTAMPOID];

/// Which rows a snapshot shows: of which table, and of each row where it is and which transaction wrote it. As
/// long as that is the same, so is all that was made from the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stamp(Vec<u64>);

/// A table that is open; closed again when dropped.
pub struct Table(pg_sys::Relation);

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: opened by `open`. The lock is kept until the transaction ends, as Postgres does.
        unsafe { pg_sys::table_close(self.0, pg_sys::NoLock as _) }
    }
}

/// The oid of a table by its schema and its own name; None if there is none.
pub fn find(schema: &CStr, name: &CStr) -> Option<Oid> {
    // SAFETY: C strings in, an oid or 0 out.
    let found = unsafe {
        match pg_sys::get_namespace_oid(schema.as_ptr(), true) {
            Oid::INVALID => Oid::INVALID,
            schema => pg_sys::get_relname_relid(name.as_ptr(), schema),
        }
    };
    (found != Oid::INVALID).then_some(found)
}

/// The oid of a type by its schema and its own name; None if there is none.
pub fn find_type(schema: &CStr, name: &CStr) -> Option<Oid> {
    // SAFETY: as above.
    let found = unsafe {
        pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::TYPENAMENSP as _,
            pg_sys::Anum_pg_type_oid as _,
            Datum::from(name.as_ptr()),
            Datum::from(pg_sys::get_namespace_oid(schema.as_ptr(), true)),
            Datum::null(),
            Datum::null(),
        )
    };
    (found != Oid::INVALID).then_some(found)
}

impl Table {
    /// Opens a table; None if the oid is not, or no longer, one that can be read so.
    pub fn open(table: Oid) -> Option<Table> {
        // SAFETY: `try_table_open` gives null or an open relation, with its catalog row.
        unsafe {
            let relation = pg_sys::try_table_open(table, pg_sys::AccessShareLock as _);
            let form = relation.as_ref().map(|relation| &*relation.rd_rel)?;
            let table = Table(relation);
            let plain = form.relkind == pg_sys::RELKIND_RELATION as core::ffi::c_char
                && form.relam == pg_sys::HEAP_TABLE_AM_OID;
            plain.then_some(table)
        }
    }

    /// Calls `each` for each row.
    pub fn scan(&self, snapshot: pg_sys::Snapshot, mut each: impl FnMut(Row)) {
        // SAFETY: the relation is open, the snapshot active; a row is good until the next is asked for.
        unsafe {
            let scan = pg_sys::systable_beginscan(self.0, Oid::INVALID, false, snapshot, 0, null_mut());
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                each(Row { tuple, columns: (*self.0).rd_att });
            }
            pg_sys::systable_endscan(scan);
        }
    }

    /// Which rows there are.
    pub fn stamp(&self, snapshot: pg_sys::Snapshot) -> Stamp {
        // SAFETY: the relation is open. (TRUNCATE gives it another file.)
        let file = unsafe { (*(*self.0).rd_rel).relfilenode };
        let mut stamp = vec![u64::from(self.oid().to_u32()) << 32 | u64::from(file.to_u32())];
        // SAFETY: the row and its header are there.
        self.scan(snapshot, |row| unsafe {
            let place = (*row.tuple).t_self;
            let block = u64::from(place.ip_blkid.bi_hi) << 16 | u64::from(place.ip_blkid.bi_lo);
            stamp.push(block << 16 | u64::from(place.ip_posid));
            stamp.push(u64::from((*(*row.tuple).t_data).t_choice.t_heap.t_xmin.into_inner()));
        });
        Stamp(stamp)
    }

    pub fn oid(&self) -> Oid {
        // SAFETY: the relation is open.
        unsafe { (*self.0).rd_id }
    }

    /// The number of a column; None where there is none of that name and one of these types.
    pub fn column(&self, name: &CStr, types: &[Oid]) -> Option<i16> {
        // SAFETY: an oid and a C string in, a number or 0 out; then a number of one of its columns in, an oid out.
        unsafe {
            let number = pg_sys::get_attnum(self.oid(), name.as_ptr());
            (number > 0 && types.contains(&pg_sys::SPI_gettypeid((*self.0).rd_att, number.into())))
                .then_some(number)
        }
    }

    /// Whether a role may read these columns.
    pub fn readable_by(&self, role: Oid, columns: &[i16]) -> bool {
        let (table, allowed) = (self.oid(), pg_sys::AclResult::ACLCHECK_OK);
        // SAFETY: oids and numbers in, a verdict out.
        unsafe {
            let whole = pg_sys::pg_class_aclcheck(table, role, pg_sys::ACL_SELECT.into()) == allowed;
            whole
                || columns.iter().all(|&column| {
                    pg_sys::pg_attribute_aclcheck(table, column, role, pg_sys::ACL_SELECT.into()) == allowed
                })
        }
    }
}

/// One row, within a scan.
pub struct Row {
    tuple: pg_sys::HeapTuple,
    columns: pg_sys::TupleDesc,
}

impl Row {
    /// The row as a JSON object. Only for tables of our own, whose columns are of Postgres' own types.
    pub fn json(&self) -> Option<serde_json::Value> {
        // SAFETY: the row is of the relation's type; row_to_json returns a text.
        unsafe {
            let datum = pg_sys::heap_copy_tuple_as_datum(self.tuple, self.columns);
            let text = pgrx::direct_function_call_as_datum(pg_sys::row_to_json, &[Some(datum)])?;
            serde_json::from_slice(pgrx::varlena_to_byte_slice(text.cast_mut_ptr())).ok()
        }
    }

    /// The value of a column of type oid or regrole; None for any other.
    pub fn oid(&self, column: i16) -> Option<Oid> {
        match self.value(column)? {
            (pg_sys::OIDOID | pg_sys::REGROLEOID, value) => Some(Oid::from(value.value() as u32)),
            _ => None,
        }
    }

    /// The value of a column with the oid of its type; None for NULL.
    fn value(&self, column: i16) -> Option<(Oid, Datum)> {
        let mut null = false;
        // SAFETY: the row is of these columns, of which `Table::column` gave the number.
        unsafe {
            let value = pg_sys::heap_getattr(self.tuple, column.into(), self.columns, &mut null);
            let kind = pg_sys::SPI_gettypeid(self.columns, column.into());
            (!null).then_some((kind, value))
        }
    }

    /// The value of a column of one of `TEXTS`, as Postgres writes it; None for NULL and for any other type, whose
    /// output function might be somebody's own.
    pub fn text(&self, column: i16) -> Option<String> {
        let (kind, value) = self.value(column)?;
        let output = match kind {
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::JSONOID => pg_sys::textout,
            pg_sys::UUIDOID => pg_sys::uuid_out,
            pg_sys::JSONBOID => pg_sys::jsonb_out,
            _ => return None,
        };
        // SAFETY: the output function is the type's and returns a C string.
        unsafe {
            let text = pgrx::direct_function_call_as_datum(output, &[Some(value)])?;
            CStr::from_ptr(text.cast_mut_ptr()).to_str().ok().map(String::from)
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
