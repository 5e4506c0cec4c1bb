/*
 * Data of one's own behind the memcached protocols: whatever speaks them, in any language, reads and writes an address book. Commands that
 * have no handler here are answered from the store, as by any memcached.
 *
 *   node examples/dist/memcached-backend.js                       listens on 127.0.0.1:11211
 *   printf 'get ann bob\r\nset eve 0 0 16\r\n{"city":"Paris"}\r\nget eve\r\nquit\r\n' | nc 127.0.0.1 11211
 */
import { Buffer } from 'node:buffer';
import { parseArgs } from 'node:util';

import { Opcode, responses, Status } from '@wirewright/codec-memcached-binary';
import { ItemReply, RenderedItem } from '@wirewright/codec-memcached-text';
import { MemcachedServer } from '@wirewright/memcached';

import { run } from './run.ts';

interface Person {
  readonly city: string;
}

/** What could be a database. */
const people = new Map<string, Person>([
  ['ann', { city: 'Oslo' }],
  ['bob', { city: 'Rome' }],
]);

async function find(name: string): Promise<Buffer | undefined> {
  const person = people.get(name);
  return person === undefined ? undefined : Buffer.from(JSON.stringify(person));
}

/** Returns whether `value` is a person, who is kept then. */
async function save(name: string, value: Buffer): Promise<boolean> {
  const person = parsePerson(value.toString());
  if (person !== undefined) people.set(name, person);
  return person !== undefined;
}

function parsePerson(text: string): Person | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const city: unknown = typeof parsed === 'object' && parsed !== null && 'city' in parsed ? parsed.city : undefined;
    return typeof city === 'string' ? { city } : undefined;
  } catch {
    return undefined;
  }
}

function item(key: string, value: Buffer): ItemReply {
  return new ItemReply().value(new RenderedItem(key, 0, value));
}

await run(async () => {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '11211' } } });
  const server = new MemcachedServer()
    .handle('get', async (request) => {
      const hits: ItemReply[] = [];
      for (const key of request.keys) {
        const value = await find(key);
        if (value !== undefined) hits.push(item(key, value));
      }
      return [...hits, 'END'];
    })
    .handle('set', async (request) => {
      return (await save(request.key, request.value)) ? 'STORED' : 'CLIENT_ERROR this is nobody: {"city":"..."}';
    })
    .handle('delete', (request) => (people.delete(request.key) ? 'DELETED' : 'NOT_FOUND'))
    .handle(Opcode.Get, async (request) => {
      const value = await find(request.key);
      return value === undefined ? responses.miss(request) : responses.hit(request, value);
    })
    .handle(Opcode.Set, async (request) => {
      return (await save(request.key, request.value))
        ? responses.success(request)
        : responses.failure(request, Status.InvalidArguments);
    })
    // A command that memcached does not have.
    .handle('count', () => `COUNT ${people.size}`);
  await server.listen({ port: Number(values.port), host: '127.0.0.1' });
  server.closeOnSignals();
  console.log(`listening on 127.0.0.1:${server.port}`);
});
