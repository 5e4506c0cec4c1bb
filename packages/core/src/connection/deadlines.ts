import type { WireError } from '../codec/errors.ts';
import { FrameTimeoutError, HandshakeTimeoutError, HeartbeatError, WriteStallError } from '../errors.ts';
import { Alarm, COARSENESS, type Sweep } from './sweep.ts';

/** How long things may take, in ms; 0 for as long as they like. */
export interface DeadlineSettings {
  readonly idle: number;
  readonly frame: number;
  readonly stall: number;
  readonly handshake: number;
  readonly close: number;
  readonly heartbeat: Heartbeat | undefined;
  /** How often to look; Infinity when there is nothing to look for. */
  readonly interval: number;
}

/** Silence in ms after which the peer is pinged, and how many pings may go unanswered. */
interface Heartbeat {
  readonly interval: number;
  readonly misses: number;
}

/** What is looked at of what comes in. */
interface Incoming {
  readonly bytes: number;
  /** Grows when a frame is complete. */
  readonly frames: number;
  /** Whether part of a frame has come and the rest is waited for. */
  readonly insideFrame: boolean;
  /** Whether this side does not read at the moment. */
  readonly held: boolean;
  /** Grows when it reads again. */
  readonly releases: number;
  /** Whether something is being done about what was received. */
  readonly busy: boolean;
  /** Whether the peer has ended. */
  readonly hasEnded: boolean;
}

/** What is looked at of what goes out. */
interface Outgoing {
  /** Bytes that were handed to the socket and have not left the process. */
  readonly offered: number;
  /** Grows when some have. */
  readonly progress: number;
}

/** What is done when time is up. One object for all connections: the connection comes as an argument. */
export interface ExpiryEvents<Connection> {
  /** No longer to be kept: for being idle, when there is no error. */
  expire(connection: Connection, error: WireError | undefined): void;
  /** Closing took too long; once more after the same time, unless the connection has {@link Deadlines.stop | stopped} meanwhile. */
  expireClose(connection: Connection): void;
  /** Nobody has come to take the messages. */
  untaken(connection: Connection): void;
  /** The peer has been silent. */
  ping(connection: Connection): void;
}

/**
 * The deadlines of one connection. They are polled: what is read and written costs nothing for them. Whatever has changed since the
 * last look is taken to have changed just now, so that a deadline comes late by one look at most, and never early.
 */
export class Deadlines<Connection> extends Alarm {
  readonly #sweep: Sweep;
  readonly #settings: DeadlineSettings;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #events: ExpiryEvents<Connection>;
  readonly #connection: Connection;
  #bytes = 0;
  #frames = 0;
  #releases = 0;
  #progress = 0;
  #held = false;
  #busy = false;
  /** When something was received last, and when something went either way. */
  #heard: number;
  #active: number;
  /** Pings since something was received. */
  #pings = 0;
  /** Since when the same frame has been incomplete; -1: none is. */
  #frame = -1;
  /** Since when nothing has been taken of what is unsent; -1: nothing is unsent. */
  #stalled = -1;
  /** Since when `onConnect` is pending, and since when the connection closes; -1: it does not. */
  #handshaking = -1;
  #closing = -1;
  /** Since when nobody takes the messages; -1: somebody does, or need not any more. */
  #untaken = -1;

  constructor(
    sweep: Sweep,
    settings: DeadlineSettings,
    incoming: Incoming,
    outgoing: Outgoing,
    events: ExpiryEvents<Connection>,
    connection: Connection,
  ) {
    super();
    this.#sweep = sweep;
    this.#settings = settings;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#events = events;
    this.#connection = connection;
    this.#heard = sweep.now();
    this.#active = this.#heard;
    if (settings.interval < Infinity) sweep.set(this, settings.interval);
  }

  /** `onConnect` has not settled when it returned. */
  handshaking(): void {
    // It may be over before the first look.
    this.#busy = true;
    const { handshake } = this.#settings;
    if (handshake === 0 || this.#closing >= 0) return;
    this.#handshaking = this.#sweep.in(0);
    this.#sweep.set(this, Math.min(this.#settings.interval, handshake));
  }

  connected(): void {
    this.#handshaking = -1;
    this.#untaken = -1;
  }

  /** There is nobody who takes the messages: there should be as soon as if shaking hands went on. */
  untaken(): void {
    const { handshake } = this.#settings;
    if (handshake === 0 || this.#closing >= 0) return;
    this.#untaken = this.#sweep.in(0);
    this.#sweep.set(this, Math.min(this.#settings.interval, handshake));
  }

  /** The connection closes: no other deadline counts from here on. */
  closing(): void {
    this.#closing = this.#sweep.in(0);
    this.#progress = this.#outgoing.progress;
    this.exact = true;
    this.#sweep.set(this, this.#closeInterval);
  }

  stop(): void {
    this.#sweep.cancel(this);
  }

  check(now: number): number {
    if (this.#closing >= 0) return this.#checkClose(now);
    this.#look(now);
    const { idle, frame, stall, handshake, heartbeat, interval } = this.#settings;
    const untakenLeft = this.#checkUntaken(now);
    const idleLeft = left(this.#active, idle, now);
    const frameLeft = left(this.#frame, frame, now);
    const stallLeft = left(this.#stalled, stall, now);
    const handshakeLeft = left(this.#handshaking, handshake, now);
    if (stallLeft <= 0) this.#expire(new WriteStallError(stall, this.#outgoing.offered));
    else if (frameLeft <= 0) this.#expire(new FrameTimeoutError(frame));
    else if (handshakeLeft <= 0) this.#expire(new HandshakeTimeoutError(handshake));
    else if (idleLeft <= 0) this.#expire(undefined);
    else if (heartbeat === undefined || this.#handshaking >= 0 || this.#checkHeartbeat(heartbeat, now)) {
      return Math.min(idleLeft, frameLeft, stallLeft, handshakeLeft, untakenLeft, interval);
    }
    // What there is to wait for now, closing has set.
    return 0;
  }

  #look(now: number): void {
    const { bytes, frames, insideFrame, held, releases, busy, hasEnded } = this.#incoming;
    const { offered, progress } = this.#outgoing;
    // Who does not read cannot say that the peer is silent, and who has ended cannot answer.
    if (bytes !== this.#bytes || held || this.#held || hasEnded) {
      this.#heard = now;
      this.#pings = 0;
    }
    if (bytes !== this.#bytes || progress !== this.#progress || busy || this.#busy) this.#active = now;
    if (!insideFrame) this.#frame = -1;
    else if (this.#frame < 0 || frames !== this.#frames || releases !== this.#releases) this.#frame = now;
    if (offered === 0) this.#stalled = -1;
    else if (this.#stalled < 0 || progress !== this.#progress) this.#stalled = now;
    this.#bytes = bytes;
    this.#frames = frames;
    this.#releases = releases;
    this.#progress = progress;
    this.#held = held;
    this.#busy = busy;
  }

  #expire(error: WireError | undefined): void {
    this.#events.expire(this.#connection, error);
  }

  /** Returns how long is still to go. */
  #checkUntaken(now: number): number {
    const untakenLeft = left(this.#untaken, this.#settings.handshake, now);
    if (untakenLeft > 0) return untakenLeft;
    this.#untaken = -1;
    this.#events.untaken(this.#connection);
    return Infinity;
  }

  /** Pings a silent peer. Returns whether it may still be alive. */
  #checkHeartbeat({ interval, misses }: Heartbeat, now: number): boolean {
    if (now < this.#heard + interval * (this.#pings + 1)) return true;
    if (this.#pings === misses) {
      this.#expire(new HeartbeatError(misses, now - this.#heard));
      return false;
    }
    this.#pings++;
    this.#events.ping(this.#connection);
    return true;
  }

  #checkClose(now: number): number {
    const { progress } = this.#outgoing;
    // While the peer takes what was sent before, it cannot end: it has its time from the last of that on.
    if (progress !== this.#progress) this.#closing = now;
    this.#progress = progress;
    const closeLeft = this.#closing + this.#settings.close - now;
    if (closeLeft > 0) return Math.min(closeLeft, this.#closeInterval);
    // Once more: not every stream tells that it is destroyed.
    this.#closing = now;
    this.#events.expireClose(this.#connection);
    return Math.max(1, this.#settings.close);
  }

  /** How often to look while it closes: what still leaves puts the end off. */
  get #closeInterval(): number {
    const { close } = this.#settings;
    return this.#outgoing.offered > 0 ? close * COARSENESS : close;
  }
}

/** How long `limit` ms from `since` on are still to go; for ever, when nothing has begun or nothing limits it. */
function left(since: number, limit: number, now: number): number {
  return since < 0 || limit === 0 ? Infinity : since + limit - now;
}

/** How often deadlines have to be looked at to be kept. */
export function pollInterval(limits: readonly number[]): number {
  return Math.min(...limits.filter((limit) => limit > 0)) * COARSENESS;
}
