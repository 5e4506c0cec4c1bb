import { bodyLength, ByteView } from '@wirewright/core/codec';

import type { GearmanOutput } from './gearman-output.ts';
import { packetName, packetRules } from './packet-rules.ts';
import { Packet } from './packet.ts';
import { RefusedFrame } from './refused-frame.ts';
import { TextLine } from './text-line.ts';

/** Texts are shown up to so many characters. */
const SHOWN = 60;

/** A message in words: `SUBMIT_JOB, "reverse", "", 4 bytes`. */
export function describe(message: Packet | TextLine | RefusedFrame | GearmanOutput): string {
  if (message instanceof Packet) return describePacket(message);
  if (message instanceof TextLine) return shown(message.text);
  if (message instanceof RefusedFrame)
    return `refused, ${message.reason}, ${packetName(message.type)}, ${message.length} bytes`;
  if (typeof message === 'string') return shown(message);
  if (message instanceof Uint8Array || message instanceof ByteView) return shown(viewOf(message).toString());
  const { type, args, rest } = message;
  const opaque = packetRules[type]?.opaque === true;
  const last = args.length - 1;
  const parts = args.map((arg, index) =>
    opaque && rest === undefined && index === last
      ? `${bodyLength(arg, 'utf8')} bytes`
      : shown(typeof arg === 'string' ? arg : viewOf(arg).toString()),
  );
  if (rest !== undefined) parts.push(`${bodyLength(rest, 'utf8')} bytes`);
  return [packetName(type), ...parts].join(', ');
}

function describePacket(packet: Packet): string {
  const rule = packetRules[packet.type];
  if (rule === undefined) return `${packet.name}, ${packet.body.length} bytes`;
  const parts = rule.args.map((_, index) =>
    rule.opaque && index === rule.args.length - 1 ? `${packet.view(index).length} bytes` : shown(packet.text(index)),
  );
  return [rule.name, ...parts, ...(packet.complete ? [] : ['incomplete'])].join(', ');
}

function viewOf(bytes: Uint8Array | ByteView): ByteView {
  return bytes instanceof ByteView ? bytes : new ByteView(bytes);
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);
}
