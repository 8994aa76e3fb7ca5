/* A library that defines request.jwt.claims, as pg_session_jwt and others do. */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

static char *claims = NULL;

void		_PG_init(void);

void
_PG_init(void)
{
	DefineCustomStringVariable("request.jwt.claims", "Claims, as another library sees them.", NULL,
							   &claims, NULL, PGC_USERSET, 0, NULL, NULL, NULL);
}
