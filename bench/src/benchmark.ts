/** One named benchmark of `npm run bench`. */
export interface Benchmark {
  /** One line for the list of benchmarks. */
  readonly summary: string;
  /** Arguments of the short pass, which runs every benchmark. */
  readonly shortPass: readonly string[];
  /** Runs with the arguments after the name and prints the results; sets `process.exitCode` when something could not be measured. */
  run(args: readonly string[]): Promise<void>;
}
