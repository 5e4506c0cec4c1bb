import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';

import {
  ItemReplies,
  ItemReply,
  memcachedTextClient,
  memcachedTextServer,
  metaFlags,
  type MetaItem,
  MetaRequest,
  RenderedItem,
  Request,
} from '@wirewright/codec-memcached-text';
import {
  ByteReader,
  ByteView,
  ByteWriter,
  type CodecFactory,
  decodeEnd,
  decodeNext,
  encodeInto,
  encodeMessage,
  InvalidOptionError,
  ProtocolError,
} from '@wirewright/core/codec';
import { type CodecVector, codecVectors, embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { MALFORMED } from './malformed.ts';
import { type Plain, plainRequest } from './plain.ts';
import { REQUESTS } from './requests.ts';

type Received = Request | MetaRequest;

const MIB = 1024 * 1024;

function decodeAll(bytes: string | Uint8Array, codec = memcachedTextServer()()): Received[] {
  const input = new ByteReader(Buffer.from(bytes as string));
  input.maxFrameLength = codec.maxFrameLength!;
  const all: Received[] = [];
  for (let next = decodeNext(codec, input); next !== undefined; next = decodeNext(codec, input)) all.push(next);
  expect(input.length).toBe(0);
  return all;
}

function decodeMeta(line: string): MetaRequest {
  return decodeAll(`${line}\r\n`)[0] as MetaRequest;
}

const options = {
  describe: plainRequest as (message: Received) => Plain,
  opposite: memcachedTextClient() as unknown as CodecFactory<unknown, Received>,
};

function check(name: string, vectors: CodecVector<Plain>[], factory = memcachedTextServer()): void {
  for (const one of codecVectors(name, factory, vectors as unknown as CodecVector<Received>[], options)) {
    test(one.name, one.run);
  }
}

describe('requests', () => {
  check(
    'server',
    REQUESTS.map(({ name, bytes, is, canonical = false }) => ({ name, bytes, messages: is, canonical })),
  );

  test('a request that was received leaves as it came', () => {
    for (const { bytes, is } of REQUESTS) {
      if (is[0]!['op'] === 'close') continue;
      const sent = decodeAll(bytes).map((request) => encodeMessage(memcachedTextClient()(), request));
      expect(Buffer.concat(sent).toString()).toBe(bytes);
    }
  });
});

// Lines in the form that they nearly always have are read by another way than all others: with one space more, each has to come to the same.
describe.each(['1.6.18', '1.6.45'] as const)('a line of the usual form is as any other, as %s', (compat) => {
  const long = 'k'.repeat(250);
  test.each([
    'get k',
    'get \u00ff\u0021',
    `get ${long}`,
    `get ${long}k`,
    'get a\tb',
    'get a\rb',
    'get a b',
    'get k ',
    'get ',
    'get',
    'set k 0 0 3',
    `set ${long} 4294967295 60 3`,
    'set k 999999999 999999999 3',
    'set k 0 0 3 noreply',
    'set k 0 0 3 ',
    'set k +1 0 3',
    'set k 0 -1 3',
    'set k 0 0 +3',
    'set k 0 0 03',
    'set k a 0 3',
    'set k 0 a 3',
    'set k 0 0 a',
    'set k 0 0',
    'set k 0 0 1',
    'set k 4294967296 0 3',
    'set k 1234567890123456789012 0 3',
    `set ${long}k 0 0 3`,
    'mg k',
    'mg k v',
    'mg k v t q',
    'mg k bcfhklqstuvx',
    'mg k c f h k l q s t u v x',
    `mg ${long} v`,
    `mg ${long}k v`,
    'mg azE= b v',
    'mg k v v',
    'mg k v T30',
    'mg k O1 v',
    'mg k V',
    'mg k a',
    'mg k v ',
    'mg k  v',
    'mg k vt',
    'mg k 1',
    'mg ',
  ])('%j', (line) => {
    const read = (text: string): object => {
      const input = new ByteReader(Buffer.from(`${text}\r\nabc\r\n`, 'latin1'));
      const request = decodeNext(memcachedTextServer({ compat })(), input);
      const { start, keyStart, lineEnd, end, valueStart, valueEnd, keyEnd } = request!;
      const lengths = [
        end - lineEnd,
        keyEnd - keyStart,
        valueEnd - valueStart,
        valueStart > start ? lineEnd - keyEnd : 0,
      ];
      return { ...request!.toJSON(), lengths };
    };
    expect(read(line)).toEqual(read(line.includes(' ') ? line.replace(' ', '  ') : `${line} `));
  });
});

describe.each(['1.6.18', '1.6.45'] as const)('malformed input, as %s', (compat) => {
  const vectors = MALFORMED.map((row) => ({
    name: row.name,
    bytes: row.bytes,
    messages: compat === '1.6.18' ? row.old : row.new,
  }));
  check('server', vectors, memcachedTextServer({ compat }));
});

describe('values that are too large', () => {
  const tooLarge = { tooLarge: true, error: 'SERVER_ERROR object too large for cache' };
  const codec = memcachedTextServer({ maxItemSize: 1024 });
  const blank = { value: '', flags: 0, exptime: 0 };
  const get = { op: 'get', key: ['a'] };
  const big = 'v'.repeat(3000);
  check(
    'server',
    [
      {
        name: 'dropped, and reported in their place',
        bytes: `get a\r\nset k 0 0 3000\r\n${big}\r\nget a\r\n`,
        messages: [get, { op: 'set', key: 'k', ...blank, ...tooLarge }, get],
      },
      {
        name: 'with noreply',
        bytes: `add k 1 2 3000 noreply\r\n${big}\r\nget a\r\n`,
        messages: [{ op: 'add', key: 'k', value: '', flags: 1, exptime: 2, noreply: true, ...tooLarge }, get],
      },
      {
        name: 'of ms',
        bytes: `ms k 3000 O1 k q\r\n${big}\r\nget a\r\n`,
        messages: [{ op: 'ms', key: 'k', flags: 'O1 k q', value: '', ...tooLarge }, get],
      },
      {
        name: 'their end is not looked at',
        bytes: `set k 0 0 3000\r\n${big}abget a\r\n`,
        messages: [{ op: 'set', key: 'k', ...blank, ...tooLarge }, get],
      },
      {
        name: 'key and header count',
        bytes: `set k 0 0 964\r\n${'v'.repeat(964)}\r\nset k 0 0 965\r\n${'v'.repeat(965)}\r\n`,
        messages: [
          { op: 'set', key: 'k', ...blank, value: 'v'.repeat(964) },
          { op: 'set', key: 'k', ...blank, ...tooLarge },
        ],
      },
    ],
    codec,
  );

  test('nothing is gathered of them', () => {
    const server = memcachedTextServer({ maxItemSize: 1024 })();
    const input = new ByteReader(Buffer.from('set key 0 0 2147483645\r\n'));
    for (let i = 0; i < 100; i++) {
      expect(decodeNext(server, input)).toBeUndefined();
      expect(input.memory).toBeLessThan(1024);
      input.push(Buffer.alloc(64 * 1024));
    }
  });

  test.each(['set k 0 0 3000\r\n', 'ms k 3000\r\n'])('they have no more time than others: %j', (head) => {
    const embedded = embed(codec, {}, { frameTimeout: 1000 });
    for (const byte of Buffer.from(head.padEnd(300, 'v'))) embedded.feed(Buffer.of(byte)).advance(10);
    expect([embedded.messages, embedded.connection.closeReason]).toEqual([[], 'frame-timeout']);
  });

  test('the end of the input inside of one is told', () => {
    for (const end of [15, 16, 17, 1500, 3017]) {
      const server = codec();
      const input = new ByteReader(Buffer.from(`set k 0 0 3000\r\n${big}\r\n`).subarray(0, end));
      expect(decodeNext(server, input)).toBeUndefined();
      expect(() => decodeEnd(server, input)).toThrow(
        expect.objectContaining({ code: 'WIRE_TRUNCATED', received: end }),
      );
    }
  });
});

test('a length of more than 31 bits is none: memcached 1.6.18 takes the lower bits of it', () => {
  for (const length of ['4294967301', '99999999999', '9'.repeat(30)]) {
    const [set, get] = decodeAll(`set k 0 0 ${length}\r\nget a\r\n`);
    expect([set!.error, get!.error]).toEqual(['CLIENT_ERROR bad command line format', undefined]);
  }
});

describe('lines that are too long', () => {
  const good = { op: 'get', key: ['a'] };
  const many = (length: number, op: string): string => `${op} ${'k '.repeat(length)}`.slice(0, length);
  check('server', [
    {
      name: '2048 bytes',
      bytes: `${'z'.repeat(2048)}\r\n`.replace('z\r\n', '\r\n'),
      messages: [{ op: 'command', error: 'ERROR' }],
    },
    { name: 'one more', bytes: `get a\r\n${'z'.repeat(2049)}\n`, messages: [good], error: 'WIRE_FRAME_TOO_LARGE' },
    { name: 'one that does not end', bytes: 'z'.repeat(2049), messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
    { name: 'a long get', bytes: `${many(3000, 'get')}\r\n`, messages: [{ op: 'get', key: Array(1498).fill('k') }] },
    {
      name: 'a long gats',
      bytes: `${many(3000, 'gats 1')}\r\n`,
      messages: [{ op: 'gats', exptime: 1, key: Array(1497).fill('k') }],
    },
    { name: 'a long mg', bytes: `${many(3000, 'mg')}\r\n`, messages: [], error: 'WIRE_FRAME_TOO_LARGE' },
  ]);

  test('a get has its limit, too', () => {
    expect(decodeAll(`${many(MIB, 'get')}\n`)).toHaveLength(1);
    expect(() => decodeAll(`${many(MIB + 1, 'get')}\n`)).toThrow(ProtocolError);
    expect(() => decodeAll(many(MIB + 1, 'get'))).toThrow(/more than 1048576 bytes/);
  });
});

describe('a request', () => {
  test('goes through its keys without making a list of them', () => {
    const [request] = decodeAll('get  one two   three \r\n') as [Request];
    const seen: string[] = [];
    do seen.push(request.key);
    while (request.nextKey());
    expect(seen).toEqual(['one', 'two', 'three']);
    expect(request.nextKey()).toBe(false);
    expect(request.key).toBe('three');
    expect(request.keys).toEqual(seen);
  });

  test('has keys of every length', () => {
    const keys = Array.from({ length: 250 }, (_, i) => '0123456789abcdef'.repeat(16).slice(0, i + 1));
    const [request] = decodeAll(`get ${keys.join(' ')}\r\n`) as [Request];
    const seen: string[] = [];
    do seen.push(request.key);
    while (request.nextKey());
    expect(seen).toEqual(keys);
  });

  test('lies where it was received, and is retained with nothing around it', () => {
    const bytes = Buffer.alloc(64 * 1024);
    bytes.write('set key 1 2 5\r\nhello\r\nms key 5 O12 T3\r\nhello\r\n');
    const input = new ByteReader(bytes);
    const server = memcachedTextServer()();
    const set = decodeNext(server, input) as Request;
    const ms = decodeNext(server, input) as MetaRequest;
    expect(set.source.buffer).toBe(bytes.buffer);
    expect(set.retain()).toBe(set);
    expect(ms.retain()).toBe(ms);
    bytes.fill(0);
    expect([set.key, set.value.toString(), set.keyBytes.toString()]).toEqual(['key', 'hello', 'key']);
    expect([ms.key, ms.value.toString(), ms.opaque, ms.tokens]).toEqual(['key', 'hello', '12', ['O12', 'T3']]);
    expect(set.source.buffer.byteLength).toBeLessThan(100);
    expect(ms.source.buffer.byteLength).toBeLessThan(100);
  });

  test('has the arguments of its flags', () => {
    const mg = decodeMeta('mg k C18446744073709551615 E2 N3 R-4 T5 F6 v O o q'.replace(' o', ''));
    expect([mg.cas, mg.newCas, mg.vivify, mg.recache, mg.exptime, mg.flags]).toEqual([2n ** 64n - 1n, 2, 3, -4, 5, 6]);
    expect([mg.has('v'), mg.has('q'), mg.quiet, mg.has('k'), mg.has('V'), mg.opaque]).toEqual([
      true,
      true,
      true,
      false,
      false,
      '',
    ]);
    const bare = decodeMeta('ma k');
    expect([bare.cas, bare.exptime, bare.mode, bare.delta, bare.initial, bare.opaque]).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      0,
      undefined,
    ]);
    const ma = decodeMeta('ma k D7 J8 MD N0');
    expect([ma.delta, ma.initial, ma.mode, ma.vivify]).toEqual([7, 8, 'D', 0]);
  });

  test('has a key that was sent in base64 as its bytes', () => {
    const mg = decodeMeta(`mg ${Buffer.from('\u00ff\u0000 a', 'latin1').toString('base64')} b`);
    expect(mg.key).toBe('\u00ff\u0000 a');
    expect(mg.keyBytes).toEqual(Buffer.from([0xff, 0, 0x20, 0x61]));
  });

  test('shows what is in it and nothing of what lies around', () => {
    const [set, mg] = decodeAll('set k 1 2 2\r\nhi\r\nmg k v\r\nset x 0 0 6\r\nSECRET\r\n') as [Request, MetaRequest];
    expect(inspect(set)).toContain('<Buffer 68 69>');
    expect(inspect(mg)).toBe("{ op: 'mg', key: 'k', flags: [ 'v' ] }");
    expect(JSON.stringify([set, mg])).not.toContain(JSON.stringify([...Buffer.from('SEC')]).slice(1, -1));
    const server = memcachedTextServer()();
    expect(server.describe!(set)).toBe('set k 1 2 2, a value of 2 bytes');
    expect(server.describe!(mg)).toBe('mg k v');
    expect(server.describe!(decodeAll('get\r\n')[0]!)).toBe('get (malformed: ERROR)');
  });
});

describe('replies of a server', () => {
  const sent = (...replies: Parameters<ReturnType<ReturnType<typeof memcachedTextServer>>['encode']>[0][]): string => {
    const writer = new ByteWriter();
    for (const reply of replies) encodeInto(memcachedTextServer()(), reply, writer);
    return writer.takeBytes().toString('latin1');
  };
  const item: MetaItem = Object.assign(new RenderedItem('key', 7, Buffer.from('hello'), 2n ** 63n + 1n), {
    ttl: -1,
    idle: 3,
    fetched: true,
  });

  test('lines, bytes and views', () => {
    expect(sent('STORED', Buffer.from('END\r\n'), new ByteView(Buffer.from('xOK\r\ny'), 1, 5))).toBe(
      'STORED\r\nEND\r\nOK\r\n',
    );
  });

  test('an item leaves in the form in which it is kept', () => {
    const reply = new ItemReply();
    expect(item.buffer.toString()).toBe('VALUE key 7 5\r\nhello\r\n');
    expect(sent(reply.value(item))).toBe('VALUE key 7 5\r\nhello\r\n');
    expect(sent(reply.value(item, true))).toBe('VALUE key 7 5\r\nhello\r\nEND\r\n');
    expect(sent(reply.valueAndCas(item))).toBe('VALUE key 7 5 9223372036854775809\r\nhello\r\n');
    expect(sent(reply.valueAndCas(new RenderedItem('k', 0, Buffer.from(''), 5), true))).toBe(
      'VALUE k 0 0 5\r\n\r\nEND\r\n',
    );
    expect(sent(reply.meta(item))).toBe('VA 5\r\nhello\r\n');
    expect(sent(reply.meta(item, ' f7 t-1'))).toBe('VA 5 f7 t-1\r\nhello\r\n');
    expect(() => sent(new ItemReply())).toThrow(/sent with an item/);
  });

  test('several items leave as one message, each as it is asked for', () => {
    const one = new ItemReply();
    const replies = [() => one.value(item), () => one.valueAndCas(new RenderedItem('k', 0, Buffer.from('v'), 5), true)];
    const message = new ItemReplies(() => replies.shift()?.());
    expect(memcachedTextServer()().describe!(message)).toBe('items');
    expect(sent(message)).toBe('VALUE key 7 5\r\nhello\r\nVALUE k 0 1 5\r\nv\r\nEND\r\n');
    expect(sent(message)).toBe('');
  });

  test('an item is copied at once, however large: its memory may be used again', () => {
    for (const length of [5, 5000, 200_000]) {
      const large = new RenderedItem('key', 0, Buffer.alloc(length, 'a'));
      const writer = new ByteWriter();
      encodeInto(memcachedTextServer()(), new ItemReply().value(large, true), writer);
      large.buffer.fill(0);
      expect(writer.takeBytes().toString('latin1')).toBe(`VALUE key 0 ${length}\r\n${'a'.repeat(length)}\r\nEND\r\n`);
    }
  });

  test('an item lies anywhere in the memory of its store', () => {
    const page = Buffer.from('xxVALUE k 0 2\r\nhi\r\nyy');
    const one = { buffer: page, wireStart: 2, wireEnd: 19, valueStart: 15, casHigh: 0, casLow: 0xffff_ffff };
    expect(sent(new ItemReply().value(one), new ItemReply().valueAndCas(one), new ItemReply().meta(one))).toBe(
      'VALUE k 0 2\r\nhi\r\nVALUE k 0 2 4294967295\r\nhi\r\nVA 2\r\nhi\r\n',
    );
  });

  test('flags come in the order of the request, and a miss echoes key and opaque', () => {
    expect(metaFlags(decodeMeta('mg key s v t k f O12 c l h q'), item)).toBe(
      ' s5 t-1 kkey f7 O12 c9223372036854775809 l3 h1',
    );
    expect(metaFlags(decodeMeta('mg key s v t k f O12 c'))).toBe(' kkey O12');
    expect(metaFlags(decodeMeta('mg a2V5 b k v'), item)).toBe(' ka2V5 b');
    expect(metaFlags(decodeMeta('mg key v N30 T5'), item)).toBe('');
    expect(metaFlags(decodeMeta('mg key'))).toBe('');
  });
});

test('a codec is told what it is to be at once', () => {
  expect(() => memcachedTextServer({ maxItemSize: 1023 })).toThrow(InvalidOptionError);
  expect(() => memcachedTextServer({ compat: '1.5' as never })).toThrow(/'1.6.18' or '1.6.45'/);
  expect(() => memcachedTextServer({ maxItem: 1 } as never)).toThrow(/has no option 'maxItem'/);
  expect(() => memcachedTextClient({ maxItemSize: 2 ** 31 })).toThrow(InvalidOptionError);
  expect(() => memcachedTextClient({ compat: '1.6.18' } as never)).toThrow(/has no option 'compat'/);
});
