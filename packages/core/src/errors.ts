import { describeCause, ProtocolError, WireError } from './codec/errors.ts';

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

/** Something was asked of a connection, server, client or pool that is closed. `WIRE_CLOSED`. */
export class ClosedError extends WireError {
  /** Whether what was asked may have been sent; when not, it can be asked again, of another. */
  readonly sent: boolean;

  constructor(what: string, options: ErrorOptions & { readonly sent?: boolean | undefined } = {}) {
    const { sent = false, ...more } = options;
    super('WIRE_CLOSED', `${what} is closed`, more);
    this.sent = sent;
  }
}

/** A frame was not complete in time: a slow peer, or one that only keeps the connection. Closes it. `WIRE_FRAME_TIMEOUT`. */
export class FrameTimeoutError extends WireError {
  constructor(timeout: number) {
    super(
      'WIRE_FRAME_TIMEOUT',
      `a frame was not complete ${timeout} ms after its first byte; raise frameTimeout if peers are that slow`,
    );
  }
}

/** The peer took nothing of what was sent for too long. Closes the connection. `WIRE_WRITE_STALL`. */
export class WriteStallError extends WireError {
  constructor(timeout: number, unsent: number) {
    super('WIRE_WRITE_STALL', `the peer took none of ${unsent} unsent bytes for ${timeout} ms (stallTimeout)`);
  }
}

/** More was sent than the connection may hold while its peer does not read. Closes the connection. `WIRE_OVERFLOW`. */
export class OverflowError extends WireError {
  constructor(unsent: number, limit: number) {
    super(
      'WIRE_OVERFLOW',
      `${unsent} bytes are unsent, over the limit of ${limit}: stop when send() returns false, and await drained()`,
    );
  }
}

/** The peer did not answer the pings of `heartbeat`. Closes the connection. `WIRE_HEARTBEAT`. */
export class HeartbeatError extends WireError {
  constructor(misses: number, silence: number) {
    super('WIRE_HEARTBEAT', `the peer was silent for ${silence} ms and did not answer ${misses} pings`);
  }
}

/** Getting ready took too long: `onConnect`, a TLS handshake, the header of a proxy. Closes the connection. `WIRE_HANDSHAKE_TIMEOUT`. */
export class HandshakeTimeoutError extends WireError {
  constructor(timeout: number, what: string = 'onConnect') {
    super('WIRE_HANDSHAKE_TIMEOUT', `${what} did not settle within ${timeout} ms (handshakeTimeout)`);
  }
}

/** A TLS handshake failed; `cause` has the error of Node or OpenSSL. `WIRE_TLS_FAILED`. */
export class TlsError extends WireError {
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;

  constructor(message: string, cause?: unknown, code: string = 'WIRE_TLS_FAILED') {
    super(code, message, cause === undefined ? {} : { cause });
  }
}

/** The certificate of the peer was not accepted, or there was none; `cause.code` says why in OpenSSL's terms. `WIRE_TLS_CERTIFICATE`. */
export class CertificateError extends TlsError {
  constructor(why: string, cause: unknown) {
    super(`the certificate of the peer is not accepted: ${why}`, cause, 'WIRE_TLS_CERTIFICATE');
  }
}

/**
 * Bytes were received in plaintext before encryption began and would be taken for encrypted ones: somebody on the way may have put
 * them there. Closes the connection. `WIRE_PLAINTEXT_BUFFERED`.
 */
export class PlaintextBufferedError extends ProtocolError {
  constructor(bytes: number, messages: number) {
    super(
      `${messages > 0 ? 'messages' : `${bytes} bytes`} came in plaintext behind what asked for TLS: the peer has to wait for the answer, and startTls() must be called right after sending it`,
      { code: 'WIRE_PLAINTEXT_BUFFERED' },
    );
  }
}

/**
 * A server did not serve a peer. What the peer gets to see is a connection that closes; this is what `onRefuse` is told. Its kinds say why;
 * for a reason that nobody foresaw, which is the `cause`, it is of none of them. `WIRE_REFUSED` unless the kind has its own code.
 */
export class RefusedError extends WireError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'WIRE_REFUSED', message, options);
  }
}

/** As many connections are open as may be, in total or of one address. `WIRE_TOO_MANY_CONNECTIONS`. */
export class TooManyConnectionsError extends RefusedError {
  constructor(limit: string) {
    super(`as many connections are open as may be (${limit})`, { code: 'WIRE_TOO_MANY_CONNECTIONS' });
  }
}

/** The address of the peer is denied, or not among those allowed. `WIRE_ADDRESS_DENIED`. */
export class AddressDeniedError extends RefusedError {
  constructor(address: string) {
    super(`${address} may not connect (allow, deny)`, { code: 'WIRE_ADDRESS_DENIED' });
  }
}

/** The listener is for proxies, and the address of the peer is none of those trusted to be one. `WIRE_UNTRUSTED_PROXY`. */
export class UntrustedProxyError extends RefusedError {
  constructor(address: string) {
    super(
      `${address} is not trusted to tell for whom it connects: name it in proxy.from if it is a proxy, or listen on another port for direct peers`,
      { code: 'WIRE_UNTRUSTED_PROXY' },
    );
  }
}

/** The server is closing, the process is out of file descriptors, or the peer has gone already. `WIRE_UNAVAILABLE`. */
export class UnavailableError extends RefusedError {
  constructor(why: string) {
    super(why, { code: 'WIRE_UNAVAILABLE' });
  }
}

/** A request was not answered in time. The connection goes on; the late reply is dropped. `WIRE_REQUEST_TIMEOUT`. */
export class RequestTimeoutError extends WireError {
  /** Whether the request had left the exchange: the peer may have acted on it. */
  readonly sent: boolean;

  constructor(timeout: number, sent: boolean) {
    super(
      'WIRE_REQUEST_TIMEOUT',
      sent ? `no reply within ${timeout} ms` : `the request could not be sent within ${timeout} ms`,
    );
    this.sent = sent;
  }
}

/** The connection was lost before the reply came; `cause` has the error that closed it, if there was one. `WIRE_CONNECTION_LOST`. */
export class ConnectionLostError extends WireError {
  /** Whether the request had been sent: the peer may have acted on it. When not, it can be sent again. */
  readonly sent: boolean;
  /** Why the connection closed; a `CloseReason`. */
  readonly reason: string;

  constructor(reason: string, sent: boolean, cause: unknown) {
    const what = sent ? 'before the reply came' : 'before the request was sent';
    super('WIRE_CONNECTION_LOST', `the connection was lost ${what} (${reason})`, cause === undefined ? {} : { cause });
    this.sent = sent;
    this.reason = reason;
  }
}

/** A pool had no connection with room in time; nothing was sent. `WIRE_POOL_TIMEOUT`. */
export class PoolTimeoutError extends WireError {
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;

  constructor(timeout: number) {
    super(
      'WIRE_POOL_TIMEOUT',
      `no connection had room within ${timeout} ms: raise maxConnections, window or waitTimeout, or slow down`,
    );
  }
}

/** Too many requests wait already, or calls or tasks of a service; nothing of this one was sent. `WIRE_QUEUE_FULL`. */
export class QueueFullError extends WireError {
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;

  constructor(limit: number, what: string = 'requests wait to be sent') {
    super('WIRE_QUEUE_FULL', `${limit} ${what} already (maxWaiting): slow down, or try again later`);
  }
}

/** A request has the id of one that is in flight; nothing of it was sent. `WIRE_DUPLICATE_ID`. */
export class DuplicateIdError extends WireError {
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;

  constructor() {
    super('WIRE_DUPLICATE_ID', 'a request with this id is in flight already: give each request an id of its own');
  }
}

/** A message came that answers no request and is no push, or one that cannot be the answer which is due. Closes the connection. `WIRE_UNEXPECTED_REPLY`. */
export class UnexpectedReplyError extends ProtocolError {
  constructor(
    message: string = 'a message came that no request asked for; if the peer may send such, say so with isPush',
  ) {
    super(message, { code: 'WIRE_UNEXPECTED_REPLY' });
  }
}

/** Too many requests timed out without ever being answered. Closes the connection. `WIRE_UNANSWERED`. */
export class UnansweredError extends WireError {
  constructor(count: number) {
    super('WIRE_UNANSWERED', `${count} requests were given up and none of their replies has come`);
  }
}

/**
 * The handler of a command threw, or its promise was rejected; `cause` has what. The caller was told, if it is still there, and the connection goes
 * on. `WIRE_HANDLER_FAILED`.
 */
export class HandlerError extends WireError {
  /** Whose handler it is: the name, code or opcode of the command. */
  readonly command: string | number;

  constructor(command: string | number, cause: unknown) {
    super('WIRE_HANDLER_FAILED', `the handler of ${command} failed: ${describeCause(cause)}`, { cause });
    this.command = command;
  }
}

/** A handler did not settle in time. The caller was told, and what the handler still answers is dropped. `WIRE_HANDLER_TIMEOUT`. */
export class HandlerTimeoutError extends WireError {
  /** Whose handler it is: the name, code or opcode of the command, or the function of the job. */
  readonly command: string | number;

  constructor(command: string | number, timeout: number) {
    super('WIRE_HANDLER_TIMEOUT', `the handler of ${command} was not done within ${timeout} ms (timeout)`);
    this.command = command;
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
  /** Nothing was sent: what failed with this can be asked again. */
  readonly sent = false;

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
