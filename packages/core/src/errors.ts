import { describeCause, WireError } from './codec/errors.ts';

/** A hook threw or its promise was rejected; `cause` has what. Closes that one connection. `WIRE_HOOK_FAILED`. */
export class HookError extends WireError {
  /** The hook, by name: `onRead` ... */
  readonly hook: string;

  constructor(hook: string, cause: unknown) {
    super('WIRE_HOOK_FAILED', `${hook} failed: ${describeCause(cause)}`, { cause });
    this.hook = hook;
  }
}

/** There is no codec to read or send with. `WIRE_NO_CODEC`. */
export class NoCodecError extends WireError {
  constructor() {
    super(
      'WIRE_NO_CODEC',
      'this connection has no codec: give one in the options, { codec: line() }, or call connection.setCodec(line()) in onConnect',
    );
  }
}

/** The socket failed; `cause` has Node's error. `WIRE_SOCKET`. */
export class SocketError extends WireError {
  constructor(cause: Error) {
    super('WIRE_SOCKET', `the connection broke: ${cause.message}`, { cause });
  }
}

/** Something waited for a connection, server or client that closed. `WIRE_CLOSED`. */
export class ClosedError extends WireError {
  constructor(what: string) {
    super('WIRE_CLOSED', `${what} is closed`);
  }
}

/** A server could not listen; `cause` has Node's error. `WIRE_LISTEN_FAILED`. */
export class ListenError extends WireError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'WIRE_LISTEN_FAILED', message, options);
  }
}

/** Another process listens there. `WIRE_ADDRESS_IN_USE`. */
export class AddressInUseError extends ListenError {
  constructor(where: string, cause: Error) {
    super(`${where} is in use: stop who listens there, or choose another (port 0 takes a free one)`, {
      code: 'WIRE_ADDRESS_IN_USE',
      cause,
    });
  }
}

/** A client could not connect; `cause` has Node's error. `WIRE_CONNECT_FAILED`. */
export class ConnectError extends WireError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'WIRE_CONNECT_FAILED', message, options);
  }
}

/** Connecting took longer than `connectTimeout`. `WIRE_CONNECT_TIMEOUT`. */
export class ConnectTimeoutError extends ConnectError {
  constructor(where: string, timeout: number) {
    super(`no connection to ${where} within ${timeout} ms`, { code: 'WIRE_CONNECT_TIMEOUT' });
  }
}
