import type { Connection } from '../connection/connection.ts';
import { Check, Sweep } from '../connection/sweep.ts';
import {
  ConnectionLostError,
  DuplicateIdError,
  QueueFullError,
  RequestTimeoutError,
  UnansweredError,
} from '../errors.ts';
import { type InFlight, InFlightById, InFlightInOrder } from './in-flight.ts';
import { NextLook } from './next-look.ts';
import { type ExchangeSettings, type RequestOptions, requestTimeout } from './options.ts';
import type { Outcomes } from './outcomes.ts';
import { SlotQueue } from './slot-queue.ts';
import { Slot, SlotState } from './slot.ts';

/** The requests of an exchange, from being made to being settled. */
export class Requests<In, Out> {
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
  readonly #connection: Connection<In, Out, any>;
  readonly #settings: ExchangeSettings<In, Out>;
  readonly #outcomes: Outcomes<In, Out>;
  /** Called when something is over: there may be room, or nothing left to do. */
  readonly #changed: () => void;
  readonly #sweep: Sweep;
  readonly #deadline: Check = new Check((now) => this.#expire(now));
  readonly #waiting = new SlotQueue<In, Out>();
  readonly #inFlight: InFlight<In, Out>;
  #tombstones = 0;
  /** Bytes that had been received when the last of them was made. */
  #heardBefore = 0;
  /** Whether the connection has asked to wait until it has drained. */
  #full = false;
  /** Whether requests are being sent: what is asked meanwhile goes behind them. */
  #sending = false;
  /** Why nothing is answered any more, and whether nothing can be sent, either. */
  #stopped: string | undefined = undefined;
  #closed = false;

  constructor(
    // oxlint-disable-next-line typescript/no-explicit-any -- whatever data the connection has
    connection: Connection<In, Out, any>,
    settings: ExchangeSettings<In, Out>,
    outcomes: Outcomes<In, Out>,
    changed: () => void,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#outcomes = outcomes;
    this.#changed = changed;
    this.#sweep = Sweep.of(connection.clock);
    const { byId } = settings;
    this.#inFlight = byId === undefined ? new InFlightInOrder<In, Out>() : new InFlightById(byId);
  }

  // ---------------------------------------------------------------- looking

  /** Whether requests can be sent and answered. */
  get open(): boolean {
    return this.#stopped === undefined && this.#connection.writable;
  }

  /** How many can be sent at once. */
  get room(): number {
    return this.open ? Math.max(0, this.#free - this.#waiting.length) : 0;
  }

  get inFlight(): number {
    return this.#inFlight.length - this.#tombstones;
  }

  get abandoned(): number {
    return this.#tombstones;
  }

  /** Whether requests were given up, and nothing at all has come since: the peer may be gone. */
  get doubtful(): boolean {
    return this.#tombstones > 0 && this.#connection.counters.bytesIn === this.#heardBefore;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many fit in the window and on the socket. */
  get #free(): number {
    return this.#full ? 0 : this.#settings.window - this.inFlight;
  }

  // ---------------------------------------------------------------- sending

  /** Makes the slot of a request, and sends it as soon as it can be sent. */
  submit(message: Out, collect: ((frame: In) => unknown) | undefined, options: RequestOptions): Promise<unknown> {
    const slot = new Slot<In, Out>(this.#owner, message, collect);
    if (collect !== undefined) this.#outcomes.begin(slot);
    this.#enqueue(slot, options);
    this.#pump();
    if (slot.open) {
      if (slot.due < this.#deadline.at) this.#sweep.set(this.#deadline, slot.timeout);
      if (options.signal !== undefined) slot.listen(options.signal);
    }
    return slot.promise;
  }

  /** Sends what `ask` asks for, one right behind the other. */
  together<R>(ask: () => R): R {
    const sending = this.#sending;
    this.#sending = true;
    try {
      return ask();
    } finally {
      this.#sending = sending;
      this.#pump();
    }
  }

  /** The connection has room again. */
  drain(): void {
    this.#full = false;
    this.#goOn();
  }

  /** Something is over: there may be room now. */
  #goOn(): void {
    this.#pump();
    this.#changed();
  }

  #enqueue(slot: Slot<In, Out>, options: RequestOptions): void {
    try {
      slot.timeout = requestTimeout(options, this.#settings.timeout);
    } catch (error) {
      this.#settle(slot, 'failures', error);
      return;
    }
    if (slot.timeout > 0) slot.due = this.#sweep.in(slot.timeout);
    if (options.signal?.aborted === true) this.#settle(slot, 'aborts', options.signal.reason);
    else if (!this.#takes(slot)) this.#lose(slot);
    else this.#waiting.push(slot);
  }

  /** Whether a request can be sent and answered; when the peer has ended, one that expects no reply still can be sent. */
  #takes(slot: Slot<In, Out>): boolean {
    return !this.#closed && this.#connection.writable && (this.#stopped === undefined || slot.collect === undefined);
  }

  /**
   * Sends what waits, as far as there is room, and refuses what came last when too much is left. One after the other: what a write
   * sets off may ask for more, and must not overtake the request that is being sent.
   */
  #pump(): void {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#waiting.head !== undefined && this.#free > 0) {
      const slot = this.#waiting.head;
      this.#waiting.remove(slot);
      if (!this.#takes(slot)) this.#lose(slot);
      else if (slot.collect === undefined) this.#post(slot);
      else this.#transmit(slot);
    }
    const { maxWaiting } = this.#settings;
    while (this.#waiting.length > maxWaiting) {
      const slot = this.#waiting.tail!;
      this.#waiting.remove(slot);
      this.#settle(slot, 'failures', new QueueFullError(maxWaiting));
    }
    this.#sending = false;
  }

  /** Sends a request. It has to be known as being in flight while it is sent: the connection may break in it. */
  #transmit(slot: Slot<In, Out>): void {
    try {
      if (!this.#inFlight.add(slot)) throw new DuplicateIdError();
      slot.state = SlotState.InFlight;
      this.#write(slot);
    } catch (error) {
      // Nothing of it was sent. It may have been given up while it was encoded, and needs no tombstone then.
      const abandoned = slot.state === SlotState.Abandoned;
      if (abandoned) this.#tombstones--;
      if (abandoned || slot.state === SlotState.InFlight) this.#inFlight.remove(slot);
      if (slot.open) this.#settle(slot, 'failures', error);
      else slot.state = SlotState.Done;
    }
  }

  /** Sends a message that is not answered. */
  #post(slot: Slot<In, Out>): void {
    slot.state = SlotState.Done;
    try {
      this.#write(slot);
    } catch (error) {
      slot.reject(error);
      return;
    }
    if (this.#connection.writable) slot.resolve(undefined);
    else this.#lose(slot, true);
  }

  #write(slot: Slot<In, Out>): void {
    if (!this.#connection.send(slot.message)) this.#full = this.#connection.writable;
  }

  // ---------------------------------------------------------------- answers

  /** The request that `message` answers. */
  match(message: In): Slot<In, Out> | undefined {
    return this.#inFlight.match(message);
  }

  /** The reply is complete. */
  answer(slot: Slot<In, Out>, result: unknown, failed: boolean): void {
    // What collects the reply may have closed the connection.
    if (slot.state === SlotState.Done) return;
    this.#inFlight.remove(slot);
    if (slot.state === SlotState.Abandoned) {
      slot.state = SlotState.Done;
      this.#tombstones--;
      this.#outcomes.counters.late++;
    } else if (failed) {
      this.#settle(slot, 'failures', result);
    } else {
      slot.state = SlotState.Done;
      this.#outcomes.reply(slot, result);
    }
    this.#goOn();
  }

  // ---------------------------------------------------------------- giving up

  readonly #owner = {
    abandon: (slot: Slot<In, Out>, error: unknown): void => {
      this.#abandon(slot, 'aborts', error);
      // Whoever aborts one may abort many: what waits must not be sent only to be given up on the wire.
      queueMicrotask(() => this.#goOn());
    },
  };

  /** Gives a request up, unless it is settled by now. If it was sent, its reply is still to come. */
  #abandon(slot: Slot<In, Out>, as: 'timeouts' | 'aborts', error: unknown): void {
    if (slot.state === SlotState.InFlight) {
      slot.state = SlotState.Abandoned;
      this.#tombstones++;
      this.#heardBefore = this.#connection.counters.bytesIn;
      this.#outcomes.reject(slot, as, error);
      if (this.#tombstones > this.#settings.window) this.#connection.fail(new UnansweredError(this.#tombstones));
    } else if (slot.state === SlotState.Waiting) {
      this.#waiting.remove(slot);
      this.#settle(slot, as, error);
    }
  }

  #expire(now: number): number {
    const due: Slot<In, Out>[] = [];
    const next = new NextLook();
    for (const queue of [this.#waiting, this.#inFlight]) {
      for (const slot of queue) {
        if (!slot.open) continue;
        if (slot.due <= now) due.push(slot);
        else next.consider(slot);
      }
    }
    for (const slot of due) {
      this.#abandon(slot, 'timeouts', new RequestTimeoutError(slot.timeout, slot.state === SlotState.InFlight));
    }
    if (due.length > 0) this.#goOn();
    return next.at - now;
  }

  /** The peer has ended: nothing is answered any more. */
  end(): void {
    this.#stop('peer');
  }

  /** The connection closes, or somebody else takes its messages. */
  close(): void {
    this.#closed = true;
    this.#sweep.cancel(this.#deadline);
    this.#stop(this.#connection.closeReason ?? 'local');
  }

  #stop(reason: string): void {
    this.#stopped ??= reason;
    for (const slot of [...this.#inFlight, ...this.#waiting]) {
      // Whoever is told may have given up others.
      if (slot.state === SlotState.Done || this.#takes(slot)) continue;
      if (slot.state === SlotState.Waiting) this.#waiting.remove(slot);
      else this.#inFlight.remove(slot);
      if (slot.state === SlotState.Abandoned) this.#tombstones--;
      if (slot.open) this.#lose(slot);
      else slot.state = SlotState.Done;
    }
    this.#goOn();
  }

  #lose(slot: Slot<In, Out>, sent: boolean = slot.state === SlotState.InFlight): void {
    const { error, closeReason } = this.#connection;
    const reason = this.#stopped ?? closeReason ?? 'local';
    this.#settle(slot, 'lost', new ConnectionLostError(reason, sent, error));
  }

  #settle(slot: Slot<In, Out>, as: 'failures' | 'aborts' | 'timeouts' | 'lost', error: unknown): void {
    slot.state = SlotState.Done;
    this.#outcomes.reject(slot, as, error);
  }
}
