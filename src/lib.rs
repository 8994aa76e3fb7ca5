//! pg_tenancy: Postgres decides who is calling, which tenants they belong to, and which rows they may
//! touch.
//!
//! Data flows one way: GUC → claims → identity → `auth.*` → policies. Rust holds what must be native;
//! the policy pack is SQL, in `sql/`, one file a topic.

use pgrx::prelude::*;

mod auth;
mod claims;
mod identity;
mod settings;

pgrx::pg_module_magic!(name, version);

/// Runs once in each backend, when the library is first loaded.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    identity::watch_transactions();
}

extension_sql_file!("../sql/schemas.sql", name = "schemas", bootstrap);
extension_sql_file!("../sql/native.sql", name = "native", requires = ["schemas"]);
