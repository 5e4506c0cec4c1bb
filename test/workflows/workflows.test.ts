import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly 'timeout-minutes'?: number;
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, '.github/workflows');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const read = (name: string): Workflow => parse(text(name)) as Workflow;

/** A tag can be moved to other code, a commit cannot. */
const PINNED = /^[\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/;

describe.each(readdirSync(folder))('the workflow %s', (name) => {
  const workflow = read(name);
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps ?? []);

  test('says what it may do, and writes only where a job says so', () => {
    expect(Object.values(workflow.permissions ?? { nothing: 'said' }).filter((access) => access !== 'read')).toEqual(
      [],
    );
  });

  test('has jobs that end, with steps that run something', () => {
    for (const job of jobs) {
      if (job.uses !== undefined) continue;
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job.steps?.length).toBeGreaterThan(0);
    }
    for (const { needs } of jobs) if (needs !== undefined) expect(Object.keys(workflow.jobs)).toContain(needs);
    for (const step of steps) expect([step.uses, step.run].filter((what) => what !== undefined)).toHaveLength(1);
  });

  test('uses actions by their commit, with its version behind it, and workflows that are there', () => {
    const lines = text(name).match(/(?<=^ *(- )?uses: ).*/gm) ?? [];
    expect(lines).toHaveLength([...jobs, ...steps].filter(({ uses }) => uses !== undefined).length);
    for (const line of lines) {
      if (line.startsWith('./')) expect(existsSync(join(root, line))).toBe(true);
      else expect(line).toMatch(PINNED);
    }
  });

  test('lets a job publish, or write to the repository, not both; and installs and builds nothing there', () => {
    for (const { permissions = {}, steps: ofJob = [] } of jobs) {
      const writes = Object.keys(permissions).filter((what) => permissions[what] === 'write');
      if (writes.includes('pull-requests')) expect(writes).not.toContain('id-token');
      else if (writes.length > 0) {
        expect(writes).toHaveLength(1);
        for (const { uses = '', run } of ofJob) {
          const [, script = ''] = /^npm run -s (\S+)$/.exec(run ?? '') ?? [];
          if (run === undefined) expect(uses).toMatch(/^actions\/(checkout|setup-node|download-artifact)@/);
          else expect(manifest.scripts[script]).toMatch(/^node \.ci\/[\w-]+\.mjs \w+$/);
          expect(manifest.scripts).not.toHaveProperty([`pre${script}`]);
        }
      }
    }
  });

  test('runs scripts that are there', () => {
    const commands = steps.flatMap(({ run, with: { version, publish } = {} }) => [run, version, publish]);
    for (const command of commands) {
      if (typeof command !== 'string') continue;
      const [, script] = /^npm run -s (\S+)$/.exec(command) ?? [];
      const [, file] = /^bash (\S+)$/.exec(command) ?? [];
      if (script !== undefined) expect(Object.keys(manifest.scripts)).toContain(script);
      else if (file !== undefined) expect(existsSync(join(root, file))).toBe(true);
      else expect(command).toMatch(/^git /);
    }
  });
});

test('an action is of one commit wherever it is used', () => {
  const pins = new Set(readdirSync(folder).flatMap((name) => text(name).match(/[\w-]+\/[\w-]+@\S+ # \S+/g) ?? []));
  const actions = [...pins].map((pin) => pin.split('@')[0]);
  expect(actions).toEqual([...new Set(actions)]);
  expect(actions.length).toBeGreaterThan(3);
});

test('CI begins with the oldest Node that the packages promise to work on', () => {
  const { node } = read('ci.yml').jobs['test']!.strategy!.matrix;
  expect(manifest.engines.node).toMatch(new RegExp(String.raw`^>=${Math.min(...node)}\.`));
});
