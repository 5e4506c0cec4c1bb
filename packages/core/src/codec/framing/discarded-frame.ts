/** Stands in the place of a frame that was dropped for its length, so that the loss is seen and counted: one for each frame. */
export class DiscardedFrame {
  /** Length in bytes of the body that was dropped. */
  readonly length: number;
  /** The limit it went over. */
  readonly limit: number;

  constructor(length: number, limit: number) {
    this.length = length;
    this.limit = limit;
  }
}
