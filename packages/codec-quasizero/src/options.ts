import { integerOption, knownOptions } from '@wirewright/core/codec';

/** 16 MiB, as in the Go original: that long a message may be, and no longer. */
export const MAX_FRAME_LENGTH: number = 1 << 24;

/** Options of `quasizeroServer()` and `quasizeroClient()`. */
export interface QuasizeroOptions {
  /** Longest message in bytes, received or sent, its length prefix not counted. Default 16 MiB, which is what the Go original takes. */
  readonly maxFrameLength?: number | undefined;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function maxFrameLengthOf(of: string, options: QuasizeroOptions): number {
  knownOptions(of, options, ['maxFrameLength']);
  return integerOption('maxFrameLength', options.maxFrameLength ?? MAX_FRAME_LENGTH, 0);
}
