import { Buffer } from 'node:buffer';

import type { MemcachedLine } from './memcached-line.ts';
import type { TwoServers } from './two-servers.ts';

/** The opaque of the Noop behind requests: nobody else uses it. */
const LAST_OPAQUE = 0xdeadbeef;

/** A no-op of the binary protocol. */
const NOOP = Buffer.from('800a00000000000000000000deadbeef0000000000000000', 'hex');

/** What is sent, one piece after the other, each when the one before has been answered. */
export type Dialogue = readonly (string | Buffer)[];

/** What the two said to each piece, as far as it is to be the same. */
export interface Said {
  readonly real: readonly string[];
  readonly ours: readonly string[];
}

/** Has both answer the same, each on a connection of its own. */
export async function hold(servers: TwoServers, dialogue: Dialogue): Promise<Said> {
  const [real, ours] = await servers.lines();
  const said: { real: string[]; ours: string[] } = { real: [], ours: [] };
  let cas = 0n;
  try {
    for (const piece of dialogue) {
      const bytes = typeof piece === 'string' ? Buffer.from(withCas(piece, cas), 'latin1') : piece;
      const answers = await Promise.all([answerOf(real, bytes), answerOf(ours, bytes)]);
      cas = lastCas(answers[0]) ?? cas;
      said.real.push(comparable(answers[0]));
      said.ours.push(comparable(answers[1]));
      if (real.closed || ours.closed) break;
    }
  } finally {
    real.destroy();
    ours.destroy();
  }
  return said;
}

/**
 * The same, again if the answers are not the same: their seconds begin at different moments, and a thread of memcached's may be looking at an
 * item, which then is replaced where otherwise its digits would have been.
 */
export async function holdUntilAlike(servers: TwoServers, dialogue: Dialogue): Promise<Said> {
  let said = await hold(servers, dialogue);
  for (let attempt = 0; attempt < 4 && !isAlike(said); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 130));
    said = await hold(servers, dialogue);
  }
  return said;
}

function isAlike({ real, ours }: Said): boolean {
  return real.length === ours.length && real.every((answer, i) => answer === ours[i]);
}

async function answerOf(line: MemcachedLine, bytes: Buffer): Promise<string> {
  if (bytes[0] === 0x80) {
    const answer = await line.ask(Buffer.concat([bytes, NOOP]), endsWithNoop);
    return inFrames(answer);
  }
  return line.ask(Buffer.concat([bytes, Buffer.from('mn\r\n')]), (answer) =>
    answer.toString('latin1').endsWith('MN\r\n'),
  );
}

function endsWithNoop(answer: Buffer): boolean {
  const { length } = answer;
  return length >= 24 && answer[length - 23] === 0x0a && answer.readUInt32BE(length - 12) === LAST_OPAQUE;
}

/** Bytes of frames in hex, the head of each apart from its body. */
function inFrames(answer: string): string {
  const closed = answer.endsWith('(closed)');
  const bytes = Buffer.from(closed ? answer.slice(0, -'(closed)'.length) : answer, 'latin1');
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 24 + (at + 12 <= bytes.length ? bytes.readUInt32BE(at + 8) : 0);
    frames.push(`${bytes.toString('hex', at, at + 24)} ${bytes.toString('latin1', at + 24, end)}`);
    at = end;
  }
  return [...frames, ...(closed ? ['(closed)'] : [])].join('\n');
}

/** What is the same on both sides: an item is in another slab class, and a thread of memcached's decides when a use of it is noted. */
function comparable(answer: string): string {
  return answer.replaceAll(/(cls|la)=\d+/g, '$1=N');
}

/** `{cas}` is the cas that was seen last, `{cas-1}` the one before, `{cas+1}` one that there is not yet. */
function withCas(text: string, cas: bigint): string {
  return text.replaceAll(/\{cas([+-]\d+)?\}/g, (_, change = '0') => String(BigInt.asUintN(64, cas + BigInt(change))));
}

function lastCas(answer: string): bigint | undefined {
  const found = [...answer.matchAll(/(?: c|VALUE \S+ \d+ \d+ )(\d+)/g)].at(-1)?.[1];
  return found === undefined ? undefined : BigInt(found);
}
