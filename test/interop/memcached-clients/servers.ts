import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { MemcachedServer, type MemcachedServerOptions } from '@wirewright/memcached';

import { authority, type Identity, issue } from '../../support/certificates.ts';
import { accepting, freePort, program, Running } from '../../support/programs.ts';

export type Protocol = 'text' | 'binary';

/** How a client comes to a server. */
export type Way = 'TCP' | 'a unix socket' | 'TLS' | 'a login';

/** Has something done at the end of a test: they run at the same time, so each has its own. */
export type Finish = (end: () => Promise<void>) => void;

/** Starts a server, and resolves with its address: `host:port`, or the path of a unix socket. */
export type Start = (finish: Finish, way?: Way, protocol?: Protocol) => Promise<string>;

export const USER = 'ann';
export const PASSWORD = 'secret';

const HOST = '127.0.0.1';

const memcached = program('memcached');
/** What writes down who may log in to memcached over the binary protocol. */
const saslpasswd = program('saslpasswd2', 'sasl2-bin');

/** Whether there is a memcached that can be come to on this way. */
export function isReal(way: Way, protocol: Protocol): boolean {
  return memcached !== undefined && (way !== 'a login' || protocol === 'text' || saslpasswd !== undefined);
}

/** Starts servers, and has the certificates and passwords that they need in a folder, in which tests may put files, too. */
export class Servers {
  readonly folder: string;
  readonly #identity: Identity;
  /** The file with the certificate of who has signed that of the servers. */
  readonly ca: string;
  #sockets = 0;

  private constructor(folder: string, ca: Identity, identity: Identity) {
    this.folder = folder;
    this.#identity = identity;
    this.ca = this.#file('ca.pem', ca.cert);
    this.#file('cert.pem', identity.cert);
    this.#file('key.pem', identity.key);
    this.#file('users', `${USER}:${PASSWORD}\n`);
    this.#file('memcached.conf', `mech_list: plain\nsasldb_path: ${join(folder, 'sasldb')}\n`);
    if (saslpasswd === undefined) return;
    const to = ['-f', join(folder, 'sasldb'), '-u', hostname()];
    execFileSync(saslpasswd, ['-p', '-c', ...to, USER], { input: PASSWORD });
  }

  static async prepare(): Promise<Servers> {
    const ca = await authority();
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-'));
    chmodSync(folder, 0o755);
    return new Servers(folder, ca, await issue([HOST, 'localhost'], ca));
  }

  /** The memcached that is installed. */
  readonly real: Start = async (finish, way = 'TCP', protocol = 'text') => {
    const port = await freePort();
    const path = this.#socket();
    const at = way === 'a unix socket' ? ['-s', path] : ['-p', `${port}`, '-l', HOST, '-U', '0'];
    const file = (name: string): string => join(this.folder, name);
    const options: Record<Way, string[]> = {
      // Without the LRUs by age, so that its list of keys has the youngest, too.
      TCP: ['-o', 'no_lru_crawler,no_lru_maintainer'],
      'a unix socket': [],
      TLS: ['-Z', '-o', `ssl_chain_cert=${file('cert.pem')},ssl_key=${file('key.pem')}`],
      'a login': protocol === 'text' ? ['-Y', file('users')] : ['-S'],
    };
    const args = [`SASL_CONF_PATH=${this.folder}`, memcached!, '-u', 'root', ...at, ...options[way]];
    const running = new Running('/usr/bin/env', args);
    finish(async () => running.destroy());
    await accepting(running, way === 'a unix socket' ? { path } : { port, host: HOST });
    return way === 'a unix socket' ? path : `${HOST}:${port}`;
  };

  readonly ours: Start = async (finish, way = 'TCP', protocol = 'text') => {
    const options: MemcachedServerOptions =
      way !== 'a login' ? {} : { users: { [USER]: PASSWORD }, ...(protocol === 'text' ? { protocol } : {}) };
    const server = new MemcachedServer(options).onError(() => {});
    finish(async () => {
      server.destroy();
      await server.close();
    });
    if (way === 'a unix socket') {
      const path = this.#socket();
      await server.listen({ path });
      return path;
    }
    await server.listen({ port: 0, host: HOST, ...(way === 'TLS' ? { tls: this.#identity } : {}) });
    return `${HOST}:${server.port}`;
  };

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #socket(): string {
    return join(this.folder, `${++this.#sockets}.sock`);
  }

  #file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }
}
