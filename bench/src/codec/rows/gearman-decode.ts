import { gearmanClient, gearmanServer, packet, PacketType } from '@wirewright/codec-gearman';
import { type Codec, encodeMessage } from '@wirewright/core/codec';

import {
  decodeAnswer,
  decodeAssign,
  type DecodedAssign,
  type DecodedBare,
  type DecodedEcho,
  decodeEcho,
  decodeNoopOrEcho,
  decodeReset,
} from '../by-hand/gearman.ts';
import { abraxasDecode } from '../peers/abraxas.ts';
import { gearmanodeDecode } from '../peers/gearmanode.ts';
import { nodeGearmanDecodeAssign } from '../peers/node-gearman.ts';
import type { Row } from '../row.ts';
import { chunkOf, decoding, messagesOf, reading, textOf } from '../work.ts';
import {
  answerByHand,
  asPacket,
  assignByHand,
  assigned,
  bare,
  bareByHand,
  echoByHand,
  echoed,
  type Message,
  mixedByHand,
  mixedOne,
  type ReadByHand,
} from './gearman-looks.ts';
import { assign, echo, ECHOED, mixed, MOST, reset } from './gearman-messages.ts';

/** What one read brings, in bytes. */
const READ = 1024 * 1024;

/** Packets that a stream gets at a time. */
const PACKETS = 64;

const client = gearmanClient()();
const server = gearmanServer()();

/** What is different from row to row. */
interface Decoding {
  readonly codec: Codec<Message, never>;
  readonly frames: readonly Buffer[];
  readonly look: (message: Message) => void;
  readonly byHand: ReadByHand;
  /** The fields of a frame by hand. */
  readonly decode: (frame: Buffer, at: number) => DecodedBare | DecodedEcho | DecodedAssign;
}

interface Fields {
  readonly type: number;
  readonly texts: readonly string[];
}

/** The type and the arguments, those of a JOB_ASSIGN or the one of an echo. */
function fieldsOf(message: Message): Fields {
  const received = asPacket(message);
  const { type, body } = received;
  const texts =
    type === PacketType.JobAssign
      ? [received.latin1(0), received.latin1(1), received.view(2).toString('latin1')]
      : body.length === 0
        ? []
        : [received.view(0).toString('latin1')];
  return { type, texts };
}

function fieldsByHand(message: DecodedBare | DecodedEcho | DecodedAssign): Fields {
  const textIn = ({ source, start, end }: DecodedEcho['data']): string => textOf(source.subarray(start, end));
  const { type } = message;
  if ('payload' in message) return { type, texts: [message.handle, message.function, textIn(message.payload)] };
  return { type, texts: 'data' in message ? [textIn(message.data)] : [] };
}

function row(
  what: string,
  { codec, frames, look, byHand, decode }: Decoding,
  chunk: Buffer,
  more: Pick<Row, 'most' | 'peers'> = {},
): Row {
  const all = Buffer.concat(frames);
  const gives = messagesOf(codec, all, fieldsOf);
  return {
    name: `gearman: ${what}`,
    gives,
    ours: () => ({ gives: () => messagesOf(codec, all, fieldsOf), work: decoding(codec, chunk, look) }),
    byHand: () => ({
      gives: () => frames.map((frame) => fieldsByHand(decode(frame, 0))),
      work: reading(chunk, byHand),
    }),
    ...more,
  };
}

/** What a read of 1 MiB brings. */
function readOf(...frames: readonly Buffer[]): Buffer {
  return chunkOf(frames, Math.floor(READ / Buffer.concat(frames).length));
}

/** Type and arguments as packages give them, as those of one frame. */
const given = (type: number, args: readonly (string | Uint8Array)[]): readonly Fields[] => [
  { type, texts: args.map((each) => (typeof each === 'string' ? each : textOf(each))) },
];

/** gearmanode and abraxas, which read all of them. */
function readers(frame: Buffer, format: string): NonNullable<Row['peers']> {
  return {
    gearmanode: () => gearmanodeDecode(frame, format, given),
    abraxas: () =>
      abraxasDecode(chunkOf([frame], PACKETS), PACKETS, (type, args, body) =>
        given(type, [...Object.values(args), ...(body.length === 0 ? [] : [body])]),
      ),
  };
}

/** Packets that are read, in reads of 1 MiB and in such that bring one. */
export function gearmanDecodeRows(): readonly Row[] {
  const resetFrame = encodeMessage(client, reset);
  const echoFrame = encodeMessage(client, echo);
  const assignFrame = encodeMessage(server, assign);
  const answerFrame = encodeMessage(server, packet(PacketType.EchoRes, ECHOED));
  const strangeFrame = encodeMessage(server, packet(PacketType.EchoReq, ECHOED));
  const mixedFrames = mixed.map((message) => encodeMessage(server, message));

  const resets = { codec: server, frames: [resetFrame], look: bare, byHand: bareByHand, decode: decodeReset };
  const echoes = { codec: server, frames: [echoFrame], look: echoed, byHand: echoByHand, decode: decodeEcho };
  const assigns = { codec: client, frames: [assignFrame], look: assigned, byHand: assignByHand, decode: decodeAssign };
  const answers = { codec: client, frames: [answerFrame], look: echoed, byHand: answerByHand, decode: decodeAnswer };
  const mixes = { codec: client, frames: mixedFrames, look: mixedOne, byHand: mixedByHand, decode: decodeNoopOrEcho };
  return [
    row('decode RESET_ABILITIES, 12 B', resets, readOf(resetFrame), { most: MOST, peers: readers(resetFrame, '') }),
    row('decode ECHO_REQ, 25 B', echoes, readOf(echoFrame), { most: MOST, peers: readers(echoFrame, 'b') }),
    row('decode JOB_ASSIGN, 32 B', assigns, readOf(assignFrame), {
      most: MOST,
      peers: {
        ...readers(assignFrame, 'nnb'),
        'node-gearman': () => nodeGearmanDecodeAssign(assignFrame, (...args) => given(PacketType.JobAssign, args)),
      },
    }),
    row('decode NOOP, ECHO_RES of 23 B and of 756 B', mixes, readOf(...mixedFrames), { most: MOST }),
    row('a read each: RESET_ABILITIES', resets, resetFrame),
    row('a read each: ECHO_RES', answers, answerFrame),
    row('a read each: \\0RES of type 0x10', { ...answers, frames: [strangeFrame] }, strangeFrame),
    row('a read each: JOB_ASSIGN', assigns, assignFrame),
  ];
}
