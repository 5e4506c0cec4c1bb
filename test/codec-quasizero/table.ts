import { Buffer } from 'node:buffer';

/** What a message has, for comparison. */
export interface Expected {
  readonly code?: number;
  readonly errorMessage?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly payload?: string;
}

/** Bytes that a server may receive, and what becomes of them. */
export interface Row {
  readonly name: string;
  readonly bytes: Buffer;
  /** The request that they are; or the code of the error that they are refused with. */
  readonly is: Expected | string;
  /** Whether they are what encoding the request gives. */
  readonly canonical?: boolean;
}

export const LIMIT = 1 << 24;

const PROTOCOL = 'WIRE_PROTOCOL';
const TOO_LARGE = 'WIRE_FRAME_TOO_LARGE';
const TRUNCATED = 'WIRE_TRUNCATED';

/** Hexadecimal digits, spaces between them, and texts in quotes, which stand for their bytes. */
export function bytesOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text.matchAll(/'([^']*)'|([0-9a-f]{2})/g), ([, quoted, digits]) =>
      quoted === undefined ? Buffer.from(digits!, 'hex') : Buffer.from(quoted),
    ),
  );
}

/** A length as a varint. */
export function varint(value: number): Buffer {
  const groups: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...groups, rest]);
    groups.push((rest % 128) | 0x80);
  }
}

/** Bytes behind their length. */
export function delimited(body: Uint8Array): Buffer {
  return Buffer.concat([varint(body.length), body]);
}

/** A row whose body is `text` behind its length. */
function framed(name: string, text: string, is: Row['is'], canonical = false): Row {
  return { name, bytes: delimited(bytesOf(text)), is, canonical };
}

function raw(name: string, text: string, is: Row['is']): Row {
  return { name, bytes: bytesOf(text), is };
}

/** A request with command 2 and a payload that makes its body `length` bytes long. */
export function requestOf(length: number): Buffer {
  const payload = length - 2 - 1 - varint(length - 7).length;
  return delimited(Buffer.concat([bytesOf('08 02 1a'), varint(payload), Buffer.alloc(payload, 'x')]));
}

const INVALID = 'c3 28';

/** What was observed on the Go original, each line a row. */
export const table: readonly Row[] = [
  { name: 'length 0 is an empty request', bytes: bytesOf('00'), is: {}, canonical: true },
  framed(
    'every field',
    `08 07 12 06 0a 01 'a' 12 01 'b' 1a 02 'hi'`,
    { code: 7, metadata: { a: 'b' }, payload: 'hi' },
    true,
  ),
  framed('fields in another order', `1a 02 'hi' 12 06 0a 01 'a' 12 01 'b' 08 07`, {
    code: 7,
    metadata: { a: 'b' },
    payload: 'hi',
  }),
  // Lengths.
  raw('a padded length', '82 80 00 08 05', { code: 5 }),
  raw('a length padded to ten bytes', '82 80 80 80 80 80 80 80 80 00 08 05', { code: 5 }),
  raw('a length of eleven bytes', '82 80 80 80 80 80 80 80 80 80 00 08 05', PROTOCOL),
  { name: 'the limit and one more', bytes: varint(LIMIT + 1), is: TOO_LARGE },
  { name: 'a length of 2^31', bytes: varint(2 ** 31), is: TOO_LARGE },
  raw('a length of 2^63', '80 80 80 80 80 80 80 80 80 01', TOO_LARGE),
  raw('a length of more than 64 bits', 'ff ff ff ff ff ff ff ff ff 02', TOO_LARGE),
  raw('the end inside a length', '80', TRUNCATED),
  raw('the end inside a body', '05 08 01', TRUNCATED),
  // Code.
  framed('a negative code', '08 ff ff ff ff ff ff ff ff ff 01', { code: -1 }, true),
  framed('the least code', '08 80 80 80 80 f8 ff ff ff ff 01', { code: -(2 ** 31) }, true),
  framed('the greatest code', '08 ff ff ff ff 07', { code: 2 ** 31 - 1 }, true),
  framed('a code of 2^32 - 1 in five bytes', '08 ff ff ff ff 0f', { code: -1 }),
  framed('a code of 2^32 + 1', '08 81 80 80 80 10', { code: 1 }),
  framed('a code of 2^31', '08 80 80 80 80 08', { code: -(2 ** 31) }),
  framed('a padded code', '08 85 80 00', { code: 5 }),
  framed('a code of 0, written out', '08 00', { code: 0 }),
  framed('a code of 64 bits', '08 ff ff ff ff ff ff ff ff ff 01', { code: -1 }),
  framed('a code of more than 64 bits', '08 ff ff ff ff ff ff ff ff ff 02', PROTOCOL),
  framed('a code of eleven bytes', '08 80 80 80 80 80 80 80 80 80 80 00', PROTOCOL),
  framed('code twice', '08 01 08 02', { code: 2 }),
  // Payload.
  framed('payload twice', `1a 01 'a' 1a 01 'b'`, { payload: 'b' }),
  framed('an empty payload', '1a 00', { payload: '' }),
  framed('a payload and an empty one', `1a 01 'a' 1a 00`, { payload: '' }),
  framed('a payload that is longer than the message', `1a 03 'ab'`, PROTOCOL),
  framed('a payload of 2^63 bytes', '1a ff ff ff ff ff ff ff ff 7f', PROTOCOL),
  // Wire types.
  framed('field 1 as bytes', `0a 01 'a'`, { code: 0 }),
  framed('field 1 as 64 bits', '09 01 02 03 04 05 06 07 08', { code: 0 }),
  framed('field 3 as a varint', '18 05', { payload: '' }),
  framed('field 3 as 32 bits', '1d 01 02 03 04', { payload: '' }),
  framed('field 2 as a varint', '10 05', PROTOCOL),
  framed('field 2 as 32 bits', '15 01 02 03 04', PROTOCOL),
  framed('field 2 as a group', '13 14', PROTOCOL),
  framed('wire type 6', '0e', PROTOCOL),
  framed('wire type 7', '0f', PROTOCOL),
  framed('wire type 6 of an unknown field', '7e 00', PROTOCOL),
  framed('field 0', '00 00', PROTOCOL),
  framed('field 0, padded', '80 00 00', PROTOCOL),
  // Unknown fields.
  framed('an unknown varint', '20 ff 01 08 05', { code: 5 }),
  framed('unknown bytes', `22 02 'xx' 08 05`, { code: 5 }),
  framed('unknown 32 bits', '25 01 02 03 04 08 05', { code: 5 }),
  framed('unknown 64 bits', '21 01 02 03 04 05 06 07 08 08 05', { code: 5 }),
  framed('an unknown field with a long tag', `fa ff ff ff 0f 01 'x' 08 05`, { code: 5 }),
  framed('field 2^32 + 1, which is not field 1', '88 80 80 80 80 01 07 08 05', { code: 5 }),
  framed('an empty group', '23 24 08 05', { code: 5 }),
  framed('a group of everything', `23 08 01 12 01 'a' 1d 01 02 03 04 19 01 02 03 04 05 06 07 08 2b 2c 24 08 05`, {
    code: 5,
  }),
  framed('a group of field 1', '0b 0c 08 05', { code: 5 }),
  framed('a group that does not end', '23 08 01', PROTOCOL),
  framed('a group in a group that does not end', '23 2b 2c', PROTOCOL),
  framed('the end of a group that has not begun', '24', PROTOCOL),
  framed('wire type 6 in a group', '23 2e 24', PROTOCOL),
  framed('a cut field', '25 01 02', PROTOCOL),
  framed('a cut field of 64 bits', '21 01 02 03 04', PROTOCOL),
  framed('a cut varint', '08 80', PROTOCOL),
  framed('a cut tag', '88', PROTOCOL),
  framed('a tag and nothing else', '08', PROTOCOL),
  framed('a length and nothing else', '1a', PROTOCOL),
  // Metadata.
  framed('an empty entry', '12 00', { metadata: { '': '' } }),
  framed('an entry without a key', `12 03 12 01 'b'`, { metadata: { '': 'b' } }),
  framed('an entry without a value', `12 03 0a 01 'a'`, { metadata: { a: '' } }),
  framed('an entry with both empty', '12 04 0a 00 12 00', { metadata: { '': '' } }, true),
  framed('the value before the key', `12 06 12 01 'b' 0a 01 'a'`, { metadata: { a: 'b' } }),
  framed('a key twice in an entry', `12 09 0a 01 'x' 0a 01 'a' 12 01 'b'`, { metadata: { a: 'b' } }),
  framed('a key in two entries', `12 06 0a 01 'a' 12 01 'b' 12 06 0a 01 'a' 12 01 'c'`, { metadata: { a: 'c' } }),
  framed('an unknown field in an entry', `12 08 0a 01 'a' 20 05 12 01 'b'`, { metadata: { a: 'b' } }),
  framed('a group in an entry', `12 08 0a 01 'a' 23 24 12 01 'b'`, { metadata: { a: 'b' } }),
  framed('a key as a varint', `12 05 08 07 12 01 'b'`, { metadata: { '': 'b' } }),
  framed('an unknown field between entries', `12 06 0a 01 'a' 12 01 'b' 20 05 12 06 0a 01 'c' 12 01 'd'`, {
    metadata: { a: 'b', c: 'd' },
  }),
  framed('a padded length in an entry', `12 07 0a 81 00 'a' 12 01 'b'`, { metadata: { a: 'b' } }),
  framed('texts that are not ASCII', `12 0a 0a 02 'ä' 12 04 '👋'`, { metadata: { ä: '👋' } }, true),
  framed('a key named __proto__', `12 0e 0a 09 '__proto__' 12 01 'x'`, { metadata: { ['__proto__']: 'x' } }, true),
  framed('an entry that is longer than the message', `12 07 0a 01 'a' 12 01 'b'`, PROTOCOL),
  framed('a key that is longer than its entry', `12 03 0a 02 'a' 1a 00`, PROTOCOL),
  framed('a value that is longer than its entry', `12 06 0a 01 'a' 12 02 'b' 1a 00`, PROTOCOL),
  framed('a group that does not end in its entry', `12 01 23 24`, PROTOCOL),
  // Texts.
  framed('a key that is not utf-8', `12 04 0a 02 ${INVALID}`, PROTOCOL),
  framed('a value that is not utf-8', `12 07 0a 01 'a' 12 02 ${INVALID}`, PROTOCOL),
  framed('a value of half a surrogate pair', `12 08 0a 01 'a' 12 03 ed a0 80`, PROTOCOL),
  framed('a key that is not utf-8, and a good one after it', `12 07 0a 02 ${INVALID} 0a 01 'a'`, PROTOCOL),
  framed('a payload that is not utf-8 is bytes', `1a 02 c3 28`, {
    payload: Buffer.from('c328', 'hex').toString('latin1'),
  }),
];
