import type { Option } from 'commander';

import type { Progress } from './progress.ts';
import type { Findings } from './report/report.ts';

/** One named benchmark of `npm run bench`. */
export interface Benchmark<Options extends object = object> {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly summary: string;
  /** What it takes on the command line, beside what every benchmark does; their values are those of `Options`. */
  readonly options: readonly Option[];
  /** What is other in the short pass, which runs every benchmark. */
  readonly shortPass: Partial<Options>;
  /** Measures. What cannot be measured is told in the findings; it throws only when nothing can. */
  run(options: Options, progress: Progress): Promise<Findings>;
}
