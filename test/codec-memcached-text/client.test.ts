import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';

import {
  type ClientRequest,
  memcachedTextClient,
  memcachedTextServer,
  Reply,
  type Status,
} from '@wirewright/codec-memcached-text';
import { ByteReader, ByteView, decodeNext, EncodeError, encodeMessage } from '@wirewright/core/codec';
import { type CodecVector, codecVectors } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { type Plain, plainReply } from './plain.ts';

interface Row {
  readonly name: string;
  readonly bytes: string;
  readonly is: readonly Plain[];
}

const row = (bytes: string, ...is: Plain[]): Row => ({ name: JSON.stringify(bytes.slice(0, 40)), bytes, is });
/** A reply that is one line. */
const lineOf = (status: Status, text = ''): Row =>
  row(`${status}${text === '' ? '' : ` ${text}`}\r\n`, { status, text });

const ROWS: readonly Row[] = [
  row(
    'VALUE k 0 5\r\nhello\r\nEND\r\n',
    { status: 'VALUE', key: 'k', flags: 0, value: 'hello' },
    { status: 'END', text: '' },
  ),
  row('VALUE k 4294967295 0 17\r\n\r\n', { status: 'VALUE', key: 'k', flags: 0xffff_ffff, cas: 17, value: '' }),
  row('VALUE k 0 2 18446744073709551615\r\n\r\n\r\n', {
    status: 'VALUE',
    key: 'k',
    flags: 0,
    cas: 2n ** 64n - 1n,
    value: '\r\n',
  }),
  row(`VALUE ${'k'.repeat(250)} 0 5000\r\n${'v'.repeat(5000)}\r\n`, {
    status: 'VALUE',
    key: 'k'.repeat(250),
    flags: 0,
    value: 'v'.repeat(5000),
  }),
  row('VALUE ä 0 1\r\nx\r\n', { status: 'VALUE', key: 'ä', flags: 0, value: 'x' }),
  ...(
    [
      'STORED',
      'NOT_STORED',
      'EXISTS',
      'NOT_FOUND',
      'DELETED',
      'TOUCHED',
      'OK',
      'RESET',
      'END',
      'MN',
      'HD',
      'EN',
      'NF',
      'NS',
      'EX',
    ] as const
  ).map((status) => lineOf(status)),
  lineOf('HD', 'f0 t-1 kkey O123 c17 W'),
  lineOf('EN', 'kkey O9'),
  lineOf('VERSION', '1.6.18'),
  lineOf('BUSY', 'currently processing crawler request'),
  lineOf('BADCLASS', 'invalid src or dst class id'),
  lineOf('NOSPARE', 'source class has no spare pages'),
  lineOf('SAME', 'src and dst class are identical'),
  lineOf('MEMLIMIT_TOO_SMALL', 'cannot set maxbytes to less than 8m'),
  lineOf('ERROR'),
  lineOf('ERROR', 'Too many open connections'),
  lineOf('CLIENT_ERROR', 'bad data chunk'),
  lineOf('SERVER_ERROR', 'object too large for cache'),
  row('ERROR: shutdown not enabled\r\n', { status: 'ERROR', text: 'shutdown not enabled' }),
  row('SERVER_ERROR: shutdown not enabled\r\n', { status: 'SERVER_ERROR', text: 'shutdown not enabled' }),
  row('VA 5 f0 k\r\nhello\r\n', { status: 'VA', text: 'f0 k', value: 'hello' }),
  row('VA 0\r\n\r\n', { status: 'VA', text: '', value: '' }),
  row('ME k exp=-1 la=0 cas=1 fetch=yes cls=1 size=65\r\n', {
    status: 'ME',
    key: 'k',
    text: 'k exp=-1 la=0 cas=1 fetch=yes cls=1 size=65',
  }),
  row('0\r\n', { status: 'NUMBER', number: 0 }),
  row(
    '9007199254740991\r\n9007199254740992\r\n18446744073709551615\r\n',
    { status: 'NUMBER', number: 9_007_199_254_740_991 },
    { status: 'NUMBER', number: 9_007_199_254_740_992n },
    { status: 'NUMBER', number: 18_446_744_073_709_551_615n },
  ),
  row('5  \r\n', { status: 'NUMBER', number: 5 }),
  row('18446744073709551616\r\n', { status: 'LINE', text: '18446744073709551616' }),
  row(
    'STAT pid 42\r\nSTAT libevent 2.1.12 stable\r\nSTAT empty\r\nEND\r\n',
    { status: 'STAT', key: 'pid', text: '42' },
    { status: 'STAT', key: 'libevent', text: '2.1.12 stable' },
    { status: 'STAT', key: 'empty', text: '' },
    { status: 'END', text: '' },
  ),
  row('ITEM k [5 b; 0 s]\r\n', { status: 'ITEM', key: 'k', text: 'k [5 b; 0 s]' }),
  row('CONFIG cluster 0 9\r\n1\na|b|1\n\n\r\n', {
    status: 'CONFIG',
    text: 'cluster 0 9',
    key: 'cluster',
    value: '1\na|b|1\n\n',
  }),
  row('PREFIX a get 1 hit 1 set 1 del 0\r\n', { status: 'LINE', text: 'PREFIX a get 1 hit 1 set 1 del 0' }),
  row('key=k exp=-1 la=1 cas=1 fetch=no cls=1 size=62\r\n', {
    status: 'LINE',
    text: 'key=k exp=-1 la=1 cas=1 fetch=no cls=1 size=62',
  }),
  row('\r\n', { status: 'LINE', text: '' }),
  row('VALUES k\r\n', { status: 'LINE', text: 'VALUES k' }),
  row('stored\r\n', { status: 'LINE', text: 'stored' }),
];

function decodeAll(bytes: string | Uint8Array): Reply[] {
  const codec = memcachedTextClient()();
  const input = new ByteReader(Buffer.from(bytes as string));
  const all: Reply[] = [];
  for (let next = decodeNext(codec, input); next !== undefined; next = decodeNext(codec, input)) all.push(next);
  return all;
}

const one = (bytes: string): Reply => decodeAll(bytes)[0]!;

describe('replies', () => {
  const vectors = ROWS.map(({ name, bytes }): CodecVector<Reply> => ({
    name,
    bytes,
    messages: decodeAll(bytes),
    canonical: true,
  }));
  const options = { describe: plainReply, opposite: memcachedTextServer() };
  for (const { name, run } of codecVectors('client', memcachedTextClient(), vectors, options)) test(name, run);

  test.each(ROWS)('$name has its values', ({ bytes, is }) => {
    expect(decodeAll(bytes).map(plainReply)).toEqual(is);
  });

  const wrong: CodecVector<Reply>[] = [
    ...['VALUE k 0', 'VALUE k 0 x', 'VALUE k 0 -1', 'VALUE k x 5', 'VALUE k 0 5 x', 'VALUE', 'VA', 'VA x', 'VA 5.'].map(
      (line) => ({
        name: line,
        bytes: `END\r\n${line}\r\n`,
        messages: [one('END\r\n')],
        error: 'WIRE_PROTOCOL',
      }),
    ),
    { name: 'a value that does not end', bytes: 'VALUE k 0 1\r\nabc', messages: [], error: 'WIRE_PROTOCOL' },
    { name: 'a value that is too long', bytes: 'VALUE k 0 1048577\r\n', messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    { name: 'a line that is too long', bytes: 'x'.repeat(16_385), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    { name: 'the same with its end', bytes: `${'x'.repeat(16_385)}\n`, messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    { name: 'bare newlines', bytes: 'END\nVALUE k 0 1\nx\r\n', messages: decodeAll('END\r\nVALUE k 0 1\r\nx\r\n') },
  ];
  for (const { name, run } of codecVectors('client', memcachedTextClient(), wrong, options)) test(name, run);
});

describe('a reply', () => {
  test('has the flags of meta commands', () => {
    const reply = one('VA 2 f30 t-1 kfoo O c18446744073709551615 W\r\nhi\r\n');
    expect([reply.flag('k'), reply.flag('O'), reply.flag('W'), reply.flag('Z')]).toEqual(['foo', '', '', undefined]);
    expect([reply.has('W'), reply.has('X'), reply.has('2')]).toEqual([true, false, false]);
    expect([reply.flagNumber('f'), reply.flagNumber('t'), reply.flagNumber('c'), reply.flagNumber('k')]).toEqual([
      30,
      -1,
      2n ** 64n - 1n,
      undefined,
    ]);
    expect(reply.flagNumber('x')).toBeUndefined();
  });

  test('says whether it is an error', () => {
    expect(
      ['ERROR', 'CLIENT_ERROR x', 'SERVER_ERROR y', 'NOT_FOUND', 'END'].map((line) => one(`${line}\r\n`).isError),
    ).toEqual([true, true, true, false, false]);
  });

  test('is retained with nothing around it', () => {
    const bytes = Buffer.alloc(64 * 1024);
    bytes.write('END\r\nVALUE key 1 5 9\r\nhello\r\n');
    const [, reply] = [memcachedTextClient()()].flatMap((codec) => {
      const input = new ByteReader(bytes);
      return [decodeNext(codec, input)!, decodeNext(codec, input)!];
    });
    expect(reply!.retain()).toBe(reply);
    bytes.fill(0);
    expect(plainReply(reply!)).toEqual({ status: 'VALUE', key: 'key', flags: 1, cas: 9, value: 'hello' });
    expect(reply!.keyBytes.toString()).toBe('key');
    expect(reply!.source.buffer.byteLength).toBeLessThan(200);
  });

  test('shows what is in it and nothing of what lies around', () => {
    const [value] = decodeAll('VALUE k 0 2\r\nhi\r\nVALUE x 0 6\r\nSECRET\r\n');
    expect(inspect(value)).toContain('<Buffer 68 69>');
    expect(memcachedTextClient()().describe!(value!)).toBe('VALUE k 0 2, a value of 2 bytes');
    expect(inspect(one('STORED\r\n'))).toBe("{ status: 'STORED', text: '' }");
    expect(inspect(one('7\r\n'))).toBe("{ status: 'NUMBER', number: '7' }");
  });
});

describe('what a client sends', () => {
  const encoded = (request: ClientRequest): string =>
    encodeMessage(memcachedTextClient()(), request).toString('latin1');

  test('keys and values are text, bytes or views', () => {
    const value = 'hi';
    for (const key of [
      'key',
      Buffer.from('key'),
      new Uint8Array(Buffer.from('key')),
      new ByteView(Buffer.from('akeyb'), 1, 4),
    ]) {
      expect(encoded({ op: 'get', key })).toBe('get key\r\n');
      expect(encoded({ op: 'get', key: [key, 'l'] })).toBe('get key l\r\n');
      expect(encoded({ op: 'set', key, value })).toBe('set key 0 0 2\r\nhi\r\n');
    }
    expect(encoded({ op: 'set', key: 'k', value: new ByteView(Buffer.from('ahib'), 1, 3) })).toBe(
      'set k 0 0 2\r\nhi\r\n',
    );
    expect(encoded({ op: 'set', key: 'ä', value: 'ä漢' })).toBe(
      Buffer.from('set ä 0 0 5\r\nä漢\r\n').toString('latin1'),
    );
  });

  test('lengths of every number of digits', () => {
    for (const length of [0, 9, 10, 99, 100, 999, 1000, 1009, 9999, 10_000, 99_999, 100_000, 1_234_567]) {
      expect(encoded({ op: 'ms', key: 'k', value: 'v'.repeat(length) }).slice(0, 14)).toBe(
        `ms k ${length}\r\n${'v'.repeat(length)}\r\n`.slice(0, 14),
      );
    }
  });

  test('flags of meta commands are text or an object', () => {
    expect(encoded({ op: 'mg', key: 'k', flags: 'v t O1' })).toBe('mg k v t O1\r\n');
    expect(encoded({ op: 'mg', key: 'k', flags: { v: true, T: -5, C: 2n ** 63n, O: 'x' } })).toBe(
      'mg k v T-5 C9223372036854775808 Ox\r\n',
    );
    expect(encoded({ op: 'ms', key: Buffer.from([0, 32]), base64: true, value: 'v', flags: { T: 0 } })).toBe(
      'ms ACA= 1 b T0\r\nv\r\n',
    );
  });

  test.each<[ClientRequest, RegExp]>([
    [{ op: 'get', key: '' }, /1 to 250 bytes, not 0/],
    [{ op: 'get', key: [] }, /at least one key/],
    [{ op: 'get', key: 'x'.repeat(251) }, /not 251/],
    [{ op: 'get', key: 'ä'.repeat(126) }, /not 252/],
    [{ op: 'get', key: 'a b' }, /this one has 0x20/],
    [{ op: 'get', key: 'a\r\nflush_all' }, /0x0d/],
    [{ op: 'get', key: ['good', 'a\nb'] }, /0x0a/],
    [{ op: 'get', key: Buffer.from('a\u0000') }, /0x00/],
    [{ op: 'get', key: 'a\u007f' }, /0x7f/],
    [{ op: 'get', key: 5 as never }, /a key is text/],
    [{ op: 'mg', key: 'a', flags: 'v\r\nflush_all' }, /printable ASCII/],
    [{ op: 'mg', key: 'a', flags: { O: 'a b' } }, /without spaces/],
    [{ op: 'mg', key: 'a', flags: { vv: true } }, /one letter/],
    [{ op: 'mg', key: Buffer.alloc(190), base64: true }, /1 to 250 bytes/],
    [{ op: 'command', tokens: ['version\r\nflush_all'] }, /without spaces/],
    [{ op: 'command', tokens: ['a', ''] }, /not empty/],
    [{ op: 'command', tokens: [] }, /its name/],
    [{ op: 'stats', tokens: ['items'] }, /first token of stats/],
    [{ op: 'set', key: 'k', value: 5 as never }, /a body is text/],
    [{ op: 'set', key: 'k', value: 'v', flags: -1 }, /unsigned 32-bit/],
    [{ op: 'set', key: 'k', value: 'v', flags: 2 ** 32 }, /unsigned 32-bit/],
    [{ op: 'set', key: 'k', value: 'v', exptime: 1.5 }, /exptime is a signed 32-bit/],
    [{ op: 'set', key: 'k', value: 'v', exptime: 2 ** 31 }, /exptime/],
    [{ op: 'set', key: 'k', value: 'v', cas: 1 }, /cas, and no other/],
    [{ op: 'cas', key: 'k', value: 'v' }, /cas, and no other/],
    [{ op: 'cas', key: 'k', value: 'v', cas: 2 ** 53 }, /above 2\^53 - 1 a bigint/],
    [{ op: 'incr', key: 'k', delta: -1 }, /delta is an unsigned/],
    [{ op: 'incr', key: 'k', delta: 2n ** 64n }, /delta is an unsigned/],
    [{ op: 'nonsense' as never, key: 'k' }, /there is no command/],
  ])('%o is refused, and nothing of it leaves', (request, message) => {
    expect(() => encoded(request)).toThrow(EncodeError);
    expect(() => encoded(request)).toThrow(message);
  });

  test('a malformed request is not sent on', () => {
    const request = decodeNext(memcachedTextServer()(), new ByteReader(Buffer.from('get\r\n')))!;
    expect(() => encoded(request)).toThrow(/malformed/);
  });

  test('is described by its line', () => {
    const codec = memcachedTextClient()();
    expect(codec.describe!({ op: 'set', key: 'k', value: 'hello', noreply: true })).toBe(
      'set k noreply, a value of 5 bytes',
    );
    expect(codec.describe!({ op: 'get', key: ['a', Buffer.from('b')] })).toBe('get a b');
    expect(codec.describe!({ op: 'stats', tokens: ['stats', 'items'] })).toBe('stats items');
    expect(codec.describe!({ op: 'mg', key: 'k', flags: 'v t' })).toBe('mg k v t');
  });
});
