/**
 * The root of every error that Wirewright makes. `code` is stable and meant for programs; `message` is for people and says what to
 * do; `cause` keeps the error underneath.
 */
export class WireError extends Error {
  /** What went wrong, by a name that stays the same: `WIRE_FRAME_TOO_LARGE`. Programs compare it instead of the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/**
 * The peer's bytes cannot be understood, so the stream has no next frame. Codecs throw it, or one of its kinds; it closes that one
 * connection. Code `WIRE_PROTOCOL` unless the kind has its own.
 */
export class ProtocolError extends WireError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'WIRE_PROTOCOL', message, options);
  }
}

/** A frame is, or claims to be, longer than the limit. Thrown before anything is allocated for it. `WIRE_FRAME_TOO_LARGE`. */
export class FrameTooLargeError extends ProtocolError {
  /** Length of the frame body in bytes, as claimed or as received so far. */
  readonly length: number;
  /** The limit in bytes. */
  readonly limit: number;

  constructor(length: number, limit: number) {
    super(
      `a frame of ${length} bytes is over the limit of ${limit}; raise maxFrameLength if such frames are legitimate`,
      {
        code: 'WIRE_FRAME_TOO_LARGE',
      },
    );
    this.length = length;
    this.limit = limit;
  }
}

/** The input ended inside a frame. `WIRE_TRUNCATED`. */
export class TruncatedFrameError extends ProtocolError {
  /** Bytes of the unfinished frame that were received; of one that a message has told of already, those since then. */
  readonly received: number;

  constructor(received: number) {
    super(`the input ended inside a frame, ${received} bytes after its start`, { code: 'WIRE_TRUNCATED' });
    this.received = received;
  }
}

/** A codec returned a message without consuming a byte, so it would return it for ever. A bug of the codec. `WIRE_CODEC_STUCK`. */
export class CodecStuckError extends ProtocolError {
  constructor() {
    super(
      'the codec returned a message without consuming a byte: skip, take or view the bytes of a message before returning it',
      {
        code: 'WIRE_CODEC_STUCK',
      },
    );
  }
}

/** `decode` threw something that is no {@link ProtocolError}; `cause` has it. `WIRE_DECODE_FAILED`. */
export class DecodeError extends ProtocolError {
  constructor(cause: unknown) {
    super(`the codec failed to decode: ${describeCause(cause)}`, { code: 'WIRE_DECODE_FAILED', cause });
  }
}

/** `encode` threw; `cause` has what. Nothing of the message was sent, what was sent before it stands. `WIRE_ENCODE_FAILED`. */
export class EncodeError extends WireError {
  constructor(cause: unknown) {
    super('WIRE_ENCODE_FAILED', `the codec failed to encode: ${describeCause(cause)}`, { cause });
  }
}

/** An option is missing, unknown or out of range; the message names it and what it takes. `WIRE_INVALID_OPTION`. */
export class InvalidOptionError extends WireError {
  constructor(message: string, options?: ErrorOptions) {
    super('WIRE_INVALID_OPTION', message, options);
  }
}

/** What to say of a thrown value that may be no Error at all, and may have been made by a peer: nothing in it is relied on. */
export function describeCause(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    return `${typeof cause} that cannot be shown`;
  }
}
