import type { Codec, CodecFactory } from '@wirewright/core/codec';

import { GearmanCodec } from './gearman-codec.ts';
import type { GearmanOutput } from './gearman-output.ts';
import { type GearmanOptions, limitsOf } from './options.ts';
import type { Packet } from './packet.ts';
import type { TextLine } from './text-line.ts';

/**
 * The codec of a client or worker: it receives packets, and the lines that answer commands of the admin protocol; how many lines an
 * answer has depends on the command. A packet that was received is sent as `\0REQ`, whatever it was.
 *
 * What is neither, and what is longer than it may be, closes the connection.
 *
 * @throws {InvalidOptionError} at once, for an option that is unknown or out of range
 */
export function gearmanClient(options: GearmanOptions = {}): CodecFactory<Packet | TextLine, GearmanOutput> {
  const limits = limitsOf('gearmanClient()', options);
  // A client's codec throws where that of a server yields a RefusedFrame.
  return () => new GearmanCodec(limits, false) as Codec<Packet | TextLine, GearmanOutput>;
}
