import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { STAGE_NAMES } from '../../lib/stage-config.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FOLDER = path.join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = new Map(
  readdirSync(FOLDER).map((file): [string, Workflow] => [file, parse(readFileSync(path.join(FOLDER, file), 'utf8'))]),
);
const workflow = (file: string): Workflow => {
  const found = workflows.get(file);
  if (!found) throw new Error(`there is no workflow ${file}`);
  return found;
};
const jobs = [...workflows].flatMap(([file, { jobs: its }]) => Object.entries(its).map(([name, job]) => ({ file, name, job })));
const steps = jobs.flatMap(({ file, name, job }) => (job.steps ?? []).map((step) => ({ where: `${file} ${name}`, step })));

test('every action of somebody else’s is pinned to a commit', () => {
  const uses = steps.flatMap(({ step }) => step.uses ?? []);
  expect(uses.length).toBeGreaterThan(5);
  for (const use of uses) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});

test('every checkout forgets the token, and nothing may write but a deployment its identity', () => {
  for (const { where, step } of steps.filter(({ step: { uses } }) => uses?.startsWith('actions/checkout@'))) {
    expect([where, step.with?.['persist-credentials']]).toEqual([where, false]);
  }
  for (const [file, { permissions }] of workflows) expect([file, permissions]).toEqual([file, { contents: 'read' }]);
  for (const { file, name, job } of jobs.filter(({ job: { permissions } }) => permissions)) {
    expect([file, name, job.permissions]).toEqual([file, name, { contents: 'read', 'id-token': 'write' }]);
    expect(file).toMatch(/^deploy/);
  }
});

test('what a run says comes from no expression that somebody could write into', () => {
  for (const { where, step } of steps) expect([where, step.run ?? '']).toEqual([where, expect.not.stringContaining('${{')]);
});

test('no key of AWS’s is kept: deployments take a role on', () => {
  const text = [...workflows.keys()].map((file) => readFileSync(path.join(FOLDER, file), 'utf8')).join('\n');
  expect(text).not.toMatch(/secrets\.|access-key/);
  expect(steps.filter(({ step: { uses } }) => uses?.startsWith('aws-actions/')).map(({ step }) => step.with)).toEqual([
    expect.objectContaining({ 'role-to-assume': expect.stringContaining(' vars.AWS_ROLE_ARN ') }),
  ]);
});

test('a pull request runs what CI runs, and so does a deployment, before anything else', () => {
  const checks = workflow('checks.yml');
  expect(checks.on).toHaveProperty('pull_request');
  expect(checks.jobs['tests']?.steps?.map(({ run }) => run)).toContain('bash .ci/run');
  const { checks: first, staging, production } = workflow('deploy.yml').jobs;
  expect(first?.uses).toBe('./.github/workflows/checks.yml');
  expect(staging).toMatchObject({ needs: 'checks', with: { stage: 'staging', environment: 'staging' } });
  // Its reviewers approve, as the environment's settings demand.
  expect(production).toMatchObject({ needs: 'staging', with: { stage: 'prod', environment: 'production' } });
  expect(workflow('deploy-stage.yml').jobs['deploy']?.environment).toContain(' inputs.environment ');
});

test('what the workflows call is there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const called = steps.flatMap(({ step }) =>
    [...(step.run ?? '').matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script ?? ''),
  );
  expect(called).toContain('test:long');
  for (const script of called) expect(Object.keys(scripts)).toContain(script);
  for (const { job } of jobs.filter(({ job: { with: values } }) => values?.['stage'])) expect(STAGE_NAMES).toContain(job.with?.['stage']);
});
