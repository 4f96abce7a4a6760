import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const FOLDER = path.resolve(import.meta.dirname, '../stages');

const url = z.url({ protocol: /^https?$/ });

/** What a team decides for a stage, in `stages/<name>.json`: all of it may be left out. */
const schema = z.strictObject({
  region: z.string().optional(),
  alarmEmail: z.email().optional(),
  corsOrigins: z.array(z.string()).min(1).optional(),
  ipAllowlist: z.array(z.string()).min(1).optional(),
  emailSender: z.email().optional(),
  signInDomain: z
    .strictObject({
      // As Cognito takes it (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html).
      prefix: z
        .string()
        .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must have 1 to 63 lower-case letters, digits and hyphens')
        .refine((prefix) => !/aws|amazon|cognito/.test(prefix), 'must not hold "aws", "amazon" or "cognito"'),
      callbackUrls: z.array(url).min(1),
      logoutUrls: z.array(url).default([]),
    })
    .optional(),
});

export type StageFile = z.output<typeof schema>;

/** What such a file may hold. */
export const STAGE_FILE_MEMBERS: readonly string[] = Object.keys(schema.shape);

/** A team's values for a stage; none when there is no such file. Throws a sentence that names the file and what is wrong in it. */
export const readStageFile = (name: string, folder?: string): StageFile => readValues(schema, name, folder);

/** The same for what is deployed once per account, which a region is all that a team decides of. */
export const readAccountFile = (name: string, folder?: string): Pick<StageFile, 'region'> =>
  readValues(schema.pick({ region: true }), name, folder);

function readValues<Values extends object>(allowed: z.ZodType<Values>, name: string, folder: string = FOLDER): Partial<Values> {
  const file = path.join(folder, `${name}.json`);
  if (!existsSync(file)) return {};
  const refuse = (reason: string) => new Error(`stages/${name}.json: ${reason}`);
  const { data, error } = allowed.safeParse(parse(readFileSync(file, 'utf8'), refuse));
  if (error)
    throw refuse(error.issues.map(({ path: member, message }) => [member.join('.'), message].filter(Boolean).join(': ')).join('; '));
  return data;
}

function parse(text: string, refuse: (reason: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}
