import { Buffer } from 'node:buffer';

import { DiscardedFrame, encodeMessage } from '@wirewright/core/codec';
import { codecVectors, embed } from '@wirewright/core/testing';
import { expect, test } from 'vitest';

import { type Parcel, parcels } from '../../examples/parcel-codec.ts';

/** Bytes as the diagram has them: magic, kind, name length, body length. */
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const hello: Parcel = { kind: 'put', name: 'greeting', value: Buffer.from('hello') };
const helloBytes = Buffer.concat([hex('50 02 0008 0000000d'), Buffer.from('greetinghello')]);

const checks = codecVectors('parcels', parcels({ maxFrameLength: 4000 }), [
  { name: 'a parcel', bytes: helloBytes, messages: [hello], canonical: true },
  {
    name: 'an empty one, then one of 3000 bytes',
    bytes: Buffer.concat([hex('50 01 0000 00000000'), hex('50 03 0000 00000bb8'), Buffer.alloc(3000, 'x')]),
    messages: [
      { kind: 'get', name: '', value: Buffer.alloc(0) },
      { kind: 'value', name: '', value: Buffer.alloc(3000, 'x') },
    ],
    canonical: true,
  },
  {
    name: 'an unknown kind',
    bytes: hex('50 09 0001 00000001 61'),
    messages: [{ kind: 'unknown', number: 9, name: 'a' }],
  },
  {
    name: 'one over the limit, then a good one',
    bytes: Buffer.concat([hex('50 02 0000 00000fa1'), Buffer.alloc(4001), helloBytes]),
    messages: [new DiscardedFrame(4001, 4000), hello],
  },
  {
    name: 'another magic',
    bytes: Buffer.concat([helloBytes, Buffer.from('GET / HTTP/1.1')]),
    messages: [hello],
    error: 'WIRE_PROTOCOL',
  },
  { name: 'a name longer than the body', bytes: hex('50 01 0002 00000001 61'), messages: [], error: 'WIRE_PROTOCOL' },
]);

for (const { name, run } of checks) test(name, run);

test('a parcel over the limit is not sent', () => {
  const codec = parcels({ maxFrameLength: 8 })();
  expect(() => encodeMessage(codec, hello)).toThrow('13 bytes is over the limit of 8');
});

test('a service answers once the parcel is complete', () => {
  const missing: Parcel = { kind: 'missing', name: 'a', value: Buffer.alloc(0) };
  const embedded = embed(parcels(), { onRead: (connection) => connection.send(missing) });

  embedded.feed(helloBytes.subarray(0, 10));
  expect(embedded.messages).toEqual([]);

  embedded.feed(helloBytes.subarray(10));
  expect(embedded.messages).toEqual([hello]);
  expect(embedded.sent()).toEqual(hex('50 04 0001 00000001 61'));
});
