/*
 * One port, three protocols: lines of text, JSON behind a length, and either of them inside of TLS. The first bytes tell.
 *
 *   node examples/dist/protocol-detection.js
 */
import { line } from '@wirewright/codec-line';
import { beginsTls, Client, Exchange, protocol, Server, sniff, type SniffChoice } from '@wirewright/core';
import { type ByteReader, lengthPrefixed, mapCodec } from '@wirewright/core/codec';

import { certificateFor } from './certificate.ts';
import { run } from './run.ts';

const json = mapCodec(lengthPrefixed({ as: 'string' }), {
  decode: (text): unknown => JSON.parse(text),
  encode: (message: unknown) => JSON.stringify(message),
});

/** A codec, and the hooks of who speaks it: what the messages are follows from it. */
const lines = protocol(line(), {
  onRead: (connection, text) => connection.send(`you said ${text}`),
});
const documents = protocol(json, {
  onRead: (connection, said) => connection.send({ said, encrypted: connection.tls !== undefined }),
});

/** No line begins with a zero, and no document is so long that its length would not. There is at least one byte. */
function inside(input: ByteReader): SniffChoice {
  return input.u8(0) === 0 ? documents : lines;
}

await run(async () => {
  const identity = await certificateFor('localhost');

  await using server = new Server({
    codec: sniff((input) =>
      // What is inside of TLS is looked at in the same way.
      beginsTls(input) === true ? { tls: identity, codec: sniff(inside) } : inside(input),
    ),
  });
  await server.listen({ port: 0 });
  const place = { port: server.port! };
  const secret = { ...place, tls: { ca: identity.cert } };

  await using talker = new Client({ codec: line() });
  for (const [name, where] of [['plain', place] as const, ['secret', secret] as const]) {
    const exchange = new Exchange(await talker.connect(where));
    console.log(`${name} lines: ${await exchange.request('hello', (text) => text)}`);
  }

  await using sender = new Client({ codec: json });
  for (const [name, where] of [['plain', place] as const, ['secret', secret] as const]) {
    const exchange = new Exchange(await sender.connect(where));
    console.log(`${name} JSON: ${JSON.stringify(await exchange.request(['hello'], (reply) => reply))}`);
  }
});
