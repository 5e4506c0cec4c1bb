import { createRequire } from 'node:module';

/** The version of an npm package that is installed. */
export function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
