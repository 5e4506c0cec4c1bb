import { Buffer } from 'node:buffer';

import { type GearmanOutput, Packet, RefusedFrame, TextLine } from '@wirewright/codec-gearman';
import { ByteReader, type Codec, decodeNext } from '@wirewright/core/codec';

/** A packet as it lies on the wire. Texts are latin1. */
export function frame(magic: 'REQ' | 'RES', type: number, ...args: readonly (string | Uint8Array)[]): Buffer {
  const parts = args.map((arg) => (typeof arg === 'string' ? Buffer.from(arg, 'latin1') : arg));
  const body = Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.alloc(1), part])));
  const header = Buffer.alloc(12);
  header.write(magic, 1, 'latin1');
  header.writeUInt32BE(type, 4);
  header.writeUInt32BE(body.length, 8);
  return Buffer.concat([header, body]);
}

/** Everything in a message, whether it was received or is to be sent. */
export function plain(message: Packet | TextLine | RefusedFrame | GearmanOutput): object {
  if (message instanceof Packet) {
    const { type, isResponse, complete, body } = message;
    const args = Array.from({ length: message.argumentCount }, (_, index) => message.latin1(index));
    return { type, isResponse, complete, args, body: body.toString('latin1') };
  }
  if (message instanceof TextLine) return { line: message.latin1 };
  if (message instanceof RefusedFrame) {
    const { reason, type, length } = message;
    return { reason, type, length };
  }
  return { sent: message };
}

/** Decodes all of `bytes`. */
export function decodeAll<In>(codec: Codec<In, never>, bytes: Uint8Array): In[] {
  const input = new ByteReader(bytes);
  input.maxFrameLength = codec.maxFrameLength!;
  const messages: In[] = [];
  for (let message = decodeNext(codec, input); message !== undefined; message = decodeNext(codec, input)) {
    messages.push(message);
  }
  return messages;
}
