import { createServer, type IncomingMessage } from 'node:http'
import { eq } from 'drizzle-orm'
import { asCaller, causeOf, db } from './caller.ts'
import { notes } from './schema.ts'

// No query here names a tenant.
const answer = async (request: IncomingMessage): Promise<unknown> => {
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
  const [, id] = request.url?.match(/^\/notes\/(\d+)$/) ?? []
  let body = ''
  for await (const chunk of request) body += chunk
  return asCaller(token, (tx) => {
    switch (`${request.method} ${id ? '/notes/:id' : request.url}`) {
      case 'GET /notes': return tx.select().from(notes).orderBy(notes.id)
      case 'POST /notes': return tx.insert(notes).values(JSON.parse(body)).returning()
      case 'GET /notes/:id': return tx.select().from(notes).where(eq(notes.id, Number(id)))
      case 'PUT /notes/:id': return tx.update(notes).set(JSON.parse(body)).where(eq(notes.id, Number(id))).returning()
      case 'DELETE /notes/:id': return tx.delete(notes).where(eq(notes.id, Number(id))).returning()
      default: throw new Error('no such route')
    }
  })
}

const status: Record<string, number> = {
  '28000': 401, // the token is refused
  '42501': 403, // row security refuses the row
}

const server = createServer(async (request, response) => {
  response.setHeader('Content-Type', 'application/json')
  try {
    response.end(JSON.stringify(await answer(request)))
  } catch (error) {
    const { code, message } = causeOf(error)
    console.error(code, message)
    response.writeHead(status[code ?? ''] ?? 500).end(JSON.stringify({ error: code ?? 'internal' }))
  }
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
process.once('SIGTERM', () => server.close(() => db.$client.end()))
