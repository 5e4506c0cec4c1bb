import { Buffer } from 'node:buffer';

import {
  gearmanClient,
  gearmanServer,
  packet,
  Packet,
  packetName,
  packetRules,
  PacketType,
  TextLine,
} from '@wirewright/codec-gearman';
import { ByteReader, decodeEnd, decodeNext, EncodeError, encodeMessage } from '@wirewright/core/codec';
import { type CodecVector, codecVectors, embed } from '@wirewright/core/testing';
import { describe, expect, test } from 'vitest';

import { decodeAll, frame, plain } from './frames.ts';

const server = gearmanServer();
const client = gearmanClient();

const rules = packetRules.filter((rule) => rule !== undefined);

/** Every packet that there is, with arguments of which the last holds NULs where it may. */
const rows = rules.map((rule) => {
  const args = rule.args.map((name, index) =>
    rule.opaque && index === rule.args.length - 1 ? `\0${name}\0\0` : name.toUpperCase(),
  );
  return { ...rule, given: args };
});

test('the numbers, names and arguments of gearmand', () => {
  expect(rules.map(({ type }) => type)).toEqual(Object.values(PacketType));
  expect(rules).toHaveLength(41);
  const line = ({ type, name, args, opaque }: (typeof rules)[number]): string =>
    `${type} ${name} ${args.length}${opaque ? '+' : ''}`;
  // libgearman/command.cc: the number of arguments, the data among them.
  expect(rules.map(line).join('\n')).toBe(
    `1 CAN_DO 1
2 CANT_DO 1
3 RESET_ABILITIES 0
4 PRE_SLEEP 0
6 NOOP 0
7 SUBMIT_JOB 3+
8 JOB_CREATED 1
9 GRAB_JOB 0
10 NO_JOB 0
11 JOB_ASSIGN 3+
12 WORK_STATUS 3
13 WORK_COMPLETE 2+
14 WORK_FAIL 1
15 GET_STATUS 1
16 ECHO_REQ 1+
17 ECHO_RES 1+
18 SUBMIT_JOB_BG 3+
19 ERROR 2
20 STATUS_RES 5
21 SUBMIT_JOB_HIGH 3+
22 SET_CLIENT_ID 1
23 CAN_DO_TIMEOUT 2
24 ALL_YOURS 0
25 WORK_EXCEPTION 2+
26 OPTION_REQ 1
27 OPTION_RES 1
28 WORK_DATA 2+
29 WORK_WARNING 2+
30 GRAB_JOB_UNIQ 0
31 JOB_ASSIGN_UNIQ 4+
32 SUBMIT_JOB_HIGH_BG 3+
33 SUBMIT_JOB_LOW 3+
34 SUBMIT_JOB_LOW_BG 3+
35 SUBMIT_JOB_SCHED 8+
36 SUBMIT_JOB_EPOCH 4+
37 SUBMIT_REDUCE_JOB 5+
38 SUBMIT_REDUCE_JOB_BACKGROUND 5+
39 GRAB_JOB_ALL 0
40 JOB_ASSIGN_ALL 5+
41 GET_STATUS_UNIQUE 1
42 STATUS_RES_UNIQUE 6`,
  );
});

for (const [magic, codec, other] of [
  ['REQ', server, client],
  ['RES', client, server],
] as const) {
  describe(`what comes as ${magic}`, () => {
    const vectors = rows.map(({ name, type, given }): CodecVector<Packet> => {
      const bytes = frame(magic, type, ...given);
      return { name, bytes, messages: [new Packet(bytes, 0, bytes.length)], canonical: true };
    });
    const mixed: CodecVector<Packet | TextLine>[] = [
      {
        name: 'packets and lines in turn',
        bytes: Buffer.concat([
          Buffer.from('status\r\n\n'),
          frame(magic, PacketType.Noop),
          Buffer.from('workers\n'),
          frame(magic, PacketType.EchoReq, 'a\nb'),
        ]),
        messages: [
          new TextLine(Buffer.from('status')),
          new TextLine(Buffer.alloc(0)),
          new Packet(frame(magic, PacketType.Noop), 0, 12),
          new TextLine(Buffer.from('workers')),
          new Packet(frame(magic, PacketType.EchoReq, 'a\nb'), 0, 15),
        ],
      },
      {
        name: 'types that there are not',
        bytes: Buffer.concat([0, 5, 43, 0xffffffff].map((type) => frame(magic, type, 'x', 'y'))),
        messages: [0, 5, 43, 0xffffffff].map((type) => new Packet(frame(magic, type, 'x', 'y'), 0, 15)),
      },
      {
        name: 'lengths that leave arguments out',
        bytes: frame(magic, PacketType.SubmitJob, 'reverse'),
        messages: [new Packet(frame(magic, PacketType.SubmitJob, 'reverse'), 0, 19)],
      },
    ];
    const options = { describe: plain as (message: Packet) => unknown, opposite: other as never };
    const all = [...vectors, ...(mixed as CodecVector<Packet>[])];
    for (const { name, run } of codecVectors('codec', codec as never, all, options)) test(name, run);

    test.each(rows)('$name: its arguments are read, in any order', ({ type, given, args, opaque }) => {
      const [message] = decodeAll(codec(), frame(magic, type, ...given)) as [Packet];
      expect(message.complete).toBe(true);
      expect(message.name).toBe(packetName(type));
      const indexes = given.map((_, index) => index);
      for (const index of [...indexes, ...indexes.map((back) => given.length - 1 - back)]) {
        expect(message.text(index)).toBe(given[index]);
        expect(message.bytes(index).toString('latin1')).toBe(given[index]);
      }
      expect(message.argumentCount).toBe(args.length);
      message.retain();
      expect(indexes.map((index) => message.latin1(index))).toEqual(given);
      if (!opaque && given.length > 0) {
        // As gearmand sends a WORK_FAIL that it has made of an exception: with a NUL behind.
        const [quirk] = decodeAll(codec(), frame(magic, type, ...given.slice(0, -1), `${given.at(-1)}\0`)) as [Packet];
        expect(quirk.text(given.length - 1)).toBe(given.at(-1));
      }
    });

    test.each(rows.filter(({ given }) => given.length > 1))('$name: what is missing is told', ({ type, given }) => {
      for (let count = 0; count < given.length - 1; count++) {
        const [message] = decodeAll(
          codec(),
          frame(magic, type, ...given.slice(0, count + 1).map((arg) => arg.replaceAll('\0', 'x'))),
        ) as [Packet];
        if (count + 1 < given.length) expect(message.complete).toBe(false);
        expect(message.text(given.length - 1)).toBe('');
      }
    });

    test.each(rows)(
      '$name: what is received is sent on without being encoded, in either direction',
      ({ type, given }) => {
        const [message] = decodeAll(codec(), frame(magic, type, ...given)) as [Packet];
        expect(encodeMessage(server(), message)).toEqual(frame('RES', type, ...given));
        expect(encodeMessage(client(), message)).toEqual(frame('REQ', type, ...given));
      },
    );
  });
}

describe('what is sent', () => {
  test.each(rows)('$name', ({ type, given }) => {
    expect(encodeMessage(client(), packet(type as never, ...given))).toEqual(frame('REQ', type, ...given));
    const bytes = given.map((arg) => Buffer.from(arg));
    expect(encodeMessage(server(), packet(type as never, ...bytes))).toEqual(frame('RES', type, ...given));
    for (let count = 0; count < given.length; count++) {
      const rest = bytes.slice(count).flatMap((arg, index) => (index === 0 ? [arg] : [Buffer.alloc(1), arg]));
      const fields = { type, args: given.slice(0, count), rest: Buffer.concat(rest) };
      expect(encodeMessage(server(), fields)).toEqual(frame('RES', type, ...given));
    }
  });

  test('texts are utf-8, short ones and long ones', () => {
    for (const text of ['ü', 'ü'.repeat(100), '€', 'a'.repeat(25), `${'a'.repeat(23)}ü`]) {
      const expected = frame('REQ', PacketType.SubmitJob, Buffer.from(text), '', Buffer.from(text));
      expect(encodeMessage(client(), packet(PacketType.SubmitJob, text, '', text))).toEqual(expected);
    }
  });

  test('a text that is all of a packet, however long', () => {
    for (const text of ['a'.repeat(1000), 'ü€'.repeat(1000), `${'a'.repeat(70_000)}ü`, 'ü'.repeat(70_000)])
      expect(encodeMessage(client(), packet(PacketType.EchoReq, text))).toEqual(
        frame('REQ', PacketType.EchoReq, Buffer.from(text)),
      );
    const small = gearmanClient({ maxFrameLength: 1024 });
    expect(() => encodeMessage(small(), packet(PacketType.EchoReq, 'ü'.repeat(513)))).toThrow(/1026 bytes is over/);
    expect(encodeMessage(small(), packet(PacketType.EchoReq, 'ü'.repeat(512)))).toHaveLength(1036);
  });

  test.each([
    ['a NUL in a short name', packet(PacketType.SubmitJob, 'a\0b', '', 'x')],
    ['a NUL in a long name', packet(PacketType.SubmitJob, `${'a'.repeat(99)}\0`, '', 'x')],
    ['a NUL in bytes', packet(PacketType.SubmitJob, Buffer.from('a\0'), '', 'x')],
    ['a NUL in front of the rest', { type: PacketType.JobAssign, args: ['h\0'], rest: 'f\0x' }],
    ['an argument too many', packet(PacketType.CanDo, 'a', 'b')],
    ['an argument too few', packet(PacketType.SubmitJob, 'a', 'b')],
    ['no type that there is', { type: 5, args: [] }],
    ['a type above all', { type: 43, args: [] }],
    ['a rest too many', { type: PacketType.CanDo, args: ['a'], rest: 'b' }],
  ])('%s is refused', (_, fields) => {
    expect(() => encodeMessage(client(), fields)).toThrow(EncodeError);
  });

  test('what the peer would refuse is refused here', () => {
    const small = gearmanClient({ maxFrameLength: 1024 });
    const fits = packet(PacketType.SubmitJob, 'f', '', Buffer.alloc(1021));
    expect(encodeMessage(small(), fits)).toHaveLength(1036);
    expect(() => encodeMessage(small(), packet(PacketType.SubmitJob, 'f', '', Buffer.alloc(1022)))).toThrow(
      /a frame of 1025 bytes is over the limit of 1024/,
    );
  });

  test('text and bytes leave as they are', () => {
    expect(encodeMessage(server(), 'OK ü\r\n')).toEqual(Buffer.from('OK ü\r\n'));
    expect(encodeMessage(client(), Buffer.from('status\n'))).toEqual(Buffer.from('status\n'));
  });
});

describe('what is no packet', () => {
  const limited = gearmanServer({ maxFrameLength: 1024, maxLineLength: 10 });
  const limitedClient = gearmanClient({ maxFrameLength: 1024, maxLineLength: 10 });

  test.each([
    ['a NUL and other letters', '\0RXQ\0\0\0\0', { reason: 'magic', type: 0, length: 0 }],
    ['a NUL and one other letter', '\0X', { reason: 'magic', type: 0, length: 0 }],
    ['a fourth letter that is neither', '\0REP', { reason: 'magic', type: 0, length: 0 }],
    [
      'a length that nobody means',
      '\0REQ\0\0\0\u0007\u00ff\u00ff\u00ff\u00ff',
      { reason: 'magic', type: 7, length: 0xffffffff },
    ],
    ['a line without an end', 'x'.repeat(12), { reason: 'line-too-long', type: 0, length: 12 }],
    ['a line that ends too late', `${'x'.repeat(11)}\n`, { reason: 'line-too-long', type: 0, length: 12 }],
  ])('%s ends it for a server, which can still say why', (_, text, refused) => {
    const codec = limited();
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), frame('REQ', PacketType.PreSleep)]);
    const messages = decodeAll(codec, Buffer.from(text, 'latin1'));
    expect(messages.map(plain)).toEqual([refused]);
    expect((messages[0] as { fatal: boolean }).fatal).toBe(true);
    expect(decodeAll(codec, bytes)).toEqual([]);
  });

  test('a line of the longest length is taken, with CR and without', () => {
    const text = 'x'.repeat(10);
    expect(decodeAll(limited(), Buffer.from(`${text}\r\n${text}\n`)).map(plain)).toEqual([
      { line: text },
      { line: text },
    ]);
  });

  test('a packet that is too large is told at once, skipped as it comes, and followed by the next', () => {
    const large = frame('REQ', PacketType.SubmitJob, 'f', '', Buffer.alloc(100_000, 'x'));
    const codec = limited();
    const refused = { reason: 'too-large', type: PacketType.SubmitJob, length: 100_003 };
    expect(decodeAll(codec, large.subarray(0, 12)).map(plain)).toEqual([refused]);
    for (let at = 12; at < large.length; at += 1000)
      expect(decodeAll(codec, large.subarray(at, at + 1000))).toEqual([]);
    expect(decodeAll(codec, frame('REQ', PacketType.PreSleep)).map(plain)).toMatchObject([{ type: 4 }]);
  });

  test('a packet that is too large has no more time than others, and its end is told when it does not come', () => {
    const large = frame('REQ', PacketType.SubmitJob, 'f', '', Buffer.alloc(2000, 'x'));
    for (const sent of [12, 13, 300]) {
      const embedded = embed(limited, {}, { frameTimeout: 1000 });
      for (const byte of large.subarray(0, sent)) embedded.feed(Buffer.of(byte)).advance(10);
      if (sent < 300) {
        expect(embedded.connection.closeReason).toBeUndefined();
        embedded.advance(1200);
      }
      expect(embedded.connection.closeReason).toBe('frame-timeout');
      expect(embedded.messages).toMatchObject([{ reason: 'too-large' }]);

      const codec = limited();
      const input = new ByteReader(large.subarray(0, sent));
      expect(decodeNext(codec, input)).toMatchObject({ reason: 'too-large' });
      expect(decodeNext(codec, input)).toBeUndefined();
      expect(() => decodeEnd(codec, input)).toThrow(expect.objectContaining({ code: 'WIRE_TRUNCATED' }));
    }
    const whole = embed(limited, {}, { frameTimeout: 1000 }).feed(large).advance(5000);
    expect(whole.connection.closeReason).toBeUndefined();
    whole.connection.destroy();
  });

  test.each([
    ['garbage behind a NUL', '\0XYZ', 'WIRE_PROTOCOL'],
    ['a request', '\0REQ\0\0\0\u0006\0\0\0\0', 'WIRE_PROTOCOL'],
    ['a packet that is too large', '\0RES\0\0\0\u0006\0\0\u0004\u0001', 'WIRE_FRAME_TOO_LARGE'],
    ['a line that is too long', 'x'.repeat(12), 'WIRE_PROTOCOL'],
  ])('%s is an error for a client', (_, text, code) => {
    expect(() => decodeAll(limitedClient(), Buffer.from(text, 'latin1'))).toThrow(expect.objectContaining({ code }));
  });
});

describe('what is shown', () => {
  const shown = (message: unknown): unknown => server().describe!(message as never);

  test('a packet, its data as a length', () => {
    const [received] = decodeAll(server(), frame('REQ', PacketType.SubmitJob, 'reverse', 'u', 'secret'));
    expect(shown(received)).toBe('SUBMIT_JOB, "reverse", "u", 6 bytes');
    expect(shown(packet(PacketType.SubmitJob, 'reverse', 'u', 'secret'))).toBe('SUBMIT_JOB, "reverse", "u", 6 bytes');
    expect(shown({ type: PacketType.JobAssignUniq, args: ['H:1'], rest: 'f\0u\0x' })).toBe(
      'JOB_ASSIGN_UNIQ, "H:1", 5 bytes',
    );
  });

  test('what is incomplete, unknown or refused', () => {
    const [incomplete, unknown] = decodeAll(
      server(),
      Buffer.concat([frame('REQ', PacketType.SubmitJob, 'f'), frame('REQ', 99, 'xy')]),
    );
    expect(shown(incomplete)).toBe('SUBMIT_JOB, "f", "", 0 bytes, incomplete');
    expect(shown(unknown)).toBe('packet 99, 2 bytes');
    const [refused] = decodeAll(server(), Buffer.from('\0REX'));
    expect(shown(refused)).toBe('refused, magic, packet 0, 0 bytes');
  });

  test('lines and text', () => {
    expect(shown(new TextLine(Buffer.from('status')))).toBe('"status"');
    expect(shown(`OK${'x'.repeat(100)}`)).toBe(`"OK${'x'.repeat(58)}..."`);
  });
});

test.each([
  ['an unknown option', { maxframe: 1 }],
  ['too small a limit', { maxFrameLength: 1023 }],
  ['no number', { maxLineLength: '5' }],
])('%s is refused at once', (_, options) => {
  expect(() => gearmanServer(options as never)).toThrow(/WIRE|option|must be/);
  expect(() => gearmanClient(options as never)).toThrow(expect.objectContaining({ code: 'WIRE_INVALID_OPTION' }));
});
