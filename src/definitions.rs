//! What roles allow: the permissions that `tenancy.define_role()` gave them, as the active snapshot shows them.

use crate::claims;
use crate::configuration::our_table;
use crate::standing::bare_role;
use crate::table::Stamp;
use pgrx::pg_sys;

/// The permissions of these roles in a tenant, and the rows that say so. A tenant's own definition of a role takes the
/// place of the global one, and that of what is shipped.
pub fn permissions(roles: &[String], tenant: &str, snapshot: pg_sys::Snapshot) -> (Stamp, Vec<String>) {
    let table = our_table(c"role_definition");
    let columns = [c"tenant", c"role", c"shipped", c"permissions"]
        .map(|name| table.column_of(name, |_| true).unwrap_or_default());
    let [tenant_column, role_column, shipped, list] = columns;
    // sql/definitions.sql writes a tenant that is a uuid in lower case.
    let tenant = match claims::uuid(tenant) {
        Some(_) => tenant.to_ascii_lowercase(),
        None => tenant.to_owned(),
    };
    let mut stamp = Stamp::default();
    stamp.add_table(&table);
    // Of each role the definition that counts most: 0 shipped, 1 global, 2 the tenant's own.
    let mut best: Vec<(u8, Vec<String>)> = vec![(0, Vec::new()); roles.len()];
    for (rank, whose) in [(1, ""), (2, tenant.as_str())] {
        table.find(&[(tenant_column, whose)], snapshot, |row| {
            stamp.add_row(&row);
            let Some(name) = row.text(role_column) else { return true };
            let rank = if row.says(shipped, "") { 0 } else { rank };
            for (role, best) in roles.iter().zip(&mut best) {
                if bare_role(role) == bare_role(&name) && rank >= best.0 {
                    *best = (rank, row.list(list));
                }
            }
            true
        });
    }
    let mut permissions: Vec<String> = best.into_iter().flat_map(|(_, permissions)| permissions).collect();
    permissions.sort();
    permissions.dedup();
    (stamp, permissions)
}
