/** One of the servers of a client that has several, as it is at the moment. */
export interface ServerStatus {
  /** `host:port`, a path, or what a stream is called. */
  readonly name: string;
  /** Whether it is in use: connected, or, where connections are made when they are needed, not given up. */
  readonly up: boolean;
  /** Why it is not up; undefined while it is, and while nobody has tried. */
  readonly error: Error | undefined;
}
