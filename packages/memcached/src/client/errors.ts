import { describeCause, WireError } from '@wirewright/core';

/** A key cannot be sent: it is none, too long, or has bytes that the protocol has no place for. Nothing was sent. `MEMCACHED_INVALID_KEY`. */
export class InvalidKeyError extends WireError {
  /** Nothing was sent. */
  readonly sent = false;

  constructor(message: string) {
    super('MEMCACHED_INVALID_KEY', message);
  }
}

/** A value cannot be sent: the serializer made no bytes of it, or threw; `cause` has what. Nothing was sent. `MEMCACHED_INVALID_VALUE`. */
export class InvalidValueError extends WireError {
  /** Nothing was sent. */
  readonly sent = false;

  constructor(message: string, cause?: unknown) {
    super('MEMCACHED_INVALID_VALUE', message, cause === undefined ? {} : { cause });
  }
}

/** The serializer could make nothing of what is stored; `cause` has what it threw. `MEMCACHED_UNREADABLE_VALUE`. */
export class UnreadableValueError extends WireError {
  /** The server has answered. */
  readonly sent = true;
  /** The flags of the item, which say how it was written. */
  readonly flags: number;

  constructor(flags: number, cause: unknown) {
    super(
      'MEMCACHED_UNREADABLE_VALUE',
      `the serializer cannot read a value with flags ${flags}: ${describeCause(cause)}; was it stored by another client?`,
      { cause },
    );
    this.flags = flags;
  }
}

/**
 * A value is larger than `maxItemSize`, and was not sent; or larger than the server takes. memcached forgets what it had under the key
 * when a `set` is too large for it. `MEMCACHED_VALUE_TOO_LARGE`.
 */
export class ValueTooLargeError extends WireError {
  /** Whether the server has refused it; otherwise it was not sent. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super('MEMCACHED_VALUE_TOO_LARGE', message);
    this.sent = sent;
  }
}

/** The server answered a command with an error; `answer` is what it said. The connection goes on. `MEMCACHED_COMMAND_FAILED`. */
export class CommandError extends WireError {
  /** Whether the server may have acted on the command. */
  readonly sent = true;
  /** The line of the server; in the binary protocol the text of its response. */
  readonly answer: string;
  /** The status of a binary response. */
  readonly status: number | undefined;

  constructor(answer: string, status?: number) {
    super('MEMCACHED_COMMAND_FAILED', `the server answered ${JSON.stringify(answer)}`);
    this.answer = answer;
    this.status = status;
  }
}

/** The server did not take the name and password, or knows no such login. `MEMCACHED_LOGIN_FAILED`. */
export class LoginError extends WireError {
  /** Nothing but the login was sent. */
  readonly sent = false;

  constructor(answer: string) {
    super('MEMCACHED_LOGIN_FAILED', `the server refused the login: ${JSON.stringify(answer)}`);
  }
}

/** A server is ejected after failures; `cause` has the last of them. Nothing was sent. `MEMCACHED_SERVER_DOWN`. */
export class ServerDownError extends WireError {
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;
  /** The name of the server; empty when all are down. */
  readonly server: string;

  constructor(server: string, cause: unknown) {
    const who = server === '' ? 'all servers are' : `${server} is`;
    super('MEMCACHED_SERVER_DOWN', `${who} down, and probed from time to time: ${describeCause(cause)}`, { cause });
    this.server = server;
  }
}

/** Some keys of a batch failed; the others are done. `MEMCACHED_BATCH_FAILED`. */
export class BatchError<Key, Results> extends WireError {
  /** What each of the keys that failed was rejected with. */
  readonly errors: ReadonlyMap<Key, Error>;
  /** What the call would have resolved with, without those keys. */
  readonly results: Results;

  constructor(errors: ReadonlyMap<Key, Error>, results: Results) {
    const [first] = errors.values();
    super('MEMCACHED_BATCH_FAILED', `${errors.size} keys failed (errors, by key): ${describeCause(first)}`, {
      cause: first,
    });
    this.errors = errors;
    this.results = results;
  }
}

/** `update` found the item changed by others again and again, as often as it may try. `MEMCACHED_CONFLICT`. */
export class ConflictError extends WireError {
  /** Each attempt was sent; none has changed anything. */
  readonly sent = true;

  constructor(attempts: number) {
    super('MEMCACHED_CONFLICT', `the item was changed by others in each of ${attempts} attempts (attempts)`);
  }
}

/** The protocol of the client has no such command. Nothing was sent. `MEMCACHED_UNSUPPORTED`. */
export class UnsupportedError extends WireError {
  /** Nothing was sent. */
  readonly sent = false;

  constructor(what: string, instead: string) {
    super('MEMCACHED_UNSUPPORTED', `${what}: ${instead}`);
  }
}
