import type { FrameBody } from '@wirewright/core/codec';

import type { KnownPacketType } from './packet-type.ts';

/** A packet that is to be sent; {@link packet} makes one. */
export interface PacketFields {
  /** A number of `PacketType`. */
  readonly type: number;
  /** Its arguments in order. Text is sent as utf-8; bytes must not be changed until they are sent. Only the last one may hold NULs. */
  readonly args: readonly FrameBody[];
  /** Instead of the last arguments: those, as they lie in a packet that was received, with the NULs between them. */
  readonly rest?: FrameBody | undefined;
}

/** A packet of `type` with these arguments: `packet(PacketType.SubmitJob, 'reverse', '', 'test')`. */
export function packet(type: KnownPacketType, ...args: readonly FrameBody[]): PacketFields {
  return { type, args, rest: undefined };
}
