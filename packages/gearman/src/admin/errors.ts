import { ProtocolError, WireError } from '@wirewright/core';

/** Codes of those who have no such command: the word itself, what stands behind `show`, or what stands behind `cancel`. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['UNKNOWN_COMMAND', 'UNKNOWN_SHOW_ARGUMENTS', 'UNKNOWN_ERROR']);

/** A code is a constant, `UNKNOWN_JOB` or `incomplete_args`: gearmand answers plain sentences as well. */
const CODE = /^(?:[A-Z]+|\w*_\w*)$/;

/** The server answered a command with `ERR`. The connection goes on. `GEARMAN_ADMIN_FAILED`. */
export class AdminError extends WireError {
  /** The server may have acted on the command. */
  readonly sent = true;
  /** The command as it was sent. */
  readonly command: string;
  /** What the server calls the error: `UNKNOWN_COMMAND`, `incomplete_args` ...; empty when it only says it in words. */
  readonly answer: string;
  /** What it says about it; may be empty. */
  readonly text: string;
  /** Whether it has no such command: not every server has all of them. */
  readonly unsupported: boolean;

  /** @param said what stands behind `ERR` */
  constructor(command: string, said: string) {
    const [word = '', ...more] = said.trim().split(' ');
    const answer = CODE.test(word) ? word : '';
    const text = (answer === '' ? said : more.join(' ')).replaceAll('+', ' ').trim();
    super('GEARMAN_ADMIN_FAILED', `the server answered ${JSON.stringify(command)} with an error: ${said.trim()}`);
    this.command = command;
    this.answer = answer;
    this.text = text;
    this.unsupported = UNSUPPORTED.has(answer.toUpperCase());
  }
}

/** The answer to a command is longer than `maxAnswerLength`. Closes the connection. `GEARMAN_ANSWER_TOO_LONG`. */
export class AnswerTooLongError extends ProtocolError {
  constructor(command: string, limit: number) {
    super(`the answer to ${JSON.stringify(command)} has more than ${limit} bytes (maxAnswerLength)`, {
      code: 'GEARMAN_ANSWER_TOO_LONG',
    });
  }
}
