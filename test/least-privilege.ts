import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Acknowledgements, reviewGrants } from './support/grants.ts';

/**
 * `node test/least-privilege.ts <folder>`: lists what the templates grant and the tests that noted their grants in that folder did not
 * use. Fails for a grant without a reason.
 */
const ACKNOWLEDGED: Acknowledgements = {
  'Manuel-dev/storage/ManualsScan/Role: events:DeleteRule on':
    'GuardDuty takes its rule back when the plan is deleted, which no test does.',
  'Manuel-dev/storage/ManualsScan/Role: events:RemoveTargets on': 'As for the rule itself.',
  'Manuel-dev/storage/ManualsScan/Role: s3:GetObject on': 'AWS asks for it of every plan; in this bucket every object has versions.',
  'Manuel-dev/storage/ManualsScan/Role: s3:GetObjectTagging on': 'As for reading.',
  'Manuel-dev/storage/ManualsScan/Role: s3:PutObjectTagging on': 'As for reading.',
};

const [directory = ''] = process.argv.slice(2);
const files = globSync('*.json', { cwd: directory });
const { used, unused, complaints } = reviewGrants(
  files.map((file) => JSON.parse(readFileSync(path.join(directory, file), 'utf8'))),
  ACKNOWLEDGED,
);
process.stdout.write(`${used.length} grants used, ${unused.size} unused:\n`);
for (const [grant, reason = 'no reason'] of unused) process.stdout.write(`  ${grant} (${reason})\n`);
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
