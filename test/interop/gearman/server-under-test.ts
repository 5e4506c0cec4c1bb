/** A server that runs, and ends when it is closed. */
interface ServerUnderTest {
  readonly port: number;
  close(): Promise<void>;
}

export type Start = () => Promise<ServerUnderTest>;
