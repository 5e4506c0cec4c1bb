import type { Transcript } from './transcript.ts';

/** What a server of the playground is used by. */
interface StandServer {
  /** The port it listens on, once it does. */
  readonly port: number | undefined;
  listen(options: { port: number; host: string }): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
}

/** A server of the playground. */
export interface Stand {
  readonly name: string;
  readonly server: StandServer;
  /** The port that is used if nobody else does. */
  readonly usualPort: number;
  /** A short conversation with it, once it listens on `port`. */
  converse(port: number, transcript: Transcript): Promise<void>;
  /** Lines for a shell in the folder of the repository that talk to it. */
  shellLines(port: number): readonly string[];
  /** Ends what `converse` has left at work. */
  close?(): Promise<unknown>;
}
