import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';

import { packet, type Packet, type PacketFields, PacketType } from '@wirewright/codec-gearman';
import { EncodeError, InvalidOptionError } from '@wirewright/core';

import type { JobSeen } from '../errors.ts';
import { wireHandle } from '../names.ts';

/**
 * What a handler makes of a job; undefined and null are an empty result. Pieces of an iterable or a stream are sent as they come, as WORK_DATA,
 * and the last one as the result. Bytes must not be changed any more: one buffer for all pieces would be sent as it is at last.
 */
export type JobResult =
  | string
  | Uint8Array
  | undefined
  | null
  | void
  | Iterable<Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** Where the packets of a job go. */
export interface JobPort extends JobSeen {
  /** Whether the server knows WORK_DATA and WORK_WARNING, and takes WORK_EXCEPTION for the end of a job. Perl's does not. */
  readonly modern: boolean;
  /** Resolves when it is on its way. */
  send(message: PacketFields): Promise<void>;
  /** The last packet of the job has been sent. */
  over(job: Job, error: Error | undefined, takenBack: boolean): void;
  /** A packet could not be sent; in place of the last one, another was. */
  trouble(job: Job, error: Error): void;
}

/** A job, as its handler has it. However it ends, one last packet is sent, and only one; whatever comes afterwards is dropped. */
export class Job {
  /** The name of the function. */
  readonly function: string;
  /** What the server calls the job. */
  readonly handle: string;
  /** The unique that it was submitted with; empty for none, and where the server does not tell. */
  readonly unique: string;
  /** The function that puts the results of such jobs together, if it was submitted with one. */
  readonly reducer: string | undefined;
  /** The server that has it, as `servers` of the worker has it. */
  readonly server: string;
  /** What is to be worked on. */
  readonly payload: Buffer;
  /** Which attempt of the handler this is, from 1 on. */
  attempt = 1;
  /** @internal Whether it ended with a result. */
  succeeded = false;
  /** @internal When it came: `performance.now()`. */
  readonly startedAt: number = performance.now();
  readonly #port: JobPort;
  /** The handle as it is sent. */
  readonly #wire: string | Uint8Array;
  readonly #controller = new AbortController();
  /** Pieces of the result that the server would not pass on by themselves. */
  #held: Buffer[] = [];
  #over = false;

  /** @internal */
  constructor(port: JobPort, assigned: Packet) {
    this.#port = port;
    this.function = port.function;
    this.handle = port.handle;
    this.#wire = wireHandle(port.handle);
    this.server = port.server;
    const { type } = assigned;
    this.unique = type === PacketType.JobAssign ? '' : assigned.text(2);
    this.reducer = type === PacketType.JobAssignAll ? assigned.text(3) : undefined;
    this.payload = assigned.bytes(assigned.argumentCount - 1);
  }

  /** The payload as utf-8. */
  get text(): string {
    return this.payload.toString();
  }

  /** The payload as a stream. */
  stream(): Readable {
    return Readable.from([this.payload], { objectMode: false });
  }

  /**
   * Aborted when nobody wants the job any more: its time is over ({@link HandlerTimeoutError}), it was cancelled ({@link JobCancelledError}), its
   * server was lost ({@link JobLostError}), or the worker is closed (`ClosedError`).
   */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether its last packet has been sent, or none can be any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Sends the client something in front of the result: WORK_DATA. To be awaited when much is sent; its bytes must not be changed any more. Perl's server passes none on. */
  data(chunk: string | Uint8Array): Promise<void> {
    if (this.#over || !this.#port.modern) return DONE;
    return this.#send(packet(PacketType.WorkData, this.#wire, bytesOf(chunk)));
  }

  /** @internal Sends a piece of the result, which is not lost on a server that passes no data on. */
  piece(chunk: string | Uint8Array): Promise<void> {
    if (this.#over || this.#port.modern) return this.data(chunk);
    this.#held.push(Buffer.from(bytesOf(chunk) as string));
    return DONE;
  }

  /** Sends the client a warning. Perl's server passes none on. */
  warning(chunk: string | Uint8Array): Promise<void> {
    if (this.#over || !this.#port.modern) return DONE;
    return this.#send(packet(PacketType.WorkWarning, this.#wire, bytesOf(chunk)));
  }

  /**
   * Tells how far it is: `numerator` of `denominator`.
   *
   * @throws {InvalidOptionError} one is no integer from 0 to 2^32 - 1
   */
  status(numerator: number, denominator: number): Promise<void> {
    for (const value of [numerator, denominator]) {
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32)
        throw new InvalidOptionError(`a status is two integers from 0 to 4294967295, not ${value}`);
    }
    if (this.#over) return DONE;
    return this.#send(packet(PacketType.WorkStatus, this.#wire, `${numerator}`, `${denominator}`));
  }

  /** The result, and the end: WORK_COMPLETE. What the handler returns does the same. */
  complete(result: string | Uint8Array = ''): void {
    if (this.#over) return;
    const bytes = bytesOf(result);
    const whole = this.#held.length === 0 ? bytes : Buffer.concat([...this.#held, Buffer.from(bytes as string)]);
    this.succeeded = true;
    this.#end(undefined, packet(PacketType.WorkComplete, this.#wire, whole));
  }

  /** The end without a result: WORK_FAIL. */
  fail(error?: Error): void {
    if (!this.#over) this.#end(error, packet(PacketType.WorkFail, this.#wire));
  }

  /** The end with something that clients are told that asked for it, as those of this library do: WORK_EXCEPTION. */
  exception(data: string | Uint8Array, error?: Error): void {
    if (this.#over) return;
    this.#end(error, ...this.#thrown(data));
  }

  /** @internal The handler is called again: what it has made so far is nothing. */
  restart(): void {
    this.attempt++;
    this.#held = [];
  }

  /** @internal The signal is aborted, and nothing is sent any more. */
  abandon(reason: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = [];
    this.#port.over(this, reason, true);
    this.#controller.abort(reason);
  }

  /** @internal The signal is aborted; what the handler still makes of it is sent. */
  warn(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Nobody has to wait for it: what cannot be sent then is told as trouble, and must not end the process. */
  #send(message: PacketFields): Promise<void> {
    const sent = this.#port.send(message);
    sent.catch((error: unknown) => this.#port.trouble(this, error as Error));
    return sent;
  }

  #end(error: Error | undefined, ...last: PacketFields[]): void {
    this.#over = true;
    this.#held = [];
    for (const message of last) void this.#post(message);
    this.#port.over(this, error, false);
  }

  /** What the codec cannot encode, such as a result that is too large, must not leave the job without an end. */
  async #post(message: PacketFields): Promise<void> {
    try {
      await this.#port.send(message);
    } catch (error) {
      if (!(error instanceof EncodeError)) return;
      for (const instead of this.#thrown(error.message)) void this.#port.send(instead);
      this.#port.trouble(this, error);
    }
  }

  #thrown(data: string | Uint8Array): PacketFields[] {
    const told = packet(PacketType.WorkException, this.#wire, bytesOf(data));
    // In Perl's server the job is over with WORK_FAIL only.
    return this.#port.modern ? [told] : [told, packet(PacketType.WorkFail, this.#wire)];
  }
}

const DONE: Promise<void> = Promise.resolve();

/** @throws {InvalidOptionError} it is neither text nor bytes */
function bytesOf(data: string | Uint8Array): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  throw new InvalidOptionError(
    'what is sent of a job is a text or bytes: JSON.stringify() makes a text of other values',
  );
}
