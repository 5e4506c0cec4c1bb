import { InvalidOptionError } from './errors.ts';

/**
 * `value`, when it is an integer from `min` to `max`.
 *
 * @throws {InvalidOptionError} it is not
 */
export function integerOption(name: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    // A text shows as one: '5' is no number.
    const given = typeof value === 'string' ? JSON.stringify(value) : String(value);
    throw new InvalidOptionError(`${name} must be an integer ${range}, not ${given}`);
  }
  return value;
}

/**
 * `value`, when it is one of `choices`.
 *
 * @throws {InvalidOptionError} it is not
 */
export function choiceOption<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) {
    throw new InvalidOptionError(
      `${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}, not ${value as string}`,
    );
  }
  return value;
}

/**
 * Refuses options that nobody reads: nearly always a slip of the pen.
 *
 * @throws {InvalidOptionError} `options` is no object or has a key that is not in `known`
 */
export function knownOptions(of: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new InvalidOptionError(`the options of ${of} must be an object`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new InvalidOptionError(`${of} has no option '${key}'; it takes ${known.join(', ')}`);
    }
  }
}

/**
 * `signal`, when it is an AbortSignal or undefined.
 *
 * @throws {InvalidOptionError} it is not
 */
export function signalOption(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InvalidOptionError('signal must be an AbortSignal, such as that of an AbortController');
  }
  return signal;
}

/**
 * `value`, when it is true or false.
 *
 * @throws {InvalidOptionError} it is not
 */
export function booleanOption(name: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new InvalidOptionError(`${name} must be true or false`);
  return value;
}
