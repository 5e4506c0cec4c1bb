import { createRequire } from 'node:module';

import type { Doer } from '../row.ts';
import { sink, textOf } from '../work.ts';

/** Its protocol module: how many bytes a packet has, and its arguments, texts or bytes as a format says. */
interface Protocol {
  readonly encodePacket: (type: number, args: readonly string[]) => Buffer;
  readonly parsePacket: (packet: Buffer, format: string) => readonly [number, ...(string | Buffer)[]];
}

/** What it logs with, which without this complains of each packet that nobody wants to read it. */
interface Winston {
  readonly loggers: { get(name: string): { silent: boolean } };
}

function protocol(): Protocol {
  const require = createRequire(import.meta.url);
  const winston = createRequire(require.resolve('gearmanode'))('winston') as Winston;
  winston.loggers.get('protocol').silent = true;
  return require('gearmanode/lib/gearmanode/protocol') as Protocol;
}

/** gearmanode writes a request. */
export function gearmanodeEncode(type: number, args: readonly string[]): Doer {
  const { encodePacket } = protocol();
  return {
    gives: () => textOf(encodePacket(type, args)),
    work: () => {
      sink.sum += encodePacket(type, args).length;
    },
  };
}

/**
 * gearmanode reads a packet that is alone in a buffer: it leaves it to its callers to look at magic and type, and to cut packets off what
 * was received, and they do it with a copy of what is left.
 *
 * @param format a letter for each argument: `n` for a text that a NUL ends, `b` for the bytes that are left
 */
export function gearmanodeDecode(
  frame: Buffer,
  format: string,
  fieldsOf: (type: number, args: readonly (string | Buffer)[]) => unknown,
): Doer {
  const { parsePacket } = protocol();
  return {
    gives: () => fieldsOf(frame.readUInt32BE(4), parsePacket(frame, format).slice(1) as (string | Buffer)[]),
    work: () => {
      const parsed = parsePacket(frame, format);
      sink.last = parsed;
      let sum = frame.readUInt32BE(4);
      for (let i = 1; i < parsed.length; i++) sum += (parsed[i] as string | Buffer).length;
      sink.sum += sum;
    },
  };
}
