import { Extras, EXTRAS_LENGTH, extrasOf, KEY_ALLOWED, KEY_REQUIRED, RULES, VALUE_ALLOWED } from './opcode-rules.ts';
import { MAX_KEY_LENGTH } from './options.ts';
import { Status } from './status.ts';

/** Why a request that was received as a whole cannot be done, and what memcached does then. */
export interface RequestProblem {
  /**
   * | code                | what is wrong                                                                     |
   * | ------------------- | --------------------------------------------------------------------------------- |
   * | `unknown-command`   | the opcode is none of `Opcode`                                                    |
   * | `invalid-arguments` | extras, key or value have lengths that the opcode does not have                   |
   * | `invalid-lengths`   | extras and key are longer than the body that they are in                          |
   * | `too-large`         | the body was over `maxFrameLength`: its value was skipped                         |
   */
  readonly code: 'unknown-command' | 'invalid-arguments' | 'invalid-lengths' | 'too-large';
  /** The status to answer with. */
  readonly status: number;
  /** Whether the connection is to be closed behind the answer. */
  readonly fatal: boolean;
}

const UNKNOWN_COMMAND: RequestProblem = { code: 'unknown-command', status: Status.UnknownCommand, fatal: false };
const INVALID_ARGUMENTS: RequestProblem = { code: 'invalid-arguments', status: Status.InvalidArguments, fatal: true };
const INVALID_LENGTHS: RequestProblem = { code: 'invalid-lengths', status: Status.UnknownCommand, fatal: true };
export const TOO_LARGE: RequestProblem = { code: 'too-large', status: Status.TooLarge, fatal: false };

/** What is wrong with a request of these lengths, in bytes (proto_bin.c, `dispatch_bin_command`). */
export function requestProblem(
  opcode: number,
  extrasLength: number,
  keyLength: number,
  bodyLength: number,
): RequestProblem | undefined {
  const valueLength = bodyLength - extrasLength - keyLength;
  if (valueLength < 0) return INVALID_LENGTHS;
  if (keyLength > MAX_KEY_LENGTH) return INVALID_ARGUMENTS;
  const rules = RULES[opcode]!;
  if (rules === 0) return UNKNOWN_COMMAND;
  const extras = extrasOf(opcode);
  if (extrasLength !== EXTRAS_LENGTH[extras] && !(extrasLength === 0 && extras === Extras.Flush)) {
    return INVALID_ARGUMENTS;
  }
  if ((rules & (keyLength === 0 ? KEY_REQUIRED : KEY_ALLOWED)) !== (keyLength === 0 ? 0 : KEY_ALLOWED)) {
    return INVALID_ARGUMENTS;
  }
  return valueLength > 0 && (rules & VALUE_ALLOWED) === 0 ? INVALID_ARGUMENTS : undefined;
}
