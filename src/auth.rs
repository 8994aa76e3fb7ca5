//! The readers of schema `auth`, called once per row: each answers from the cached identity.
//!
//! Whether that is still the caller of the active snapshot need not be asked for each row of a query that reads
//! tables: its snapshot stays the same, so one call site (an `FmgrInfo`, which is made anew for each execution)
//! needs it once, and again only when something has happened (`snapshot::epoch`). Asked each time, as it is in
//! expressions that PL/pgSQL keeps from one snapshot to the next, it costs 3 ns, a tenth of a sequential scan.

use crate::identity::Answer;
use crate::v1::{answer, texts, v1_function};
use crate::{session, snapshot};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum, FmgrInfo, FunctionCallInfo};

/// Defines readers: the answer that is ready, a Datum or None, and how to find it out.
macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident, $info:ident: $ready:expr, $find:expr;)*) => {$(
        v1_function! { $(#[$doc])* $name, $info, |fcinfo| {
            let site = (*fcinfo).flinfo;
            match $ready {
                Some(datum) if !site.is_null() && (*site).fn_extra as usize == snapshot::epoch() => datum,
                ready => otherwise(fcinfo, ready, || $find),
            }
        }}
    )*};
}

readers! {
    /// `auth.user_id() → text`
    auth_user_id, pg_finfo_auth_user_id: ready(Answer::UserId), session::lend(Answer::UserId);
    /// `auth.uid() → uuid`
    auth_uid, pg_finfo_auth_uid: ready(Answer::Uid), session::lend(Answer::Uid);
    /// `auth.role() → text`
    auth_role, pg_finfo_auth_role: ready(Answer::Role), session::lend(Answer::Role);
    /// `auth.email() → text`
    auth_email, pg_finfo_auth_email: ready(Answer::Email), session::lend(Answer::Email);
    /// `auth.tenant_id() → text`
    auth_tenant_id, pg_finfo_auth_tenant_id: ready(Answer::TenantId), session::lend(Answer::TenantId);
    /// `auth.tenant_uuid() → uuid`
    auth_tenant_uuid, pg_finfo_auth_tenant_uuid: ready(Answer::TenantUuid), session::lend(Answer::TenantUuid);
    /// `auth.tenant_bigint() → bigint`
    auth_tenant_bigint, pg_finfo_auth_tenant_bigint:
        session::ready_bigint().map(Datum::from), session::tenant_bigint().map(Datum::from);
    /// `auth.organization_id() → uuid`
    auth_organization_id, pg_finfo_auth_organization_id:
        ready(Answer::OrganizationId), session::lend(Answer::OrganizationId);
    /// `auth.roles() → text[]`
    auth_roles, pg_finfo_auth_roles: ready(Answer::Roles), session::lend(Answer::Roles);
    /// `auth.permissions() → text[]`
    auth_permissions, pg_finfo_auth_permissions: ready(Answer::Permissions), session::lend(Answer::Permissions);
    /// `auth.tenant_ids() → text[]`
    auth_tenant_ids, pg_finfo_auth_tenant_ids: ready(Answer::TenantIds), session::lend(Answer::TenantIds);
    /// `auth.tenant_uuids() → uuid[]`
    auth_tenant_uuids, pg_finfo_auth_tenant_uuids: ready(Answer::TenantUuids), session::lend(Answer::TenantUuids);
    /// `auth.tenant_bigints() → bigint[]`
    auth_tenant_bigints, pg_finfo_auth_tenant_bigints:
        ready(Answer::TenantBigints), session::lend(Answer::TenantBigints);
    /// `auth.jwt() → jsonb`
    auth_jwt, pg_finfo_auth_jwt: ready(Answer::Jwt), session::lend(Answer::Jwt);
}

v1_function! {
    /// `auth.has_role(VARIADIC roles text[]) → boolean`
    auth_has_role, pg_finfo_auth_has_role, |fcinfo| decided(fcinfo, session::has_role)
}
v1_function! {
    /// `auth.has_permission(VARIADIC permissions text[]) → boolean`
    auth_has_permission, pg_finfo_auth_has_permission, |fcinfo| decided(fcinfo, session::has_permission)
}

/// A verdict on words that stay the same throughout a query: found out once there, like the readers' answers. It is
/// kept in the lowest bit of what is noted at the call site.
///
/// # Safety
/// `fcinfo` is valid, of a function of one array of text.
unsafe fn decided(fcinfo: FunctionCallInfo, find: fn(&[String]) -> bool) -> Datum {
    // SAFETY: `fcinfo` is valid, as the caller promises.
    unsafe {
        let site = (*fcinfo).flinfo;
        let kept = site.as_ref().map_or(0, |site| site.fn_extra as usize);
        if kept >> 1 == snapshot::epoch() {
            return Datum::from(kept & 1 == 1);
        }
        let verdict = answer(fcinfo, || Some(find(&texts(fcinfo)).into()));
        if !site.is_null() && pg_sys::get_fn_expr_arg_stable(site, 0) {
            note_at(site, snapshot::epoch() << 1 | verdict.value() & 1);
        }
        verdict
    }
}

#[inline(always)]
fn ready(answer: Answer) -> Option<Datum> {
    let pointer = session::ready(answer);
    (!pointer.is_null()).then(|| Datum::from(pointer))
}

/// The answer that is ready, if nothing has changed since it was found; else it is found out.
///
/// # Safety
/// `fcinfo` is valid.
#[inline(never)]
unsafe fn otherwise(fcinfo: FunctionCallInfo, ready: Option<Datum>, find: fn() -> Option<Datum>) -> Datum {
    // SAFETY: `fcinfo` is valid, as the caller promises.
    unsafe {
        let datum = match ready {
            Some(datum) if snapshot::unchanged() => datum,
            _ => answer(fcinfo, find),
        };
        note_at((*fcinfo).flinfo, snapshot::epoch());
        datum
    }
}

/// Notes at a call site within a query that reads tables what was found out of the identity of its snapshot. What is
/// kept in `fn_extra` is never read as a pointer.
fn note_at(site: *mut FmgrInfo, note: usize) {
    // SAFETY: null, or the call site, whose expression is a node or null.
    unsafe {
        if let Some(site) = site.as_mut()
            && let Some(call) = site.fn_expr.cast::<pg_sys::FuncExpr>().as_ref()
            && call.xpr.type_ == pg_sys::NodeTag::T_FuncExpr
            && call.funcformat == pg_sys::CoercionForm::COERCE_SQL_SYNTAX
        {
            site.fn_extra = note as *mut _;
        }
    }
}

v1_function! {
    /// `tenancy.reader_support(internal) → internal`: the readers' planner support function (Postgres manual,
    /// "Function Optimization Information"). It marks the calls within queries that read tables.
    tenancy_reader_support, pg_finfo_tenancy_reader_support,
    |fcinfo| {
        let request: *mut pg_sys::Node = (*fcinfo).args.as_slice(1)[0].value.cast_mut_ptr();
        match (*request).type_ {
            pg_sys::NodeTag::T_SupportRequestSimplify => Datum::from(marked(request.cast())),
            _ => Datum::null(),
        }
    }
}

/// The call with its mark; null to leave it as it is. The mark is a way of writing that none of our functions has,
/// so it changes neither the call nor how it is shown, and a parallel worker finds it in its plan.
#[pg_guard]
unsafe extern "C-unwind" fn marked(request: *mut pg_sys::SupportRequestSimplify) -> *mut pg_sys::FuncExpr {
    // SAFETY: the planner passes a call and null or the query it is planning, whose lists are whole.
    unsafe {
        let Some(root) = (*request).root.as_ref() else { return core::ptr::null_mut() };
        let tables = (*root.parse).rtable;
        let count = tables.as_ref().map_or(0, |tables| tables.length as usize);
        let reads_a_table = (0..count).any(|n| {
            let entry = (*(*tables).elements.add(n)).ptr_value.cast::<pg_sys::RangeTblEntry>();
            (*entry).rtekind == pg_sys::RTEKind::RTE_RELATION
        });
        if !reads_a_table {
            return core::ptr::null_mut();
        }
        let call: *mut pg_sys::FuncExpr = pg_sys::copyObjectImpl((*request).fcall.cast()).cast();
        (*call).funcformat = pg_sys::CoercionForm::COERCE_SQL_SYNTAX;
        call
    }
}
