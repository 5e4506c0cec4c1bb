import { integerOption, knownOptions } from '@wirewright/core/codec';

/** Bytes in front of the body. */
export const HEADER = 12;

/** `\0REQ`: to a server. */
export const REQUEST = 0x00_52_45_51;

/** `\0RES`: from a server. */
export const RESPONSE = 0x00_52_45_53;

/** The longest line of the text protocol in bytes, its end not counted (gearmand, `GEARMAN_TEXT_LINE_MAX`). */
const MAX_LINE = 8191;

/** 32 MiB: a payload of 16 MiB is nothing unusual. */
const MAX_PACKET = 32 * 1024 * 1024;

/** Options of `gearmanServer()` and `gearmanClient()`: how much the peer may send at a time. */
export interface GearmanOptions {
  /** Longest body of a packet in bytes, received or sent, the header of 12 bytes not counted. Default 32 MiB. */
  readonly maxFrameLength?: number | undefined;
  /** Longest line of the text protocol in bytes that is received, its end not counted. Default 8191, as in gearmand. */
  readonly maxLineLength?: number | undefined;
}

export interface GearmanLimits {
  readonly maxFrameLength: number;
  readonly maxLineLength: number;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function limitsOf(of: string, options: GearmanOptions): GearmanLimits {
  knownOptions(of, options, ['maxFrameLength', 'maxLineLength']);
  const { maxFrameLength = MAX_PACKET, maxLineLength = MAX_LINE } = options;
  return {
    maxFrameLength: integerOption('maxFrameLength', maxFrameLength, 1024, 1024 ** 3),
    maxLineLength: integerOption('maxLineLength', maxLineLength, 1, 1024 ** 3),
  };
}
