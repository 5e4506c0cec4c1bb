import type { ByteReader } from '../codec/byte-reader.ts';
import type { Codec, CodecFactory } from '../codec/codec.ts';
import { InvalidOptionError, ProtocolError, WireError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import { TlsAcceptor } from '../tls/tls-acceptor.ts';
import type { TlsServerOptions } from '../tls/tls-options.ts';
import type { Hooks } from './hooks.ts';

/** A protocol that a connection may turn out to speak. */
// oxlint-disable-next-line typescript/no-explicit-any -- one choice is among protocols of every kind
export interface SniffChoice<In = any, Out = any, Data = any> {
  /** Makes its codec: another `sniff()`, too, to choose by what is inside of TLS, say. */
  readonly codec: CodecFactory<In, Out>;
  /** Its hooks; they replace those of the same name that the connection has. `onConnect` is not called again. */
  readonly hooks?: Hooks<In, Out, Data> | undefined;
  /** Shakes hands first, with the bytes that were looked at, and has the codec decode what is inside. */
  readonly tls?: TlsServerOptions | undefined;
}

/**
 * Looks at the first bytes, of which there is at least one, and returns what they begin; undefined when more have to come first. It
 * consumes nothing. What it throws closes the connection: a `ProtocolError` for what begins nothing.
 */
export type Sniff<Choice extends SniffChoice = SniffChoice> = (input: ByteReader) => Choice | undefined;

/** Options of {@link sniff}. */
export interface SniffOptions {
  /** Bytes by which the choice must have been made. Default 256. */
  readonly maxLength?: number | undefined;
}

/**
 * Chooses the protocol of a connection by its first bytes: in place of a codec, wherever one is taken.
 *
 * ```ts
 * const server = new Server({
 *   codec: sniff((input) => (input.u8(0) === 0x80 ? { codec: binary(), hooks: binaryHooks } : { codec: text(), hooks: textHooks })),
 * });
 * ```
 *
 * The bytes that were looked at are the first that the chosen codec gets. Nothing can be sent before the choice.
 *
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function sniff(choose: Sniff, options: SniffOptions = {}): CodecFactory<never, never> {
  if (typeof choose !== 'function') {
    throw new InvalidOptionError('sniff takes a function that looks at the first bytes and returns { codec, hooks }');
  }
  knownOptions('sniff()', options, ['maxLength']);
  const maxLength = integerOption('maxLength', options.maxLength ?? 256, 1);
  return () => new Sniffer(choose, maxLength);
}

/** Stands in for a codec until it is chosen. Whoever drives it looks at `choice` when it has returned no message. */
export class Sniffer implements Codec<never, never> {
  readonly maxFrameLength: number;
  choice: SniffChoice | undefined = undefined;
  readonly #choose: Sniff;

  constructor(choose: Sniff, maxLength: number) {
    this.#choose = choose;
    this.maxFrameLength = maxLength;
  }

  decode(input: ByteReader): undefined {
    const before = input.length;
    // One byte more than there is, of which none is body: no limit is meant, and it is not asked again.
    if (this.choice !== undefined) return input.need(before + 1, before + 1);
    if (before === 0) return undefined;
    const choice: unknown = this.#choose(input);
    if (input.length !== before) throw new ProtocolError('who chooses by the first bytes must not consume any');
    if (choice !== undefined) {
      this.choice = checkChoice(choice);
      return input.need(before + 1, before + 1);
    }
    if (before >= this.maxFrameLength)
      throw new ProtocolError(`the first ${before} bytes begin no protocol that is spoken here`);
    return undefined;
  }

  encode(): never {
    throw new WireError(
      'WIRE_ENCODE_FAILED',
      'nothing can be sent before the peer has chosen the protocol by its first bytes',
    );
  }
}

function checkChoice(choice: unknown): SniffChoice {
  if (typeof choice !== 'object' || choice === null || typeof (choice as Partial<SniffChoice>).codec !== 'function')
    throw new InvalidOptionError('sniff has to return { codec, hooks }, or undefined when more bytes have to come');
  return choice as SniffChoice;
}

/**
 * A choice for {@link sniff}. What the hooks get follows from the codec.
 *
 * ```ts
 * const text = protocol(line(), { onRead: (connection, message) => connection.send(message) });
 * ```
 *
 * @throws {InvalidOptionError} the codec is no factory, or TLS cannot be made with the options
 */
export function protocol<In, Out = In, Data = unknown>(
  codec: CodecFactory<In, Out>,
  hooks?: Hooks<In, Out, Data>,
  tls?: TlsServerOptions,
): SniffChoice<In, Out, Data> {
  // What is wrong with them is found out now, rather than with the first peer.
  if (tls !== undefined) TlsAcceptor.of(tls);
  return checkChoice({ codec, hooks, tls }) as SniffChoice<In, Out, Data>;
}

/**
 * Whether bytes begin a TLS connection: those of a handshake record, version 3.x (RFC 8446, section 5.1). For {@link sniff}.
 *
 * @returns undefined when more bytes have to come first
 */
export function beginsTls(input: ByteReader): boolean | undefined {
  if (input.u8(0) !== 0x16) return false;
  return input.length < 2 ? undefined : input.u8(1) === 3;
}
