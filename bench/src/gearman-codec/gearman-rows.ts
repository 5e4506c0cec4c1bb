import {
  type GearmanOutput,
  gearmanClient,
  gearmanServer,
  packet,
  Packet,
  PacketType,
} from '@wirewright/codec-gearman';
import { ByteReader, encodeMessage } from '@wirewright/core/codec';

import { chunkOf, decoding, encoding, encodingEach, reading, repeat, sink } from '../codec/codec-work.ts';
import type { Row } from '../codec/row.ts';
import type { Work } from '../interleave.ts';
import {
  decodeAnswer,
  decodeAssign,
  decodeEcho,
  decodeNoopOrEcho,
  decodeReset,
  encodeAssign,
  encodeCopy,
  encodeEcho,
  encodeEchoRes,
  encodeNoop,
  encodeReset,
} from './handwritten.ts';

/** What a codec of either end yields. */
type Message = NonNullable<ReturnType<ReturnType<ReturnType<typeof gearmanServer>>['decode']>>;

/** What one read brings, in bytes. */
const READ = 1024 * 1024;

/** How many times as long as by hand ours takes at most. */
const MOST = 1.5;

const HANDLE = 'H:lap:1';
const FUNCTION = 'reverse';
const PAYLOAD = 'test';
const ECHOED = 'internal echo';

/** As the mixed benchmark of the Go package has them: packets of 23 and 756 bytes. */
const SHORT_ECHO = Buffer.alloc(11, 'e');
const LONG_ECHO = Buffer.alloc(744, 'e');

const reset = packet(PacketType.ResetAbilities);
const echo = packet(PacketType.EchoReq, ECHOED);
const assign = packet(PacketType.JobAssign, HANDLE, FUNCTION, PAYLOAD);
const mixed = [packet(PacketType.Noop), packet(PacketType.EchoRes, SHORT_ECHO), packet(PacketType.EchoRes, LONG_ECHO)];

const asPacket = (message: Message): Packet => {
  if (!(message instanceof Packet)) throw new Error('no packet');
  return message;
};

// The message outlives the step on both sides: it is what a program would get.
const bare = (message: Message): void => {
  sink.last = message;
  sink.sum += asPacket(message).type;
};

const echoed = (message: Message): void => {
  const received = asPacket(message);
  sink.last = received;
  const { start, end } = received.view(0);
  sink.sum += received.type + end - start;
};

const assigned = (message: Message): void => {
  const received = asPacket(message);
  sink.last = received;
  const names = received.latin1(0).length + received.latin1(1).length;
  const { start, end } = received.view(2);
  sink.sum += received.type + names + end - start;
};

const mixedOne = (message: Message): void => {
  const received = asPacket(message);
  if (received.type === PacketType.Noop) bare(received);
  else echoed(received);
};

const bareByHand = (chunk: Buffer, at: number): number => {
  const message = decodeReset(chunk, at);
  sink.last = message;
  sink.sum += message.type;
  return message.end;
};

const echoByHand = (chunk: Buffer, at: number): number => {
  const message = decodeEcho(chunk, at);
  sink.last = message;
  sink.sum += message.type + message.data.end - message.data.start;
  return message.end;
};

const answerByHand = (chunk: Buffer, at: number): number => {
  const message = decodeAnswer(chunk, at);
  sink.last = message;
  sink.sum += message.type + message.data.end - message.data.start;
  return message.end;
};

const assignByHand = (chunk: Buffer, at: number): number => {
  const message = decodeAssign(chunk, at);
  sink.last = message;
  const { type, handle, function: name, payload, end } = message;
  sink.sum += type + handle.length + name.length + payload.end - payload.start;
  return end;
};

const mixedByHand = (chunk: Buffer, at: number): number => {
  const message = decodeNoopOrEcho(chunk, at);
  sink.last = message;
  sink.sum += message.type;
  if ('data' in message) sink.sum += message.data.end - message.data.start;
  return message.end;
};

/** Writes the three packets in turn. */
function mixedOutByHand(): () => void {
  const steps = [encodeNoop, () => encodeEchoRes(SHORT_ECHO), () => encodeEchoRes(LONG_ECHO)];
  let next = 0;
  return () => {
    sink.sum += steps[next]!();
    if (++next === steps.length) next = 0;
  };
}

/** What a read of 1 MiB brings. */
function readOf(...frames: readonly Buffer[]): Buffer {
  return chunkOf(frames, Math.floor(READ / Buffer.concat(frames).length));
}

function row(title: string, most: number | undefined, ours: Work, byHand: Work): Row {
  const works = new Map([
    ['ours', ours],
    ['by hand', byHand],
  ]);
  return most === undefined ? { title, works } : { title, most, works };
}

/** The codec. */
export function gearmanRows(): readonly Row[] {
  const client = gearmanClient()();
  const server = gearmanServer()();
  const [resetFrame, echoFrame] = [reset, echo].map((message) => encodeMessage(client, message)) as [Buffer, Buffer];
  const assignFrame = encodeMessage(server, assign);
  const mixedRead = readOf(...mixed.map((message) => encodeMessage(server, message)));
  const answerFrame = encodeMessage(server, packet(PacketType.EchoRes, ECHOED));
  const strangeFrame = encodeMessage(server, packet(PacketType.EchoReq, ECHOED));
  const received = asPacket(client.decode(new ByteReader(assignFrame))!);
  return [
    row(
      'decode RESET_ABILITIES, 12 B',
      MOST,
      decoding(server, readOf(resetFrame), bare),
      reading(readOf(resetFrame), bareByHand),
    ),
    row(
      'decode ECHO_REQ, 25 B',
      MOST,
      decoding(server, readOf(echoFrame), echoed),
      reading(readOf(echoFrame), echoByHand),
    ),
    row(
      'decode JOB_ASSIGN, 32 B',
      MOST,
      decoding(client, readOf(assignFrame), assigned),
      reading(readOf(assignFrame), assignByHand),
    ),
    row(
      'decode NOOP, ECHO_RES of 23 B and of 756 B',
      MOST,
      decoding(client, mixedRead, mixedOne),
      reading(mixedRead, mixedByHand),
    ),
    row(
      'encode RESET_ABILITIES, 12 B',
      MOST,
      encoding(client, reset),
      repeat(() => (sink.sum += encodeReset())),
    ),
    row(
      'encode ECHO_REQ, 25 B',
      MOST,
      encoding(client, echo),
      repeat(() => (sink.sum += encodeEcho(ECHOED))),
    ),
    {
      title: 'encode JOB_ASSIGN, 32 B',
      most: MOST,
      works: new Map([
        ['ours', encoding(server, assign)],
        ['by hand', repeat(() => (sink.sum += encodeAssign(HANDLE, FUNCTION, PAYLOAD)))],
        [
          'ours, made by packet()',
          encoding(server, assign, () => packet(PacketType.JobAssign, HANDLE, FUNCTION, PAYLOAD)),
        ],
      ]),
    },
    row(
      'encode NOOP, ECHO_RES of 23 B and of 756 B',
      MOST,
      encodingEach<GearmanOutput>(server, mixed),
      repeat(mixedOutByHand()),
    ),
    row(
      'relay JOB_ASSIGN, 32 B',
      undefined,
      encoding(server, received),
      repeat(() => (sink.sum += encodeCopy(received))),
    ),
    row('a read each: RESET_ABILITIES', undefined, decoding(server, resetFrame, bare), reading(resetFrame, bareByHand)),
    row('a read each: ECHO_RES', undefined, decoding(client, answerFrame, echoed), reading(answerFrame, answerByHand)),
    row(
      'a read each: \\0RES of type 0x10',
      undefined,
      decoding(client, strangeFrame, echoed),
      reading(strangeFrame, answerByHand),
    ),
    row(
      'a read each: JOB_ASSIGN',
      undefined,
      decoding(client, assignFrame, assigned),
      reading(assignFrame, assignByHand),
    ),
  ];
}
