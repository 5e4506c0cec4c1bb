import { Command, Option } from 'commander';

import { benchmarks } from './benchmarks.ts';
import type { CommonOptions } from './options.ts';
import { runBenchmarks } from './run-benchmarks.ts';

const HELP = `
A short pass of all of them, with no name, takes less than three minutes; one by its name is measured in full, \`all\` measures all in full.
Results are kept in bench/results; \`publish\` makes the tables and plots of bench/README.md of the newest ones.`;

function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--node <versions>', 'run on these versions of Node, as in 20,22, or on the binary at a path'),
    )
    .addOption(
      new Option('--compare <file>', 'show what became slower than in these results; exits with 1 when something did'),
    )
    .addOption(
      new Option('--json <file>', 'where the results are kept, in place of bench/results/<machine>-<date>.json'),
    );
}

/** The command line of the benchmarks. */
export function program(): Command {
  const root = withCommonOptions(new Command('npm run bench --'))
    .usage('[benchmark] [options]')
    .addHelpText('after', HELP)
    .enablePositionalOptions()
    .argument('[benchmark]')
    .action(async (name: string | undefined, options: CommonOptions) => {
      if (name !== undefined) root.error(`there is no benchmark "${name}"; --help lists what there is`);
      await runBenchmarks(benchmarks, options, 'short');
    });
  withCommonOptions(root.command('all').summary('all of them in full')).action(async (_options, command: Command) =>
    runBenchmarks(benchmarks, command.optsWithGlobals(), 'full'),
  );
  for (const benchmark of benchmarks) {
    const command = withCommonOptions(root.command(benchmark.name).summary(benchmark.summary));
    for (const option of benchmark.options) command.addOption(option);
    command.action(async () => runBenchmarks([benchmark], command.optsWithGlobals(), 'full'));
  }
  root
    .command('publish')
    .summary('tables and plots of the newest results')
    // Charts take long to load.
    .action(async () => (await import('./publish/publish.ts')).publish());
  return root;
}
