import type { Exit } from '../shared/exit.ts';
import { mistake } from './read-arguments.ts';

/** The keywords that mean something here: what pg takes in an address, and what libpq calls otherwise. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'application_name',
  'dbname',
  'host',
  'hostaddr',
  'options',
  'password',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
  'user',
]);

/** A keyword, and a value with or without quotes; in both, a backslash takes what follows it as it is. */
const SETTING = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)/suy;

/**
 * The address of a database that is given as libpq takes it: as an address, which stays as it is, or as `host=db dbname=jobs password='a b'`
 * (PostgreSQL, libpq, "Connection Strings").
 *
 * @throws {Exit} it is neither
 */
export function addressOf(conninfo: string): string {
  if (/^postgres(ql)?:\/\//.test(conninfo)) return conninfo;
  const { dbname = '', hostaddr, ...settings } = settingsOf(conninfo);
  // Where to connect to, whatever the name is.
  if (hostaddr !== undefined) settings['host'] = hostaddr;
  return `postgresql:///${encodeURIComponent(dbname)}?${new URLSearchParams(settings).toString()}`;
}

function settingsOf(conninfo: string): Record<string, string> {
  const settings: Record<string, string> = {};
  const text = conninfo.trimEnd();
  for (let at = 0; at < text.length; at = SETTING.lastIndex) {
    SETTING.lastIndex = at;
    const [, keyword, quoted, plain] = SETTING.exec(text) ?? [];
    // The text itself may have a password.
    if (keyword === undefined) throw unreadable('it is no list of <keyword>=<value>, nor an address');
    if (!KEYWORDS.has(keyword)) throw unreadable(`there is no keyword '${keyword}'`);
    settings[keyword] = (quoted ?? plain ?? '').replaceAll(/\\(.)/gsu, '$1');
  }
  return settings;
}

function unreadable(why: string): Exit {
  return mistake(`--libpq-conninfo: ${why}`);
}
