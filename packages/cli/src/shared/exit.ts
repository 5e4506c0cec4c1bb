/** Statuses that the servers end with, most of them from sysexits.h. */
export const ExitStatus = {
  Ok: 0,
  Failure: 1,
  Usage: 64,
  NoUser: 67,
  OsError: 71,
} as const;

/** The process is to end: with a status, after it has said something. */
export class Exit extends Error {
  readonly status: number;

  /** @param message what is said, on stdout if the status is 0; empty for nothing */
  constructor(status: number, message: string = '') {
    super(message);
    this.status = status;
  }
}
