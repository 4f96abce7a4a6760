import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stageConfig } from '../lib/stages.ts';
import { declaredMetrics, readingsOf, reviewMetrics } from './support/metrics.ts';
import { templatesOf } from './support/templates.ts';

/**
 * `node test/metrics-in-use.ts <folder>`: fails when a widget or an alarm reads a metric of ours that no test has seen emitted with those
 * dimensions, of the runtimes that noted in that folder what they saw; and lists what is emitted and read by nobody.
 */
const [directory = ''] = process.argv.slice(2);

const seen = globSync('*.json', { cwd: directory }).flatMap((file) => JSON.parse(readFileSync(path.join(directory, file), 'utf8')));
// Of the stage that has all alarms.
const readings = readingsOf(templatesOf(stageConfig('prod')).dashboard);
const { read, unread, complaints } = reviewMetrics(seen, readings, await declaredMetrics(), 'manuel-prod');
process.stdout.write(`${read.length} metrics emitted and read, ${unread.length} read by nobody:\n`);
for (const metric of unread) process.stdout.write(`  ${metric}\n`);
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
