// The two programs that README.md begins with, a server and a client of it, as somebody would copy them into files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const page = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const [SERVER, CLIENT] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
const PORT = 'port: 9991';
const LIMIT = 15_000;

/** Their code, with a port that is free. */
export async function readmeProgram() {
  if (!SERVER.includes(PORT) || !CLIENT.includes(PORT))
    throw new Error(`README.md does not begin with a server on ${PORT} and a client of it`);
  const port = await freePort();
  const on = (code) => code.replace(PORT, `port: ${port}`);
  return { port, server: on(SERVER), client: on(CLIENT) };
}

/** The same for `require()`: CommonJS has no `await` outside of functions. */
export function asCommonJs(code) {
  const body = code.replaceAll(/^import \{(.*)\} from ('.*');$/gm, 'const {$1} = require($2);');
  return `(async () => {\n${body}})();\n`;
}

/** Runs both, until the client has got the greeting and the echo; then ends the server, and with it the client. */
export async function runReadmeProgram(node, cwd, { port, server, client }) {
  const serving = new Program(node, server, cwd);
  let asking;
  try {
    await listening(port, serving);
    asking = new Program(node, client, cwd);
    await asking.says('hello\nhello\n');
    serving.process.kill('SIGTERM');
    await Promise.all([serving.endsWell(), asking.endsWell()]);
    if (!/ closed: /.test(serving.output))
      throw new Error(`the server did not say that the client went:\n${serving.output}`);
  } finally {
    serving.process.kill('SIGKILL');
    asking?.process.kill('SIGKILL');
  }
}

class Program {
  constructor(node, file, cwd) {
    this.file = file;
    this.output = '';
    this.process = spawn(node, [file], { cwd });
    this.ended = once(this.process, 'close');
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
  }

  async says(text) {
    await until(() => this.output.includes(text) || this.process.exitCode !== null);
    if (this.output !== text)
      throw new Error(`${this.file} did not print ${JSON.stringify(text)}, but:\n${this.output}`);
  }

  async endsWell() {
    const given = sleep(LIMIT, undefined, { ref: false }).then(() => ['not within the time given']);
    const [status, signal] = await Promise.race([this.ended, given]);
    if (status !== 0) throw new Error(`${this.file} ended with ${signal ?? status}:\n${this.output}`);
  }
}

async function until(holds) {
  for (const start = Date.now(); !holds() && Date.now() - start < LIMIT;) await sleep(20);
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function listening(port, program) {
  let open = false;
  const probe = () => {
    const socket = connect(port, () => {
      open = true;
      socket.destroy();
    }).on('error', () => {});
  };
  await until(() => {
    if (!open) probe();
    return open || program.process.exitCode !== null;
  });
  if (!open) throw new Error(`${program.file} does not listen:\n${program.output}`);
}
