import { Buffer } from 'node:buffer';

/** Requests that are sent at once, and what has to come back. */
export interface Batch {
  /** What is counted: requests, or keys of a request for many. */
  readonly operations: number;
  readonly requests: Buffer;
  readonly replies: Buffer;
  /** 0 where a server may answer what it likes, such as a cas; 255 elsewhere. */
  readonly mask: Buffer;
}

/** What one row of the table measures. */
export interface Workload {
  readonly name: string;
  readonly connections: number;
  /** The least ratio to memcached that is acceptable, if there is one. */
  readonly bar: number | undefined;
  /** What is counted. */
  readonly unit: string;
  readonly batches: readonly Batch[];
}

const KEYS = 1000;
const VALUE = 'v'.repeat(100);
const BATCHES = 16;
const MANY = 50;

const CAS_AT = 16;
const HEADER = 24;

function keyOf(index: number): string {
  return `key:${String(index % KEYS).padStart(6, '0')}`;
}

/** A request, and what is answered. */
interface Exchange {
  readonly request: Buffer;
  readonly reply: Buffer;
  readonly mask?: Buffer;
  readonly operations?: number;
}

function text(request: string, reply: string, operations = 1): Exchange {
  return { request: Buffer.from(request), reply: Buffer.from(reply), operations };
}

const textGet = (i: number): Exchange => text(`get ${keyOf(i)}\r\n`, `VALUE ${keyOf(i)} 0 100\r\n${VALUE}\r\nEND\r\n`);
const metaGet = (i: number): Exchange => text(`mg ${keyOf(i)} v\r\n`, `VA 100\r\n${VALUE}\r\n`);
const textSet = (i: number): Exchange => text(`set ${keyOf(i)} 0 0 100\r\n${VALUE}\r\n`, 'STORED\r\n');

function textGetMany(i: number): Exchange {
  const keys = Array.from({ length: MANY }, (_, j) => keyOf(i * MANY + j));
  return text(
    `get ${keys.join(' ')}\r\n`,
    `${keys.map((key) => `VALUE ${key} 0 100\r\n${VALUE}\r\n`).join('')}END\r\n`,
    MANY,
  );
}

function frame(magic: number, opcode: number, extras: Buffer, key: string, value: string): Buffer {
  const head = Buffer.alloc(HEADER);
  head[0] = magic;
  head[1] = opcode;
  head.writeUInt16BE(key.length, 2);
  head[4] = extras.length;
  head.writeUInt32BE(extras.length + key.length + value.length, 8);
  return Buffer.concat([head, extras, Buffer.from(key + value)]);
}

/** Of a response all but the cas. */
function maskOf(reply: Buffer): Buffer {
  return Buffer.alloc(reply.length, 0xff).fill(0, CAS_AT, HEADER);
}

function binaryGet(i: number): Exchange {
  const reply = frame(0x81, 0, Buffer.alloc(4), '', VALUE);
  return { request: frame(0x80, 0, Buffer.alloc(0), keyOf(i), ''), reply, mask: maskOf(reply) };
}

function binarySet(i: number): Exchange {
  const reply = frame(0x81, 1, Buffer.alloc(0), '', '');
  return { request: frame(0x80, 1, Buffer.alloc(8), keyOf(i), VALUE), reply, mask: maskOf(reply) };
}

/** Batches of `depth` requests each, over all keys. */
function batchesOf(make: (index: number) => Exchange, depth: number): Batch[] {
  return Array.from({ length: BATCHES }, (_, batch) => {
    const exchanges = Array.from({ length: depth }, (__, i) => make(batch * 61 + i * 7));
    return {
      operations: exchanges.reduce((sum, { operations = 1 }) => sum + operations, 0),
      requests: Buffer.concat(exchanges.map(({ request }) => request)),
      replies: Buffer.concat(exchanges.map(({ reply }) => reply)),
      mask: Buffer.concat(exchanges.map(({ reply, mask }) => mask ?? Buffer.alloc(reply.length, 0xff))),
    };
  });
}

function workload(
  name: string,
  make: (index: number) => Exchange,
  connections: number,
  depth: number,
  bar?: number,
  unit: string = 'requests/s',
): Workload {
  return { name: `${name}, ${connections}x${depth}`, connections, bar, unit, batches: batchesOf(make, depth) };
}

/** What is measured, in this order. */
export const WORKLOADS: readonly Workload[] = [
  workload('text get', textGet, 50, 64, 8),
  workload('text get', textGet, 1, 64),
  workload('mg', metaGet, 50, 64, 0.9),
  workload('mg', metaGet, 1, 64),
  workload('get of 50 keys', textGetMany, 50, 1, 0.85, 'keys/s'),
  workload('text set', textSet, 50, 64, 0.9),
  workload('text set', textSet, 1, 64),
  workload('text get', textGet, 50, 1, 0.65),
  workload('binary get', binaryGet, 50, 64, 1.5),
  workload('binary get', binaryGet, 1, 64),
  workload('binary set', binarySet, 50, 64, 1),
  workload('binary set', binarySet, 1, 64),
];

/** Sets every key that a workload may ask for, without replies, and a no-op that is answered. */
export function filling(): Buffer {
  const sets = Array.from({ length: KEYS }, (_, i) => `set ${keyOf(i)} 0 0 100 noreply\r\n${VALUE}\r\n`);
  return Buffer.from(`${sets.join('')}mn\r\n`);
}

/** The batches in the form that the generator reads: native/script-load.c says what it is. */
export function scriptOf(batches: readonly Batch[]): Buffer {
  const parts: Buffer[] = [uint32s(batches.length)];
  for (const { operations, requests, replies, mask } of batches) {
    parts.push(uint32s(operations, requests.length, replies.length), requests, replies, mask);
  }
  return Buffer.concat(parts);
}

function uint32s(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}
