import { Buffer } from 'node:buffer';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { quasizeroClient, quasizeroServer, Response } from '@wirewright/codec-quasizero';
import { ByteReader, type Codec, decodeNext, encodeMessage } from '@wirewright/core/codec';

import { RequestSchema, ResponseSchema } from '../../bench/generated/bufbuild.js';
import { quasizero } from '../../bench/generated/protobufjs.js';
import { random } from '../support/random.ts';
import { delimited, LIMIT, varint } from './table.ts';

/** A message of either kind. */
interface Fields {
  readonly code: number;
  readonly errorMessage: string;
  readonly metadata: Record<string, string>;
  readonly payload: Uint8Array;
}

const CODES = [0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, -(2 ** 31)];
const TEXTS = [
  '',
  'a',
  'key',
  'trace-id',
  'ä',
  '漢字',
  '👋',
  '\u0000',
  '\u007f',
  '\u0080',
  'x'.repeat(47),
  'x'.repeat(130),
];

/** Messages at random, the same for the same seed. */
class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  fields(): Fields {
    const metadata: Record<string, string> = {};
    for (let i = this.below(2) * this.below(6); i > 0; i--) metadata[this.#text()] = this.#text();
    return {
      code: this.#code(),
      errorMessage: this.below(2) === 0 ? '' : this.#text(),
      metadata,
      payload: this.#bytes(),
    };
  }

  /** `bytes` with one to three of them changed, taken out or put in. */
  mutated(bytes: Uint8Array): Buffer {
    const mutant = Array.from(bytes);
    for (let i = this.below(3); i >= 0; i--) {
      const at = this.below(mutant.length + 1);
      const how = this.below(4);
      if (how === 0) mutant.splice(at, 1);
      else if (how === 1) mutant.splice(at, 0, this.below(256));
      else if (how === 2) mutant.splice(at, mutant.length);
      else if (at < mutant.length) mutant[at] = this.below(256);
    }
    return Buffer.from(mutant);
  }

  #code(): number {
    const i = this.below(CODES.length + 3);
    return i < CODES.length ? CODES[i]! : (this.below(2 ** 16) << 16) | this.below(2 ** 16);
  }

  #text(): string {
    return Array.from({ length: this.below(4) }, () => TEXTS[this.below(TEXTS.length)]!).join('');
  }

  #bytes(): Buffer {
    const length = this.below(3) * this.below(this.below(50) === 0 ? 5000 : 200);
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** How two libraries see messages of one kind, and how the codec does. */
interface Kind {
  readonly name: string;
  encodeTheirs(fields: Fields): Uint8Array;
  decodeTheirs(bytes: Uint8Array): Fields;
  /** For bytes that may be no message: of the two libraries this one minds the wire types of known fields, as the Go original does. */
  decodeMutant(bytes: Uint8Array): Fields;
  encodeOurs(fields: Fields): Buffer;
  decodeOurs(frame: Uint8Array): Fields;
}

function decoded<In>(codec: Codec<In, never>, frame: Uint8Array): In {
  const input = new ByteReader(frame);
  input.maxFrameLength = LIMIT;
  const message = decodeNext(codec, input);
  if (message === undefined || input.length > 0) throw new Error('a whole frame was not a whole message');
  return message;
}

const { fromEntries } = Object;
const server = quasizeroServer()();
const client = quasizeroClient()();

const requests: Kind = {
  name: 'request',
  encodeTheirs: ({ code, metadata, payload }) =>
    toBinary(RequestSchema, create(RequestSchema, { code, metadata, payload })),
  decodeTheirs: (bytes) => ({ errorMessage: '', ...fromBinary(RequestSchema, bytes) }),
  decodeMutant(bytes) {
    const { code = 0, metadata, payload } = quasizero.Request.decode(bytes);
    return { code, errorMessage: '', metadata, payload };
  },
  encodeOurs: (fields) => encodeMessage(client, fields),
  decodeOurs(frame) {
    const { code, metadata, payload } = decoded(server, frame);
    return { code, errorMessage: '', metadata: fromEntries(metadata), payload };
  },
};

const responses: Kind = {
  name: 'response',
  encodeTheirs: ({ errorMessage, metadata, payload }) =>
    toBinary(ResponseSchema, create(ResponseSchema, { errorMessage, metadata, payload })),
  decodeTheirs: (bytes) => ({ code: 0, ...fromBinary(ResponseSchema, bytes) }),
  decodeMutant(bytes) {
    const { error_message: errorMessage = '', metadata, payload } = quasizero.Response.decode(bytes);
    return { code: 0, errorMessage, metadata, payload };
  },
  encodeOurs({ errorMessage, metadata, payload }) {
    const response = new Response().setError(errorMessage).set(payload);
    for (const [key, value] of Object.entries(metadata)) response.setMeta(key, value);
    return encodeMessage(server, response);
  },
  decodeOurs(frame) {
    const { errorMessage, metadata, payload } = decoded(client, frame);
    return { code: 0, errorMessage, metadata: fromEntries(metadata), payload };
  },
};

/** Everything in a message, in an order of its own. */
function show({ code, errorMessage, metadata, payload }: Fields): string {
  const entries = Object.entries(metadata);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([code, errorMessage, entries, Buffer.from(payload).toString('hex')]);
}

function same(what: string, got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`${what}:\n  ${got}\ninstead of\n  ${wanted}`);
}

/** Encodes a message with both, and lets both decode what the other has encoded. Returns the body. */
function compare(kind: Kind, fields: Fields): Uint8Array {
  const wanted = show(kind === requests ? { ...fields, errorMessage: '' } : { ...fields, code: 0 });
  const body = kind.encodeTheirs(fields);
  const frame = kind.encodeOurs(fields);
  same(`${kind.name} encoded`, frame.toString('hex'), delimited(body).toString('hex'));
  same(
    `${kind.name} of ours, decoded by theirs`,
    show(kind.decodeTheirs(frame.subarray(varint(body.length).length))),
    wanted,
  );
  same(`${kind.name} of theirs, decoded by ours`, show(kind.decodeOurs(delimited(body))), wanted);
  return body;
}

/** What comes of bytes that may be no message: what is in them, or why they are refused. */
function outcome(decode: () => Fields): { readonly shown: string } | { readonly refusal: string } {
  try {
    return { shown: show(decode()) };
  } catch (error) {
    return { refusal: String(error) };
  }
}

/** The Go original refuses these, and so do we; the library skips the field, or the bits. */
const STRICTER = /metadata is written with wire type|more than 64 bits/;
/** The Go original takes tags of up to 64 bits, and in entries and groups does not mind the number 0, nor which group ends; nor do we. */
const LAXER = /invalid tag encoding|field number 0|invalid end group tag/;

/** Compares what both make of bytes that may be no message. Returns whether they are one. */
function compareMutant(kind: Kind, bytes: Buffer): boolean {
  const theirs = outcome(() => kind.decodeMutant(bytes));
  const ours = outcome(() => kind.decodeOurs(delimited(bytes)));
  const alike =
    'shown' in ours
      ? 'shown' in theirs
        ? ours.shown === theirs.shown
        : LAXER.test(theirs.refusal)
      : 'refusal' in theirs || STRICTER.test(ours.refusal);
  if (!alike) {
    throw new Error(
      `${kind.name} ${bytes.toString('hex')}:\n  ${JSON.stringify(ours)}\ninstead of\n  ${JSON.stringify(theirs)}`,
    );
  }
  return 'shown' in ours;
}

/** What was compared. */
export interface Compared {
  readonly messages: number;
  /** Mutants that we accept, and those that we refuse. */
  readonly accepted: number;
  readonly refused: number;
}

/** Compares the codec with the libraries on `count` messages of each kind, and on as many mutants of them. */
export function compareGenerated(count: number, seed: number): Compared {
  const generator = new Generator(seed);
  let accepted = 0;
  for (let i = 0; i < count; i++) {
    const fields = generator.fields();
    for (const kind of [requests, responses]) {
      const body = compare(kind, fields);
      if (compareMutant(kind, generator.mutated(body))) accepted++;
    }
  }
  return { messages: 2 * count, accepted, refused: 2 * count - accepted };
}
