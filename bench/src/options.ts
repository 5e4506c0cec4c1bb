import { InvalidArgumentError, Option } from 'commander';

/** The options that every benchmark has. */
export interface CommonOptions {
  readonly node?: string;
  readonly compare?: string;
  readonly json?: string;
}

/** What a number on the command line may be. */
export interface NumberRange {
  readonly default: number;
  readonly least: number;
  readonly most: number;
}

/** An option that takes a number. */
export function numberOption(flags: string, description: string, { default: value, least, most }: NumberRange): Option {
  return new Option(flags, description).default(value).argParser((text) => {
    const number = Number(text);
    if (text.trim() === '' || !(number >= least && number <= most))
      throw new InvalidArgumentError(`It takes a number from ${least} to ${most}.`);
    return number;
  });
}

/** Selects rows. */
export interface OnlyOption {
  readonly only: string;
}

export const onlyOption: Option = new Option('--only <text>', 'rows whose name has this in it').default('', 'all');

/** How two servers are compared in pairs of slices. */
export interface PairOptions extends OnlyOption {
  readonly pairs: number;
  readonly processes: number;
  readonly seconds: number;
  readonly warm: number;
}

export const pairOptions: readonly Option[] = pairOptionsWith(9, 3);

/** Those options for a benchmark that takes other numbers of pairs and processes by default. */
export function pairOptionsWith(pairs: number, processes: number): Option[] {
  return [
    onlyOption,
    numberOption('--pairs <n>', 'pairs of slices per row, in alternation', { default: pairs, least: 1, most: 1000 }),
    numberOption('--processes <n>', 'of each server, that the pairs are spread over', {
      default: processes,
      least: 1,
      most: 100,
    }),
    numberOption('--seconds <s>', 'measured time of a slice', { default: 0.3, least: 0.02, most: 60 }),
    numberOption('--warm <s>', 'load before a slice is measured', { default: 0.15, least: 0, most: 60 }),
  ];
}

/** How clients of one server are compared, a slice of each in every round. */
export interface RoundsOptions extends OnlyOption {
  readonly rounds: number;
  readonly seconds: number;
  readonly warm: number;
}

export const roundsOptions: readonly Option[] = [
  onlyOption,
  numberOption('--rounds <n>', 'slices of each per row; one round before does not count', {
    default: 9,
    least: 1,
    most: 1000,
  }),
  numberOption('--seconds <s>', 'measured time of a slice', { default: 0.3, least: 0.02, most: 60 }),
  numberOption('--warm <s>', 'load before a slice is measured', { default: 0.15, least: 0, most: 60 }),
];

/** The rows whose name has what was asked for. */
export function selected<Row extends { readonly name: string }>(rows: readonly Row[], { only }: OnlyOption): Row[] {
  return rows.filter(({ name }) => name.includes(only));
}
