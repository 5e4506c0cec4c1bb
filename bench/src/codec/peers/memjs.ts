import { createRequire } from 'node:module';

import type { Doer, Work } from '../row.ts';
import { sink, textOf } from '../work.ts';

interface Message {
  readonly header: {
    readonly opcode: number;
    readonly status: number;
    readonly opaque: number;
    readonly cas: Buffer;
  };
  readonly extras: Buffer;
  readonly key: Buffer;
  readonly val: Buffer;
}

interface Utils {
  readonly makeRequestBuffer: (opcode: number, key: string, extras: Buffer, value: string, opaque: number) => Buffer;
  readonly parseMessage: (bytes: Buffer) => Message | false;
}

const SET = 1;

function utils(): Utils {
  return createRequire(import.meta.url)('memjs/lib/memjs/utils') as Utils;
}

function parsing(frame: Buffer, look: (message: Message) => void): Work {
  const { parseMessage } = utils();
  return () => {
    const message = parseMessage(frame);
    if (message !== false) look(message);
  };
}

function parsed(frame: Buffer): Message {
  const message = utils().parseMessage(frame);
  if (message === false) throw new Error('not taken for a message');
  return message;
}

/** memjs writes a SET; it knows of no vbucket: the one of the row is put in before what it wrote is compared. */
export function memjsEncodeSet(
  { opaque, vbucket, key, value }: { opaque: number; vbucket: number; key: string; value: string },
  extras: Buffer,
): Doer {
  const { makeRequestBuffer } = utils();
  return {
    gives: () => {
      const frame = makeRequestBuffer(SET, key, extras, value, opaque);
      frame.writeUInt16BE(vbucket, 6);
      return textOf(frame);
    },
    work: () => {
      sink.sum += makeRequestBuffer(SET, key, extras, value, opaque).length;
    },
  };
}

/** memjs reads a SET. Numbers of extras are read and a text is made of the key, as the others do. */
export function memjsDecodeSet(frame: Buffer): Doer {
  const numberOf = (extras: Buffer, at: number): number => (extras.length < 8 ? 0 : extras.readUInt32BE(at));
  return {
    gives: () => {
      const { header, extras, key, val } = parsed(frame);
      const { opcode, status, opaque, cas } = header;
      return {
        opcode,
        vbucket: status,
        opaque,
        cas: cas.readBigUInt64BE(),
        flags: numberOf(extras, 0),
        exptime: numberOf(extras, 4),
        key: textOf(key),
        value: textOf(val),
      };
    },
    work: parsing(frame, ({ header, extras, key, val }) => {
      const { opcode, status, opaque, cas } = header;
      const numbers = numberOf(extras, 0) + numberOf(extras, 4);
      sink.sum += opcode + status + opaque + cas.length + numbers + key.toString('latin1').length + val.length;
    }),
  };
}

/** memjs reads a hit. */
export function memjsDecodeHit(frame: Buffer): Doer {
  return {
    gives: () => {
      const { header, extras, val } = parsed(frame);
      const { status, opaque, cas } = header;
      return { status, opaque, cas: cas.readBigUInt64BE(), flags: extras.readUInt32BE(0), value: textOf(val) };
    },
    work: parsing(frame, ({ header, extras, val }) => {
      const { status, opaque, cas } = header;
      sink.sum += status + opaque + cas.length + extras.readUInt32BE(0) + val.length;
    }),
  };
}
