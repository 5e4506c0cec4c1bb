import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('metrics shows what a scrape says', async () => {
  const example = new ExampleProcess('metrics');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  const printed = example.stdout.split('\n');
  expect(printed).toContain('wirewright_server_messages_total{server="echo",direction="in"} 1000');
  expect(printed).toContain('wirewright_server_hook_seconds_count{server="echo"} 1000');
  expect(printed).toContain('wirewright_pool_reply_seconds_count{pool="upstream"} 1000');
  expect(printed).toContain('wirewright_echo_longest_bytes{server="echo"} 8');
  expect(printed).toContain('wirewright_memcached_server_lookups_total{server="cache",command="get",result="hit"} 1');
  expect(example.stderr).toBe('');
});

test('metrics serves on with --port', async () => {
  const example = new ExampleProcess('metrics', '--port', '0');
  const [, url] = await example.printed(/metrics at (\S+)/);
  const scrape = await (await fetch(url!)).text();
  expect(scrape).toContain('wirewright_server_accepted_total{server="echo"} 0');
  example.signal('SIGTERM');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
});
