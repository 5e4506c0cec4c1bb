/**
 * What takes the messages of a connection in place of an `onRead` hook: an exchange, an iterator, a stream. Hooks that are pending do
 * not hold reading for it, since they may be waiting for the very message.
 */
export interface Consumer<In> {
  /** Whether messages are still expected: a connection that is to close when all is handled waits for them. */
  readonly busy: boolean;
  /** Messages that it has and that nobody has taken yet. */
  readonly queued?: number;
  /** A message came. If it is a view, it is valid until this returns. */
  receive(message: In): void;
  /** The peer has ended; the connection closes when what is returned has settled. */
  end(): Promise<void> | undefined;
  /**
   * The connection is to close in good order, and all that came was received; it closes when what is returned has settled. For
   * consumers that pass messages on, and cannot know from being `busy` when they are done.
   */
  finish?(): Promise<void> | undefined;
  /** What was sent has drained below the low-water mark, after `send` had returned false; or nothing can be sent any more. */
  drain(): void;
  /** The connection closes, for the reason that it has by now: no message comes any more. */
  stop(): void;
}
