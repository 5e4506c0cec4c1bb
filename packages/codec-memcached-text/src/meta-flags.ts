import { readLatin1 } from '@wirewright/core/codec';

import { SPACE } from './characters.ts';
import type { WireItem } from './item-reply.ts';
import { flagBit, flagBits, isUpperFlag } from './meta-letters.ts';
import type { MetaRequest } from './meta-request.ts';
import { joinHalves } from './numbers.ts';
import type { MetaOp } from './ops.ts';

/** What flags of an answer tell of an item, in its state before the command. */
export interface MetaItem extends WireItem {
  /** The client's flags: 32 bits. */
  readonly flags: number;
  /** Seconds until it expires; -1 for never. */
  readonly ttl: number;
  /** Seconds since it was used last. */
  readonly idle: number;
  /** Whether it was asked for since it was stored. */
  readonly fetched: boolean;
}

/** Flags that ask for something in the answer of a command; to others they mean nothing. */
const ASKING: Readonly<Record<MetaOp, number>> = {
  mg: flagBits('cfhklst'),
  ms: flagBits('cks'),
  md: flagBits('k'),
  ma: flagBits('ckt'),
  mn: 0,
  me: 0,
};
const OPAQUE = flagBits('O');

/**
 * The flags of an answer, each with a space in front, in the order of the request: what it asks of the item, and `k` and `O`, which a miss
 * answers, too. Text for a line (`` `HD${metaFlags(request, item)}` ``) or for {@link ItemReply.meta}. Where memcached puts them, `W`, `Z` and
 * `X` go behind.
 *
 * @param visit is called with the letter of each flag in its turn, for those that change what the ones behind it tell, such as `T`
 */
export function metaFlags(request: MetaRequest, item?: MetaItem, visit?: (letter: string) => void): string {
  const asking = ASKING[request.op];
  if (visit === undefined && (request.lower & asking) === 0 && (request.upper & OPAQUE) === 0) return '';
  const { source, lineEnd } = request;
  let text = '';
  for (let at = request.flagsStart; at < lineEnd; at++) {
    const letter = source[at]!;
    if (letter === SPACE) continue;
    visit?.(String.fromCharCode(letter));
    if (letter === 0x4f) {
      text += ` O${readLatin1(source, request.opaqueStart, request.opaqueEnd)}`;
    } else if ((asking & flagBit(letter)) === 0 || isUpperFlag(letter)) {
      // Nothing that this command tells.
    } else if (letter === 0x6b) {
      const { binaryKey } = request;
      text +=
        binaryKey === undefined
          ? ` k${readLatin1(source, request.keyStart, request.keyEnd)}`
          : ` k${binaryKey.toString('base64')} b`;
    } else if (item !== undefined) {
      text += flagOf(letter, item);
    }
    while (at < lineEnd && source[at] !== SPACE) at++;
  }
  return text;
}

function flagOf(letter: number, item: MetaItem): string {
  switch (letter) {
    case 0x63:
      return ` c${joinHalves(item.casHigh, item.casLow)}`;
    case 0x66:
      return ` f${item.flags}`;
    case 0x68:
      return item.fetched ? ' h1' : ' h0';
    case 0x6c:
      return ` l${item.idle}`;
    case 0x73:
      return ` s${item.wireEnd - item.valueStart - 2}`;
    case 0x74:
      return ` t${item.ttl}`;
    default:
      return '';
  }
}
