/*
 * A store for parcels, and a client that puts something there and fetches it: the codec of `parcel-codec.ts` on both sides.
 *
 *   node examples/dist/parcel-store.js
 */
import { Buffer } from 'node:buffer';

import { Client, Server } from '@wirewright/core';
import { DiscardedFrame } from '@wirewright/core/codec';

import { type Incoming, type Parcel, parcels } from './parcel-codec.ts';
import { run } from './run.ts';

const NOTHING = Buffer.alloc(0);

/** What the store answers. */
function answer(store: Map<string, Uint8Array>, message: Incoming): Parcel {
  if (message instanceof DiscardedFrame) {
    return { kind: 'refused', name: '', value: Buffer.from(`${message.length} bytes are too many`) };
  }
  const { kind, name } = message;
  if (kind === 'put') {
    store.set(name, message.value);
    return { kind: 'value', name, value: message.value };
  }
  if (kind === 'get') {
    const value = store.get(name);
    return value === undefined ? { kind: 'missing', name, value: NOTHING } : { kind: 'value', name, value };
  }
  return { kind: 'refused', name, value: Buffer.from(`${kind} is no request`) };
}

/** One line about a parcel. */
function show({ kind, name, value }: Parcel): string {
  const text = value.length > 40 ? `(${value.length} bytes)` : Buffer.from(value).toString();
  return [kind, name, text].filter((part) => part !== '').join(' ');
}

await run(async () => {
  const store = new Map<string, Uint8Array>();
  await using server = new Server({ codec: parcels({ maxFrameLength: 1024 }) }).onRead((connection, message) =>
    connection.send(answer(store, message)),
  );
  const { port } = await server.listen({ port: 0, host: 'localhost' });

  const requests: Parcel[] = [
    { kind: 'put', name: 'greeting', value: Buffer.from('hello') },
    { kind: 'get', name: 'greeting', value: NOTHING },
    { kind: 'get', name: 'farewell', value: NOTHING },
    { kind: 'put', name: 'everything', value: Buffer.alloc(5000) },
    { kind: 'missing', name: 'greeting', value: NOTHING },
  ];
  let answers = 0;
  await using client = new Client({ codec: parcels() }).onRead((connection, message) => {
    if (message instanceof DiscardedFrame || message.kind === 'unknown')
      throw new Error('the store answers in parcels');
    console.log(`${show(requests[answers++]!)} -> ${show(message)}`);
    return answers === requests.length ? connection.close() : undefined;
  });
  const connection = await client.connect({ port: port! });
  for (const request of requests) connection.send(request);
  await connection.closed;
});
