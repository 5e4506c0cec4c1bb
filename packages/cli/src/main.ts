#!/usr/bin/env node
/*
 * Until there is a listener for SIGUSR1, Node opens its debugger on that signal; memcached and gearmand are ended by it. So that comes
 * before everything else, which is why everything else is imported later.
 */
const args = process.argv.slice(2);
const isServer = args[0] === 'memcached' || args[0] === 'gearmand';
let asked = false;
const note = (): void => {
  asked = true;
};
if (isServer) process.on('SIGUSR1', note);

const { run } = await import('./program.ts');
await run(args);

if (isServer) {
  process.off('SIGUSR1', note);
  // It came before there was anything to end.
  if (asked) process.kill(process.pid, 'SIGUSR1');
}
