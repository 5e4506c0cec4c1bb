/*
 * Requests and replies: a key-value store that speaks lines, and a client that asks it in every way there is.
 *
 *   request          reply
 *   set <key> <v>    OK
 *   get <key>        VALUE <v>, or NONE
 *   list             KEY <key> for each, then END
 *   sleep <ms>       OK, after a while; what is asked behind it waits
 *   anything else    ERROR <why>
 *
 * Replies bear no id: they come in the order of the requests.
 *
 *   node examples/dist/request-reply.js
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import { Client, Exchange, ProtocolError, RequestTimeoutError, Server } from '@wirewright/core';

import { run } from './run.ts';

// ---------------------------------------------------------------- the store

/** The lines that answer a request. */
async function answer(store: Map<string, string>, request: string): Promise<string[]> {
  const [command = '', key = '', ...words] = request.split(' ');
  switch (command) {
    case 'set':
      if (key === '') return ['ERROR set takes a key and a value'];
      store.set(key, words.join(' '));
      return ['OK'];
    case 'get': {
      const kept = store.get(key);
      return [kept === undefined ? 'NONE' : `VALUE ${kept}`];
    }
    case 'list':
      return [...Array.from(store.keys(), (name) => `KEY ${name}`), 'END'];
    case 'sleep':
      await sleep(Math.min(Number(key) || 0, 1000));
      return ['OK'];
    default:
      return [`ERROR ${command} is no command`];
  }
}

// ---------------------------------------------------------------- how replies are collected

/** The store has refused a request. The connection is as good as before. */
class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** @throws {StoreError} the line is a refusal */
function accepted(text: string): string {
  if (text.startsWith('ERROR ')) throw new StoreError(text.slice('ERROR '.length));
  return text;
}

/** The reply to `set` and `sleep`: one line. What is none of the store's replies is thrown as a protocol error: it closes the connection. */
function done(text: string): true {
  if (accepted(text) !== 'OK') throw new ProtocolError(`OK was expected, not ${text}`);
  return true;
}

/** The reply to `get`. It is null when there is no value: undefined would mean that the reply goes on. */
function value(text: string): string | null {
  if (accepted(text) === 'NONE') return null;
  if (text.startsWith('VALUE ')) return text.slice('VALUE '.length);
  throw new ProtocolError(`a value was expected, not ${text}`);
}

/** Makes what collects the reply to one `list`: several lines, of which the last is END. */
function keys(): (text: string) => string[] | undefined {
  const found: string[] = [];
  return (text) => {
    if (accepted(text) === 'END') return found;
    found.push(text.slice('KEY '.length));
    return undefined;
  };
}

// ---------------------------------------------------------------- the requests

await run(async () => {
  const store = new Map<string, string>();
  await using server = new Server({ codec: line() }).onRead(async (connection, request) => {
    for (const reply of await answer(store, request)) connection.send(reply);
  });
  const { port } = await server.listen({ port: 0, host: 'localhost' });

  await using client = new Client({ codec: line() });
  const exchange = new Exchange(await client.connect({ port: port! }));

  // One line there, one back. Both requests leave in one write.
  const [, apple] = await Promise.all([
    exchange.request('set apple red', done),
    exchange.request('get apple', value),
    exchange.request('set pear green', done),
  ]);
  console.log(`apple is ${apple}, plum is ${await exchange.request('get plum', value)}`);

  // A reply of several lines.
  console.log(`keys: ${(await exchange.request('list', keys())).join(', ')}`);

  // A refusal is a reply, too.
  await exchange.request('eat apple', done).catch((error: Error) => console.log(`refused: ${error.message}`));

  // A deadline. The reply comes all the same, and is dropped: nobody gets the reply of another.
  await exchange.request('sleep 100', done, { timeout: 20 }).catch((error: RequestTimeoutError) => {
    console.log(`late: ${error.message}, sent: ${error.sent}, owed: ${exchange.abandoned}`);
  });
  console.log(`apple is ${await exchange.request('get apple', value)}, owed: ${exchange.abandoned}`);

  // A caller that does not want the reply any more.
  const controller = new AbortController();
  const slow = exchange.request('sleep 50', done, { signal: controller.signal });
  controller.abort(new Error('the user has left'));
  await slow.catch((error: Error) => console.log(`aborted: ${error.message}`));

  // Requests that belong together: one behind the other, each with a result of its own.
  const results = await exchange
    .pipeline()
    .request('set plum blue', done)
    .request('paint plum', done)
    .request('get plum', value)
    .exec({ timeout: 1000 });
  for (const result of results) {
    console.log(`pipeline: ${result.status === 'fulfilled' ? result.value : (result.reason as Error).message}`);
  }

  const { requests, replies, failures, timeouts, aborts, late } = exchange.counters;
  console.log(`${requests} requests: ${replies} answered, ${failures} refused, ${timeouts} late, ${aborts} aborted`);
  console.log(`${late} replies were dropped`);
});
