import { Buffer } from 'node:buffer';

/** Numbers of packets (gearmand PROTOCOL, "Binary Packet"); written here anew, since the codec is among what is tested. */
export const PACKETS = {
  CAN_DO: 1,
  CANT_DO: 2,
  RESET_ABILITIES: 3,
  PRE_SLEEP: 4,
  UNUSED: 5,
  NOOP: 6,
  SUBMIT_JOB: 7,
  JOB_CREATED: 8,
  GRAB_JOB: 9,
  NO_JOB: 10,
  JOB_ASSIGN: 11,
  WORK_STATUS: 12,
  WORK_COMPLETE: 13,
  WORK_FAIL: 14,
  GET_STATUS: 15,
  ECHO_REQ: 16,
  ECHO_RES: 17,
  SUBMIT_JOB_BG: 18,
  ERROR: 19,
  STATUS_RES: 20,
  SUBMIT_JOB_HIGH: 21,
  SET_CLIENT_ID: 22,
  CAN_DO_TIMEOUT: 23,
  ALL_YOURS: 24,
  WORK_EXCEPTION: 25,
  OPTION_REQ: 26,
  OPTION_RES: 27,
  WORK_DATA: 28,
  WORK_WARNING: 29,
  GRAB_JOB_UNIQ: 30,
  JOB_ASSIGN_UNIQ: 31,
  SUBMIT_JOB_HIGH_BG: 32,
  SUBMIT_JOB_LOW: 33,
  SUBMIT_JOB_LOW_BG: 34,
  SUBMIT_JOB_SCHED: 35,
  SUBMIT_JOB_EPOCH: 36,
  SUBMIT_REDUCE_JOB: 37,
  SUBMIT_REDUCE_JOB_BACKGROUND: 38,
  GRAB_JOB_ALL: 39,
  JOB_ASSIGN_ALL: 40,
  GET_STATUS_UNIQUE: 41,
  STATUS_RES_UNIQUE: 42,
} as const;

export type PacketName = keyof typeof PACKETS;

const NAMES = new Map<number, string>(Object.entries(PACKETS).map(([name, type]) => [type, name]));

const HEADER = 12;

/** A packet before it is known what handles are called: its arguments may have places for them. */
export interface Packet {
  readonly type: number;
  readonly args: readonly string[];
}

/** A packet with these arguments, one character for each byte. */
export function packet(name: PacketName | number, ...args: readonly string[]): Packet {
  return { type: typeof name === 'number' ? name : PACKETS[name], args };
}

/** The bytes of a packet, which need not be right. */
export function frame(magic: string, type: number, body: string, length: number = body.length): Buffer {
  const bytes = Buffer.alloc(HEADER + body.length);
  bytes.write(magic, 0, 4, 'latin1');
  bytes.writeUInt32BE(type, 4);
  bytes.writeUInt32BE(length, 8);
  bytes.write(body, HEADER, 'latin1');
  return bytes;
}

/** The bytes of a request. */
export function request(type: number, body: string): Buffer {
  return frame('\0REQ', type, body);
}

/** What was received, a line for each packet and each line of text; what is not a whole packet in hex. */
export function linesOf(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = bytes[at] === 0 ? packetAt(bytes, at) : textAt(bytes, at);
    lines.push(next.line);
    at = next.end;
  }
  return lines;
}

function packetAt(bytes: Buffer, at: number): { line: string; end: number } {
  const magic = bytes.toString('latin1', at, at + 4);
  const end = at + HEADER + (at + HEADER <= bytes.length ? bytes.readUInt32BE(at + 8) : 0);
  if (magic !== '\0RES' || end > bytes.length || at + HEADER > bytes.length)
    return { line: `broken ${bytes.toString('hex', at)}`, end: bytes.length };
  const type = bytes.readUInt32BE(at + 4);
  const body = bytes.toString('latin1', at + HEADER, end);
  return { line: `${NAMES.get(type) ?? type} ${visible(body)}`.trimEnd(), end };
}

function textAt(bytes: Buffer, at: number): { line: string; end: number } {
  const feed = bytes.indexOf(10, at);
  const end = feed === -1 ? bytes.length : feed + 1;
  return { line: JSON.stringify(bytes.toString('latin1', at, end)), end };
}

/** NULs as `|`; the bar itself, and bytes that would not be seen, by their numbers. */
function visible(text: string): string {
  return Array.from(text, (character) => SEEN.get(character) ?? character).join('');
}

const SEEN: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 256 }, (_, code): [string, string] => {
    const character = String.fromCharCode(code);
    if (code === 0) return [character, '|'];
    const isPlain = code >= 0x20 && code < 0x7f && character !== '|' && character !== '\\';
    return [character, isPlain ? character : `\\x${code.toString(16).padStart(2, '0')}`];
  }),
);
