import { InvalidArgumentError } from 'commander';

/** Makes what reads the argument of an option as an integer from `min` to `max`. */
export function integerArgument(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is an integer from ${min} to ${max}.`);
  };
}
