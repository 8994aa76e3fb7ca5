//! Tables as a snapshot shows them, read directly: no SQL is run, so no rule, trigger, policy or function of anybody's
//! is.

use crate::claims;
use crate::row::{Row, is_enum};
use crate::value::Value;
use core::ffi::CStr;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU64, Ordering};
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CString;

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
        // SAFETY: `try_table_open` gives null or an open relation, with its catalog row; of an index it raises an error.
        unsafe {
            if pg_sys::get_rel_relkind(table) as u8 != pg_sys::RELKIND_RELATION {
                return None;
            }
            let relation = pg_sys::try_table_open(table, pg_sys::AccessShareLock as _);
            let form = relation.as_ref().map(|relation| &*relation.rd_rel)?;
            let table = Table(relation);
            (form.relam == pg_sys::HEAP_TABLE_AM_OID).then_some(table)
        }
    }

    /// Opens all tables in which the rows of a table are: itself and its children, or its partitions. None if one
    /// cannot be read so.
    pub fn open_family(table: Oid) -> Option<Vec<Table>> {
        let mut family = Vec::new();
        // SAFETY: `try_relation_open` gives null or an open relation, with its catalog row; the list of oids is the
        // table's own and those of its children, which are locked.
        unsafe {
            let relation = pg_sys::try_relation_open(table, pg_sys::AccessShareLock as _);
            let form = &*relation.as_ref()?.rd_rel;
            let (childless, kind) = (!form.relhassubclass, form.relkind as u8);
            pg_sys::relation_close(relation, pg_sys::NoLock as _);
            if childless && kind == pg_sys::RELKIND_RELATION {
                return Some(vec![Table::open(table)?]);
            }
            let lock = pg_sys::AccessShareLock as _;
            let oids = pg_sys::ffi::pg_guard_ffi_boundary(|| find_all_inheritors(table, lock, null_mut()));
            for n in 0..oids.as_ref().map_or(0, |oids| oids.length) {
                let oid = pg_sys::list_nth_oid(oids, n);
                // (A temporary child is the matter of one session; others could not read it.)
                if pg_sys::get_rel_relkind(oid) as u8 != pg_sys::RELKIND_PARTITIONED_TABLE
                    && pg_sys::get_rel_persistence(oid) as u8 != pg_sys::RELPERSISTENCE_TEMP
                {
                    family.push(Table::open(oid)?);
                }
            }
        }
        Some(family)
    }

    /// Calls `each` for each row.
    pub fn scan(&self, snapshot: pg_sys::Snapshot, mut each: impl FnMut(Row)) {
        self.scan_until(snapshot, |row: Row| {
            each(row);
            true
        })
    }

    /// Calls `each` for each row, until that says no.
    pub fn scan_until(&self, snapshot: pg_sys::Snapshot, each: impl FnMut(Row) -> bool) {
        self.run(snapshot, Oid::INVALID, &mut [], each)
    }

    /// Calls `each`, until that says no, for each row whose columns, of types of `KEYS`, are what these texts say;
    /// through an index if there is one. The first column decides; of the others, where the best index lacks them,
    /// any value is found.
    pub fn find(&self, sought: &[(i16, &str)], snapshot: pg_sys::Snapshot, each: impl FnMut(Row) -> bool) {
        let columns: Vec<i16> = sought.iter().map(|(column, _)| *column).collect();
        let kinds = columns.iter().map(|&column| self.kind(column));
        let wanted =
            kinds.zip(sought).map(|((kind, _), (_, text))| key(kind, text)).collect::<Option<Vec<_>>>();
        let Some(wanted) = wanted else { return };
        let index = self.index(&columns);
        let through = index.as_ref().map(|index| index.keys.clone());
        let mut keys = Vec::new();
        for (place, collation) in through.unwrap_or_else(|| vec![(0, self.kind(columns[0]).1)]) {
            let (value, equal) = &wanted[place];
            let datum = match value {
                Key::Reference(value) => value.datum(),
                Key::Direct(datum) => *datum,
            };
            // SAFETY: all zeroes is a scan key, and one that is filled in before it is used.
            let mut key: pg_sys::ScanKeyData = unsafe { core::mem::zeroed() };
            let (none, equal, column) = (Oid::INVALID, Oid::from(*equal), columns[place]);
            // SAFETY: the operator is the equality of the column's type and the value of that type.
            unsafe {
                let strategy = pg_sys::BTEqualStrategyNumber as _;
                pg_sys::ScanKeyEntryInitialize(&mut key, 0, column, strategy, none, collation, equal, datum);
            }
            keys.push(key);
        }
        self.run(snapshot, index.map_or(Oid::INVALID, |index| index.oid), &mut keys, each)
    }

    fn run(
        &self,
        snapshot: pg_sys::Snapshot,
        index: Oid,
        keys: &mut [pg_sys::ScanKeyData],
        mut each: impl FnMut(Row) -> bool,
    ) {
        // SAFETY: the relation is open, the snapshot active, the index one of the relation's that has the keys'
        // columns in this order; a row is good until the next is asked for.
        unsafe {
            let by_index = index != Oid::INVALID;
            let (count, keys) = (keys.len() as i32, keys.as_mut_ptr());
            let scan = pg_sys::systable_beginscan(self.0, index, by_index, snapshot, count, keys);
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() || !each(Row { tuple, columns: (*self.0).rd_att }) {
                    break;
                }
            }
            pg_sys::systable_endscan(scan);
        }
    }

    /// Which rows there are.
    pub fn stamp(&self, snapshot: pg_sys::Snapshot) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.add_table(self);
        self.scan(snapshot, |row| stamp.add_row(&row));
        stamp
    }

    /// The index that has most of these columns, the first among them, and leads with one: valid, of all rows,
    /// compared as Postgres' own types are, and such as this transaction may use.
    fn index(&self, columns: &[i16]) -> Option<Index> {
        // SAFETY: the relation is open; so is each index while it is looked at, with its catalog rows and its
        // arrays of one element for each of its key columns.
        unsafe {
            let indexes = pg_sys::RelationGetIndexList(self.0);
            let usable = (0..indexes.as_ref().map_or(0, |list| list.length)).filter_map(|n| {
                let oid = pg_sys::list_nth_oid(indexes, n);
                let index = pg_sys::index_open(oid, pg_sys::AccessShareLock as _);
                let (form, row) = (&*(*index).rd_index, (*index).rd_indextuple);
                let written = (*(*row).t_data).t_choice.t_heap.t_xmin;
                let count = form.indnkeyatts as usize;
                let families = core::slice::from_raw_parts((*index).rd_opfamily, count);
                let collations = core::slice::from_raw_parts((*index).rd_indcollation, count);
                let numbers = &form.indkey.values.as_slice(count)[..count];
                let keys: Vec<(usize, Oid)> = (0..count)
                    .filter(|&at| OWN_FAMILIES.contains(&families[at]) && is_deterministic(collations[at]))
                    .filter_map(|at| Some((columns.iter().position(|c| *c == numbers[at])?, collations[at])))
                    .collect();
                let fits = keys.iter().any(|(place, _)| *place == 0)
                    && keys.first().is_some_and(|(place, _)| columns[*place] == numbers[0])
                    && form.indisvalid
                    && (*(*index).rd_rel).relam == pg_sys::BTREE_AM_OID
                    && pg_sys::heap_attisnull(row, pg_sys::Anum_pg_index_indpred as _, null_mut())
                    // (As the planner has it: rows older than the index may be missing from it.)
                    && (!form.indcheckxmin
                        || pg_sys::TransactionIdPrecedes(written, pg_sys::TransactionXmin));
                pg_sys::index_close(index, pg_sys::NoLock as _);
                fits.then_some(Index { oid, keys })
            });
            usable.max_by_key(|index| index.keys.len())
        }
    }

    /// The type of a column, beneath any domain, and its collation.
    fn kind(&self, column: i16) -> (Oid, Oid) {
        let (mut kind, mut modifier, mut collation) = (Oid::INVALID, 0, Oid::INVALID);
        // SAFETY: an oid and a number that `Table::column` gave in, what the catalog has of it out.
        unsafe {
            pg_sys::get_atttypetypmodcoll(self.oid(), column, &mut kind, &mut modifier, &mut collation);
            (pg_sys::getBaseType(kind), collation)
        }
    }

    pub fn oid(&self) -> Oid {
        // SAFETY: the relation is open.
        unsafe { (*self.0).rd_id }
    }

    /// Whether a role has the rights of the table's owner.
    pub fn is_owned_by(&self, role: Oid) -> bool {
        // SAFETY: the relation is open, with its catalog row.
        unsafe { pg_sys::has_privs_of_role(role, (*(*self.0).rd_rel).relowner) }
    }

    /// The number of a column; None where there is none of that name and one of these types.
    pub fn column(&self, name: &CStr, types: &[Oid]) -> Option<i16> {
        self.column_of(name, |kind| types.contains(&kind))
    }

    /// The same, of a type that this says yes to; of text only if equal texts are equal byte by byte. None also for a
    /// virtual column, which is not in the rows.
    pub fn column_of(&self, name: &CStr, accepted: impl FnOnce(Oid) -> bool) -> Option<i16> {
        const VIRTUAL: u8 = b'v';
        // SAFETY: an oid and a C string in, a number or 0 out; then that in, a letter or 0 out.
        let (number, generated) = unsafe {
            let number = pg_sys::get_attnum(self.oid(), name.as_ptr());
            (number, if number > 0 { pg_sys::get_attgenerated(self.oid(), number) as u8 } else { 0 })
        };
        let (kind, collation) = (number > 0 && generated != VIRTUAL).then(|| self.kind(number))?;
        (accepted(kind) && is_deterministic(collation)).then_some(number)
    }

    /// Whether a column is of text.
    pub fn is_text(&self, column: i16) -> bool {
        [pg_sys::TEXTOID, pg_sys::VARCHAROID].contains(&self.kind(column).0)
    }

    /// Whether a column is of an enumeration, or of an array of one: its values can be renamed without a change of rows.
    pub fn is_renamable(&self, column: i16) -> bool {
        let (kind, _) = self.kind(column);
        // SAFETY: the oid of a type in, that of its elements or 0 out.
        is_enum(kind) || is_enum(unsafe { pg_sys::get_element_type(kind) })
    }
}

/// Whether a role may read these columns of a table that is there, in all of its rows. (FORCE is no matter: as it is for
/// foreign keys.)
pub fn readable_by(table: Oid, role: Oid, columns: &[&str]) -> bool {
    let allowed = pg_sys::AclResult::ACLCHECK_OK;
    let column_is_readable = |name: &&str| {
        let Ok(name) = CString::new(*name) else { return false };
        // SAFETY: oids, a C string and a number in, a number or a verdict out.
        unsafe {
            let number = pg_sys::get_attnum(table, name.as_ptr());
            number > 0
                && pg_sys::pg_attribute_aclcheck(table, number, role, pg_sys::ACL_SELECT.into()) == allowed
        }
    };
    // SAFETY: oids in, a verdict out.
    let whole = unsafe { pg_sys::pg_class_aclcheck(table, role, pg_sys::ACL_SELECT.into()) } == allowed;
    (whole || columns.iter().all(column_is_readable)) && reads_all_rows(table, role)
}

/// Whether row security hides no row of a table from a role that is no more than its owner.
fn reads_all_rows(table: Oid, role: Oid) -> bool {
    // SAFETY: the catalog's row is looked at before it is given back. Oids in, verdicts out.
    unsafe {
        let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as _, table.into());
        if row.is_null() {
            return false;
        }
        let form = pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_class>();
        let (bound, owner) = ((*form).relrowsecurity, (*form).relowner);
        pg_sys::ReleaseSysCache(row);
        !bound || pg_sys::has_privs_of_role(role, owner) || pg_sys::has_bypassrls_privilege(role)
    }
}

unsafe extern "C-unwind" {
    /// pg_inherits.h; pgrx has no binding of it.
    fn find_all_inheritors(
        parent: Oid,
        lock: pg_sys::LOCKMODE,
        parents: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
}

/// The operator families text_ops, text_pattern_ops, uuid_ops and integer_ops: an index of any other may compare by
/// somebody's own functions.
const OWN_FAMILIES: [Oid; 4] =
    [Oid::from_u32(1994), Oid::from_u32(2095), Oid::from_u32(2968), Oid::from_u32(1976)];

/// Whether equal texts are equal byte by byte under this collation; of other types, which have none, yes.
fn is_deterministic(collation: Oid) -> bool {
    // SAFETY: the oid of a collation in, a verdict out.
    collation == Oid::INVALID || unsafe { pg_sys::get_collation_isdeterministic(collation) }
}

/// What is looked for: a value of the column's type.
enum Key {
    Reference(Value),
    Direct(Datum),
}

/// The value of one of the types of `KEYS` that a text writes, and the function by which it is compared; None for a
/// text that writes none.
fn key(kind: Oid, text: &str) -> Option<(Key, u32)> {
    Some(match kind {
        pg_sys::TEXTOID | pg_sys::VARCHAROID => (Key::Reference(Value::text(text)), pg_sys::F_TEXTEQ),
        pg_sys::UUIDOID => (Key::Reference(Value::uuid(claims::uuid(text)?)), pg_sys::F_UUID_EQ),
        pg_sys::INT2OID => (Key::Direct(i16::try_from(claims::bigint(text)?).ok()?.into()), pg_sys::F_INT2EQ),
        pg_sys::INT4OID => (Key::Direct(i32::try_from(claims::bigint(text)?).ok()?.into()), pg_sys::F_INT4EQ),
        pg_sys::INT8OID => (Key::Direct(claims::bigint(text)?.into()), pg_sys::F_INT8EQ),
        _ => return None,
    })
}

impl Stamp {
    /// Adds which table this is. TRUNCATE, and whatever rewrites it, gives it another file, but within the transaction
    /// that did or made it the same once more, in which rows may have the places of others: then this is like no other.
    pub fn add_table(&mut self, table: &Table) {
        static TIMES: AtomicU64 = AtomicU64::new(0);
        // SAFETY: the relation is open.
        let (file, relation) = unsafe { ((*(*table.0).rd_rel).relfilenode, &*table.0) };
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        let new = [relation.rd_newRelfilenodeSubid, relation.rd_firstRelfilenodeSubid];
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        let new = [relation.rd_newRelfilelocatorSubid, relation.rd_firstRelfilelocatorSubid];
        self.add(u64::from(table.oid().to_u32()) << 32 | u64::from(file.to_u32()));
        if [relation.rd_createSubid, new[0], new[1]].iter().any(|&subtransaction| subtransaction != 0) {
            self.add(TIMES.fetch_add(1, Ordering::Relaxed));
        }
    }

    pub fn add_row(&mut self, row: &Row) {
        // SAFETY: the row and its header are there.
        let (place, writer) =
            unsafe { ((*row.tuple).t_self, (*(*row.tuple).t_data).t_choice.t_heap.t_xmin.into_inner()) };
        let block = u64::from(place.ip_blkid.bi_hi) << 16 | u64::from(place.ip_blkid.bi_lo);
        self.add(block << 16 | u64::from(place.ip_posid));
        self.add(u64::from(writer));
    }

    pub fn add(&mut self, number: u64) {
        self.0.push(number);
    }
}

/// An index, and of the columns it was chosen for, by their places among those, which it has, in its order, with their
/// collations.
struct Index {
    oid: Oid,
    keys: Vec<(usize, Oid)>,
}
