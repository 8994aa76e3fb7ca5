//! The rules of `tenancy.audit()`, one a file; `tenancy.audit_rules()` in sql/audit.sql names them too.

use pgrx::prelude::*;

extension_sql_file!("../sql/audit/correlated_call.sql", name = "audit_correlated_call", requires = ["audit"]);
extension_sql_file!("../sql/audit/rls_disabled.sql", name = "audit_rls_disabled", requires = ["audit"]);
