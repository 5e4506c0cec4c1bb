/** Why a frame was refused. */
export type RefusedReason = 'magic' | 'too-large' | 'line-too-long';

/**
 * What a server's codec yields in place of something that is no packet or line, or a longer one than it takes: so that it can be answered.
 *
 * | reason          | what came                                               | afterwards                                  |
 * | --------------- | ------------------------------------------------------- | ------------------------------------------- |
 * | `too-large`     | a packet whose body is over `maxFrameLength`            | its body is skipped, the next frame is read |
 * | `magic`         | a NUL with neither REQ nor RES behind                   | nothing is read any more                    |
 * | `line-too-long` | more than `maxLineLength` bytes without an end of line  | nothing is read any more                    |
 */
export class RefusedFrame {
  /** What is wrong, and so whether reading goes on: see the table. */
  readonly reason: RefusedReason;
  /** The type of a packet that is too large, else 0. */
  readonly type: number;
  /** Bytes that its body was to have, or that had come of the line; 0 when that is not known. */
  readonly length: number;

  constructor(reason: RefusedReason, type: number, length: number) {
    this.reason = reason;
    this.type = type;
    this.length = length;
  }

  /** Whether nothing that comes behind can be understood: the connection is to be closed. */
  get fatal(): boolean {
    return this.reason !== 'too-large';
  }
}
