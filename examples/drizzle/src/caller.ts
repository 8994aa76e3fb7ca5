import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'

// To PgBouncer. Everything happens within one transaction, so that its transaction mode will do.
export const db = drizzle(process.env.APP_URL!)
type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0]

// Whoever calls is known from the first statement of the transaction on, and forgotten at its end.
export const asCaller = <T>(caller: string | object, work: (tx: Tx) => Promise<T>) =>
  db.transaction(async (tx) => {
    await tx.execute(typeof caller === 'string'
      ? sql`SELECT auth.login(${caller})`
      : sql`SELECT auth.set_claims(${JSON.stringify(caller)}::jsonb)`)
    return work(tx)
  })

// Drizzle puts the parameters into the message of its error, and one of them is the token: only the cause, which is
// Postgres's own error, may be logged.
export const causeOf = (error: unknown) =>
  (error instanceof Error && error.cause ? error.cause : error) as { code?: string; message?: string }
