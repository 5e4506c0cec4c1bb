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
const read = (name: string): Workflow => parse(readFileSync(join(folder, name), 'utf8')) as Workflow;

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

  test('uses actions of a major version, and workflows that are there', () => {
    for (const { uses } of [...jobs, ...steps]) {
      if (uses?.startsWith('./')) expect(existsSync(join(root, uses))).toBe(true);
      else if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
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

test('CI begins with the oldest Node that the packages promise to work on', () => {
  const { node } = read('ci.yml').jobs['test']!.strategy!.matrix;
  expect(manifest.engines.node).toMatch(new RegExp(String.raw`^>=${Math.min(...node)}\.`));
});
