// A project of somebody's, outside of the repository: empty, until something is installed with npm.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { execute } from '../execute.mjs';

const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc');

export class Project {
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder);
    this.run('npm', ['init', '--yes']);
    this.run('npm', ['pkg', 'set', 'type=module']);
  }

  run(command, args) {
    return execute(command, args, { cwd: this.folder });
  }

  install(packages) {
    this.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
  }

  has(name) {
    return existsSync(join(this.folder, 'node_modules', name));
  }

  write(path, text) {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Compiles a folder with the strictest look at the types of what it imports. */
  compile(folder, options) {
    const compilerOptions = { target: 'es2022', strict: true, skipLibCheck: false, types: ['node'], ...options };
    this.write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }));
    this.run(tsc, ['--project', folder]);
  }
}
