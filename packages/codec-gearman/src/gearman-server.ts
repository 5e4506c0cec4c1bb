import type { CodecFactory } from '@wirewright/core/codec';

import { GearmanCodec } from './gearman-codec.ts';
import type { GearmanOutput } from './gearman-output.ts';
import { type GearmanOptions, limitsOf } from './options.ts';
import type { Packet } from './packet.ts';
import type { RefusedFrame } from './refused-frame.ts';
import type { TextLine } from './text-line.ts';

/**
 * The codec of a server: it receives packets and lines of the admin protocol in any order, and sends either. A packet that came as `\0RES`
 * is received, too: see {@link Packet.isResponse}. One that was received is sent as `\0RES`, whatever it was.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function gearmanServer(
  options: GearmanOptions = {},
): CodecFactory<Packet | TextLine | RefusedFrame, GearmanOutput> {
  const limits = limitsOf('gearmanServer()', options);
  return () => new GearmanCodec(limits, true);
}
