import { createRequire } from 'node:module';
import type { Readable, Transform } from 'node:stream';

import type { Doer } from '../row.ts';
import { sink, textOf } from '../work.ts';

/** A packet of abraxas: its arguments by name, and the last of them as a stream, or when it is sent as text. */
export interface AbraxasPacket {
  readonly kind: 'request' | 'response';
  readonly type: { readonly id: number };
  readonly args?: Readonly<Record<string, string>>;
  readonly body?: Readable | string;
}

interface PacketModule {
  readonly types: Readonly<Record<string, AbraxasPacket['type']>>;
  readonly Emitter: new () => Transform;
  readonly Parser: new () => Transform;
}

/** The package that abraxas has its packets from. */
function packetModule(): PacketModule {
  const { resolve } = createRequire(import.meta.url);
  return createRequire(resolve('abraxas'))('gearman-packet') as PacketModule;
}

/** abraxas writes a packet, by its stream. */
export function abraxasEncode(name: string, packet: Omit<AbraxasPacket, 'type'>): Doer {
  const { types, Emitter } = packetModule();
  const emitter = new Emitter();
  const chunks: Buffer[] = [];
  let size = 0;
  emitter.on('data', (chunk: Buffer) => {
    if (chunks.length < 1) chunks.push(chunk);
    size += chunk.length;
  });
  const work = (): void => {
    size = 0;
    emitter.write({ ...packet, type: types[name] });
    if (size === 0) throw new Error('nothing came out at once');
    sink.sum += size;
  };
  return {
    gives: () => {
      work();
      return textOf(Buffer.concat(chunks));
    },
    work,
  };
}

/** abraxas reads the packets of a chunk, by its stream, and to the end those that are in each of them. */
export async function abraxasDecode(
  chunk: Buffer,
  packets: number,
  fieldsOf: (type: number, args: Readonly<Record<string, string>>, body: Buffer) => unknown,
): Promise<Doer> {
  const { Parser } = packetModule();
  const parser = new Parser();
  let first: unknown;
  let left = 0;
  let settle: () => void = () => undefined;
  parser.on('data', ({ type, args = {}, body }: AbraxasPacket) => {
    const take = (bytes: Buffer): void => {
      sink.sum += type.id + bytes.length;
      for (const name in args) sink.sum += args[name]!.length;
      first ??= fieldsOf(type.id, args, bytes);
      if (--left === 0) settle();
    };
    if (typeof body === 'object') body.once('data', take);
    else take(Buffer.alloc(0));
  });
  const work = (): Promise<void> =>
    new Promise((resolve) => {
      left = packets;
      settle = resolve;
      parser.write(chunk);
    });
  await work();
  return { gives: () => first, operations: packets, work };
}
