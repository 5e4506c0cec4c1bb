#!/usr/bin/env node
/*
 * Until there is a listener for SIGUSR1, Node opens its debugger on that signal; to memcached it is one that ends it. So that comes
 * before everything else, which is why everything else is imported later.
 */
const args = process.argv.slice(2);
let asked = false;
const note = (): void => {
  asked = true;
};
if (args[0] === 'memcached') process.on('SIGUSR1', note);

const { run } = await import('./program.ts');
await run(args);

if (args[0] === 'memcached') {
  process.off('SIGUSR1', note);
  // It came before there was anything to end.
  if (asked) process.kill(process.pid, 'SIGUSR1');
}
