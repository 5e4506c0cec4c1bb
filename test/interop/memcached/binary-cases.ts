import { Buffer } from 'node:buffer';

import { memcachedBinaryClient, Opcode, type RequestFields, requests } from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';

import type { Dialogue } from './dialogue.ts';

/** Requests as bytes, one behind the other. */
export function frames(...messages: readonly (RequestFields | Buffer)[]): Buffer {
  return Buffer.concat(
    messages.map((message) => (Buffer.isBuffer(message) ? message : encodeMessage(memcachedBinaryClient()(), message))),
  );
}

/** A request of which the lengths are what they are. */
function raw(
  opcode: number,
  extras: string,
  key: string,
  value: string,
  change: (head: Buffer) => void = () => {},
): Buffer {
  const head = Buffer.alloc(24);
  head[0] = 0x80;
  head[1] = opcode;
  head.writeUInt16BE(key.length, 2);
  head[4] = extras.length / 2;
  head.writeUInt32BE(extras.length / 2 + key.length + value.length, 8);
  head.writeUInt32BE(0x1234_5678, 12);
  change(head);
  return Buffer.concat([head, Buffer.from(extras, 'hex'), Buffer.from(key, 'latin1'), Buffer.from(value, 'latin1')]);
}

const KEY = 'bin';
const BEFORE: Readonly<Record<string, readonly RequestFields[]>> = {
  nothing: [],
  'a text': [requests.set(KEY, 'one', { flags: 7 })],
  'a number': [requests.set(KEY, '10')],
};

/** Requests that change an item, or do not, by what is there: each loud and quiet. */
function changes(quiet: boolean): readonly RequestFields[] {
  const options = { quiet, opaque: 77 };
  return [
    requests.get(KEY, options),
    requests.get(KEY, { ...options, withKey: true }),
    requests.set(KEY, 'two', { ...options, flags: 0xffff_ffff, exptime: 100 }),
    requests.set(KEY, '', options),
    requests.set(KEY, 'two', { ...options, cas: 2n ** 63n }),
    requests.add(KEY, 'two', options),
    requests.replace(KEY, 'two', options),
    requests.append(KEY, '9', options),
    requests.prepend(KEY, '9', options),
    requests.append(KEY, '9', { ...options, cas: 2n ** 63n }),
    requests.delete(KEY, options),
    requests.delete(KEY, { ...options, cas: 2n ** 63n }),
    requests.increment(KEY, options),
    requests.increment(KEY, { ...options, initial: 5, delta: 2 }),
    requests.increment(KEY, { ...options, delta: 2n ** 64n - 1n }),
    requests.increment(KEY, { ...options, initial: 2n ** 64n - 1n, exptime: 60 }),
    requests.increment(KEY, { ...options, cas: 2n ** 63n }),
    requests.decrement(KEY, options),
    requests.decrement(KEY, { ...options, delta: 99 }),
    requests.getAndTouch(KEY, 100, options),
    requests.getAndTouch(KEY, 0, { ...options, withKey: true }),
  ];
}

function itemCases(): [string, Dialogue][] {
  return Object.entries(BEFORE).flatMap(([name, before]) =>
    [false, true].flatMap((quiet) =>
      changes(quiet).map((change, i): [string, Dialogue] => [
        `binary: ${name}, then opcode 0x${change.opcode.toString(16)} (${i})`,
        [
          frames(requests.delete(KEY, { quiet: true }), ...before),
          frames(change),
          frames(requests.get(KEY), requests.get(KEY, { withKey: true })),
        ],
      ]),
    ),
  );
}

const LONG = 'k'.repeat(251);

const OTHERS: Readonly<Record<string, readonly Buffer[]>> = {
  touch: [
    frames(requests.set(KEY, 'one', { flags: 3 })),
    frames(requests.touch(KEY, 100), requests.touch('none', 1)),
    frames(requests.get(KEY)),
  ],
  'noop, version, verbosity': [
    frames(requests.noop({ opaque: 5 }), requests.version({ opaque: 6 })),
    raw(Opcode.Verbosity, '', '', ''),
  ],
  flush: [frames(requests.set(KEY, 'one')), frames(requests.flush()), frames(requests.get(KEY))],
  'quiet flush': [frames(requests.set(KEY, 'one')), frames(requests.flush({ quiet: true })), frames(requests.get(KEY))],
  'flush to come': [
    frames(requests.set(KEY, 'one')),
    frames(requests.flush({ delay: 100 })),
    frames(requests.get(KEY)),
    frames(requests.flush()),
  ],
  quit: [frames(requests.quit())],
  'quiet quit': [frames(requests.quit({ quiet: true }))],
  'a login where there is none': [
    frames(requests.saslList()),
    frames(requests.saslAuth('PLAIN', '\0a\0b')),
    frames(requests.saslStep('PLAIN', 'x')),
  ],
  'statistics that there are not': [frames(requests.stat('nonsense'))],
  'a vbucket and an opaque': [frames(requests.get('none', { opaque: 0xffff_ffff, vbucket: 9 }))],
  'a data type': [raw(Opcode.Get, '', 'none', '', (head) => (head[5] = 9))],
  'a cas that means nothing': [raw(Opcode.Get, '', 'none', '', (head) => head.writeBigUInt64BE(5n, 16))],
  'a key of 250 bytes': [
    frames(requests.set(LONG.slice(1), 'v')),
    frames(requests.get(LONG.slice(1), { withKey: true })),
  ],
  'a key of 251 bytes to get': [raw(Opcode.Get, '', LONG, '')],
  'a key of 251 bytes to set': [raw(Opcode.Set, '0000000000000000', LONG, 'v')],
  'no key to get': [raw(Opcode.Get, '', '', '')],
  'no key to set': [raw(Opcode.Set, '0000000000000000', '', 'v')],
  'a value to get': [raw(Opcode.Get, '', 'k', 'v')],
  'extras to get': [raw(Opcode.Get, '00000000', 'k', '')],
  'no extras to set': [raw(Opcode.Set, '', 'k', 'v')],
  'short extras to increment': [raw(Opcode.Increment, '0000000000000001', 'k', '')],
  'extras to append': [raw(Opcode.Append, '00000000', 'k', 'v')],
  'extras to delete': [raw(Opcode.Delete, '00000000', 'k', '')],
  'a value to delete': [raw(Opcode.Delete, '', 'k', 'v')],
  'a body of noop': [raw(Opcode.Noop, '', '', 'x')],
  'a body of version': [raw(Opcode.Version, '', 'k', '')],
  'a body of quit': [raw(Opcode.Quit, '', '', 'x')],
  'short extras to touch': [raw(Opcode.Touch, '0000', 'k', '')],
  'short extras to flush': [raw(Opcode.Flush, '0000', '', '')],
  'lengths that do not fit': [raw(Opcode.Get, '', 'k', '', (head) => head.writeUInt16BE(9, 2))],
  'an unknown opcode': [raw(0x40, '', '', ''), raw(0xff, '', '', '')],
  'range opcodes': [raw(0x30, '', '', ''), raw(0x3c, '', '', '')],
  'a response': [
    Buffer.concat([
      Buffer.from('80', 'hex'),
      raw(Opcode.Noop, '', '', '').subarray(1),
      Buffer.from('81', 'hex'),
      Buffer.alloc(23),
    ]),
  ],
  'another byte than the magic, later on': [
    Buffer.concat([raw(Opcode.Noop, '', '', ''), Buffer.from('get k\r\n'.padEnd(24))]),
  ],
  'a value that is too large': [
    frames(requests.set(KEY, 'one')),
    raw(Opcode.Set, '0000000000000000', KEY, 'x'.repeat(2_000_000)),
    frames(requests.get(KEY)),
  ],
  'a value that is too large to add': [
    frames(requests.set(KEY, 'one')),
    raw(Opcode.Add, '0000000000000000', KEY, 'x'.repeat(2_000_000)),
    frames(requests.get(KEY)),
  ],
  'a value of 0 bytes': [frames(requests.set(KEY, '')), frames(requests.get(KEY), requests.increment(KEY))],
  'what is no number': [
    frames(requests.set(KEY, 'x')),
    frames(requests.increment(KEY), requests.decrement(KEY, { quiet: true })),
  ],
  'a counter that gets shorter': [
    frames(requests.set(KEY, '100')),
    frames(requests.decrement(KEY)),
    frames(requests.get(KEY)),
    frames(requests.increment(KEY)),
    frames(requests.get(KEY)),
  ],
  'many gets, quiet but the last': [
    frames(requests.set('b1', '1'), requests.set('b2', '2')),
    frames(
      requests.get('b1', { quiet: true, opaque: 1 }),
      requests.get('none', { quiet: true, opaque: 2 }),
      requests.get('b2', { quiet: true, withKey: true, opaque: 3 }),
      requests.get('none', { opaque: 4 }),
    ),
  ],
  'get and touch of what is not there': [
    frames(
      requests.getAndTouch('none', 1),
      requests.getAndTouch('none', 1, { withKey: true }),
      requests.getAndTouch('none', 1, { quiet: true, withKey: true }),
    ),
  ],
};

/** Dialogues of the binary protocol that both have to answer alike. */
export const BINARY_CASES: readonly [string, Dialogue][] = [
  ...itemCases(),
  ...Object.entries(OTHERS).map(([name, dialogue]): [string, Dialogue] => [`binary: ${name}`, dialogue]),
];
