import type { WireError } from '../codec/errors.ts';
import { HookError } from '../errors.ts';
import { channels } from './channels.ts';
import { type CloseReason, closeReasonOf } from './close-reason.ts';
import type { Connection } from './connection.ts';
import type { Consumer } from './consumer.ts';
import type { Deadlines } from './deadlines.ts';
import { callUnheard, type Hooks } from './hooks.ts';
import type { ConnectionSettings } from './options.ts';
import type { ReadLoop } from './read-loop.ts';
import { socketOf, type Transport } from './transport.ts';
import { type Waiting, waiting } from './waiting.ts';
import { checkNotEncoding, type WriteLoop } from './write-loop.ts';

/** How far a connection is from its birth to its end. */
export const State = { Open: 0, HalfClosed: 1, Closing: 2, Closed: 3 } as const;

/** Reasons that a connection closes for because of this side: with nobody to tell, they become process warnings. */
const OWN_FAULTS: ReadonlySet<CloseReason> = new Set<CloseReason>(['hook-error', 'encode-error', 'no-codec']);

let lastId = 0;

/**
 * How a connection ends: in good order or at once, for the first reason that there is, which is told once. What it does before is its life,
 * {@link ConnectionLife}.
 */
export abstract class ConnectionEnding<In, Out, Data> {
  /** A number that no other connection of this process has or had. */
  readonly id: number = ++lastId;
  /** @internal */
  protected readonly settings: ConnectionSettings<In, Out, Data>;
  /** @internal */
  protected transport: Transport;
  /** @internal */
  protected hooks: Hooks<In, Out, Data>;
  /** @internal Who takes the messages in place of a hook. */
  protected consumer: Consumer<In> | undefined = undefined;
  /** @internal */
  protected state: number = State.Open;
  /** @internal Resolved when what was sent has drained, or the connection has closed. */
  protected drain: Waiting<void> | undefined = undefined;
  /** @internal */
  protected abstract readonly reads: Pick<ReadLoop<never, In>, 'stop' | 'hasEnded' | 'ending'>;
  /** @internal */
  protected abstract readonly writes: Pick<WriteLoop<never>, 'flush' | 'held' | 'close'>;
  /** @internal */
  protected abstract readonly deadlines: Pick<Deadlines<never>, 'closing' | 'stop'>;
  /** @internal Whether the stream is gone; what it brought before may still be at work. */
  protected gone = false;
  #name: string | undefined = undefined;
  #reason: CloseReason | undefined = undefined;
  #error: WireError | undefined = undefined;
  #closed: Waiting<CloseReason> | undefined = undefined;

  constructor(transport: Transport, settings: ConnectionSettings<In, Out, Data>) {
    this.transport = transport;
    this.settings = settings;
    this.hooks = settings.hooks;
  }

  /** A name for logs; can be set. */
  get name(): string {
    return this.#name ?? `${this.settings.role}#${this.id}`;
  }

  set name(name: string) {
    this.#name = name;
  }

  /** Why the connection closed or is closing; undefined while it is open. */
  get closeReason(): CloseReason | undefined {
    return this.#reason;
  }

  /** The error that closed the connection, if one did. */
  get error(): WireError | undefined {
    return this.#error;
  }

  /** Resolves with the reason when the socket is closed. */
  get closed(): Promise<CloseReason> {
    this.#closed ??= waiting<CloseReason>();
    if (this.state === State.Closed) this.#closed.resolve(this.#reason!);
    return this.#closed.promise;
  }

  /**
   * Closes in good order because of `error`, after `onError` has got it: for a service that finds its peer to break the protocol.
   * The first error counts, later ones are dropped.
   */
  fail(error: WireError): void {
    checkNotEncoding();
    if (this.#reason !== undefined) {
      // Too late to matter to the connection, but a bug in a hook must not pass unseen.
      if (error instanceof HookError) process.emitWarning(error);
      return;
    }
    this.#fail(error);
    this.#shut();
  }

  /** @internal The connection, as hooks and subscribers get it. */
  protected get self(): Connection<In, Out, Data> {
    return this as unknown as Connection<In, Out, Data>;
  }

  /** Notes the first error and tells `onError`, which may still send. */
  #fail(error: WireError): void {
    this.#reason = closeReasonOf(error);
    this.#error = error;
    if (channels.connectionError.hasSubscribers) channels.connectionError.publish({ connection: this.self, error });
    if (this.hooks.onError !== undefined) {
      callUnheard('onError', () => this.hooks.onError?.(this.self, error));
    } else if (OWN_FAULTS.has(this.#reason)) {
      // A fault of this side, not of the peer, must not pass unseen.
      process.emitWarning(error);
    }
  }

  /** @internal */
  protected closeFor(reason: CloseReason): void {
    checkNotEncoding();
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#shut();
  }

  /** Flush, FIN, and drop what comes until the peer ends too or the deadline passes. */
  #shut(): void {
    if (this.state >= State.Closing) return;
    if (this.writes.held) {
      // In the midst of shaking hands there is no good order.
      this.destroyFor(this.#reason!);
      return;
    }
    const { state } = this;
    // First: a stream that passes on at once what it is given may bring back more to send, behind the end that follows.
    this.state = State.Closing;
    this.writes.flush();
    this.#stopReading();
    if (state === State.Open) this.transport.end();
    this.deadlines.closing();
    if (this.gone) queueMicrotask(() => this.transportClosed());
  }

  #stopReading(): void {
    const consumer = this.consumer;
    this.reads.stop();
    this.consumer = undefined;
    consumer?.stop();
  }

  /** @internal Ends a connection that cannot write any more because of `error`. */
  protected breakOff(error: WireError): void {
    if (this.#reason !== undefined) return;
    this.#fail(error);
    this.destroyFor(this.#reason!);
  }

  /** @internal Nothing can be sent any more: who waits for room has to know. */
  protected endedHere(): void {
    this.consumer?.drain();
  }

  /** @internal Closes as soon as whoever takes the messages has done with those that came. */
  protected finishFor(reason: CloseReason): void {
    const finished = this.consumer?.finish?.();
    if (finished === undefined) this.closeFor(reason);
    else void finished.then(() => this.closeFor(reason));
  }

  /** @internal */
  protected destroyFor(reason: CloseReason): void {
    checkNotEncoding();
    this.#reason ??= reason;
    if (this.state === State.Closed) return;
    this.state = State.Closing;
    this.#stopReading();
    this.writes.close();
    this.transport.destroy();
    if (this.gone) queueMicrotask(() => this.transportClosed());
    // Sockets tell that they are closed; a stream may not.
    else if (socketOf(this.transport) === undefined) this.deadlines.closing();
  }

  /** @internal The stream is gone. */
  protected transportClosed(): void {
    if (this.state === State.Closed) return;
    this.gone = true;
    // When both sides have ended, the stream closes by itself; what it has brought before is handled all the same.
    if (this.state === State.HalfClosed && this.reads.ending) return;
    this.#reason ??= this.reads.hasEnded ? 'peer' : 'destroyed';
    this.state = State.Closed;
    this.deadlines.stop();
    this.#stopReading();
    this.writes.close();
    this.drain?.resolve();
    this.settings.onClosed?.(this.self);
    const reason = this.#reason;
    if (channels.connectionClose.hasSubscribers) channels.connectionClose.publish({ connection: this.self, reason });
    callUnheard('onClose', () => this.hooks.onClose?.(this.self, reason));
    this.#closed?.resolve(reason);
  }
}
