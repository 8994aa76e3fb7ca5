/*
 * A procedure that commits, and lives on when the commit fails: what PL/Perl's eval, PL/Python's try and
 * PL/Tcl's catch around a commit come to.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(quiet_commit);

Datum
quiet_commit(PG_FUNCTION_ARGS)
{
	bool		atomic = castNode(CallContext, fcinfo->context)->atomic;
	MemoryContext caller = CurrentMemoryContext;

	SPI_connect_ext(atomic ? 0 : SPI_OPT_NONATOMIC);
	PG_TRY();
	{
		SPI_commit();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	SPI_finish();
	PG_RETURN_VOID();
}
