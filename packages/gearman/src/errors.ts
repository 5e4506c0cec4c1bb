import { describeCause, WireError } from '@wirewright/core';

/** A name or a unique cannot be sent: it is empty, or has bytes that there is no place for. Nothing was sent. `GEARMAN_INVALID_NAME`. */
export class InvalidNameError extends WireError {
  /** Nothing was sent. */
  readonly sent = false;

  constructor(message: string) {
    super('GEARMAN_INVALID_NAME', message);
  }
}

/** The server answered with an ERROR packet. The connection goes on. `GEARMAN_COMMAND_FAILED`. */
export class CommandError extends WireError {
  /** The server may have acted on what it was asked. */
  readonly sent = true;
  /** The server, as `servers` has it. */
  readonly server: string;
  /** What it calls the error: `QUEUE_ERROR`, `INVALID_COMMAND` ... */
  readonly answer: string;
  /** What it says about it; may be empty. */
  readonly text: string;

  constructor(server: string, answer: string, text: string) {
    super('GEARMAN_COMMAND_FAILED', `${server} answered ${answer}${text === '' ? '' : `: ${text}`}`);
    this.server = server;
    this.answer = answer;
    this.text = text;
  }
}

/** No server can be reached; `errors` has why, by server. `GEARMAN_NO_SERVER`. */
export class NoServerError extends WireError {
  /** Whether an earlier attempt was sent; when not, it can be asked again. */
  readonly sent: boolean;
  /** Why each of them cannot be reached, by its name. */
  readonly errors: ReadonlyMap<string, Error>;

  constructor(errors: ReadonlyMap<string, Error>, sent: boolean = false) {
    const [first] = errors.values();
    const reasons = Array.from(errors, ([server, error]) => `${server}: ${describeCause(error)}`).join('; ');
    super('GEARMAN_NO_SERVER', `no server can be reached: ${reasons || 'there is none'}`, { cause: first });
    this.errors = errors;
    this.sent = sent;
  }
}

/** No server has a worker for the function, and `requireWorker` was asked for. `GEARMAN_NO_WORKER`. */
export class NoWorkerError extends WireError {
  /** Whether an earlier attempt was submitted; when not, nothing was. */
  readonly sent: boolean;
  /** The function that nobody does. */
  readonly function: string;

  constructor(name: string, sent: boolean) {
    super('GEARMAN_NO_WORKER', `no worker does ${JSON.stringify(name)} at any of the servers`);
    this.function = name;
    this.sent = sent;
  }
}

/** What an error about a job tells of it. */
export interface JobSeen {
  /** The function of the job. */
  readonly function: string;
  /** What the server calls the job; empty when it has told none. */
  readonly handle: string;
  /** The server, as `servers` has it. */
  readonly server: string;
}

/** The worker said that the job failed (WORK_FAIL), or the server did in its place. `GEARMAN_JOB_FAILED`. */
export class JobFailedError extends WireError {
  /** The job was submitted. */
  readonly sent = true;
  /** The function of the job. */
  readonly function: string;
  /** What the server calls the job. */
  readonly handle: string;
  /** The server, as `servers` has it. */
  readonly server: string;

  constructor({ function: name, handle, server }: JobSeen, message: string = 'failed', code?: string) {
    super(code ?? 'GEARMAN_JOB_FAILED', `${name} (${handle}) ${message}`);
    this.function = name;
    this.handle = handle;
    this.server = server;
  }
}

/** The worker sent an exception (WORK_EXCEPTION): the message has its text, `data` its bytes. `GEARMAN_JOB_EXCEPTION`. */
export class JobExceptionError extends JobFailedError {
  /** The bytes of the exception, as the worker sent them. */
  readonly data: Buffer;

  constructor(seen: JobSeen, data: Buffer) {
    super(seen, `threw: ${data.toString()}`, 'GEARMAN_JOB_EXCEPTION');
    this.data = data;
  }
}

/**
 * The connection to the server that has the job was lost. To a client: before the job was over; the job may have been done, or still be. To a
 * worker: its result can be told to nobody, and the server gives the job to another. `GEARMAN_JOB_LOST`.
 */
export class JobLostError extends WireError {
  /** Whether the server may have got the job. */
  readonly sent = true;
  /** The function of the job. */
  readonly function: string;
  /** What the server calls the job; empty when it has told none. */
  readonly handle: string;
  /** The server, as `servers` has it. */
  readonly server: string;

  constructor({ function: name, handle, server }: JobSeen, cause: unknown) {
    super('GEARMAN_JOB_LOST', `${server} was lost while it had ${name} (${handle}): ${describeCause(cause)}`, {
      cause,
    });
    this.function = name;
    this.handle = handle;
    this.server = server;
  }
}

/** A task was not over in time; its job may go on. `GEARMAN_TASK_TIMEOUT`. */
export class TaskTimeoutError extends WireError {
  /** Whether a server may have got the job. */
  readonly sent: boolean;

  constructor(name: string, timeout: number, sent: boolean) {
    super('GEARMAN_TASK_TIMEOUT', `${name} was not over within ${timeout} ms (timeout)`);
    this.sent = sent;
  }
}

/** A task was sent more data than it keeps for somebody who reads it slowly, or not from the beginning. `GEARMAN_TASK_OVERFLOW`. */
export class TaskOverflowError extends WireError {
  /** The job was submitted. */
  readonly sent = true;

  constructor(limit: number) {
    super('GEARMAN_TASK_OVERFLOW', `more than ${limit} bytes came and were not read: read in time, or only await it`);
  }
}

/** The server has no such job any more: it was cancelled, or taken back after a timeout of the server's. `GEARMAN_JOB_CANCELLED`. */
export class JobCancelledError extends WireError {
  constructor({ function: name, handle, server }: JobSeen) {
    super('GEARMAN_JOB_CANCELLED', `${server} has no ${name} (${handle}) any more`);
  }
}
