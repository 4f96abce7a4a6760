import { inspect } from 'node:util';
import { ManuelClient } from '../../local/cli/manuel-client.ts';
import type { RuntimeFile } from '../../local/runtime-file.ts';
import { type Edit, startChanged } from '../support/changed-sources.ts';
import { proveOwnerCheck, proveOwnerFilter, proveServerWrittenMetadata, proveUploadPolicy } from '../support/isolation-proofs.ts';
import { signInAsStrangers, WITH_STRANGERS } from '../support/strangers.ts';
import { newUser } from '../support/users.ts';

/** A control that is taken out of the sources, and how its proof then fails. */
interface Mutation {
  readonly control: string;
  readonly edits: readonly Edit[];
  readonly prove: (file: RuntimeFile) => Promise<void>;
  /** What the assertion says that is expected to fail. */
  readonly caughtBy: RegExp;
}

const RETRIEVER = 'lambdas/shared/manual-retriever.ts';
const DOCUMENTS = 'lambdas/manuals/manual-documents.ts';
const FORMS = 'lambdas/manuals/upload-forms.ts';
const OWNER_ATTRIBUTE = 'text(PASSAGE_METADATA.owner, manual.user_id),';
const NEW_UPLOAD = 'user_id: caller.userId,\n    manual_id: uuidv7(),\n    filename: request.filename,';
/** What ought to be refused was done. */
const NOT_REFUSED = /promise resolved .* instead of rejecting/s;
/** Nothing of the caller's own was among what came back. */
const CROWDED_OUT = /received:.*'Your manuals do not answer this question\.'/s;

const MUTATIONS: readonly Mutation[] = [
  {
    control: 'the owner filter',
    edits: [{ file: RETRIEVER, find: ', filter: ownerFilter(caller, manualIds, hiddenManualIds) }', replace: ' }' }],
    prove: proveOwnerFilter,
    caughtBy: CROWDED_OUT,
  },
  {
    control: 'the owner in a filter by manuals',
    edits: [{ file: RETRIEVER, find: '{ andAll: [owner, ...narrower] }', replace: 'narrower[0]' }],
    prove: proveOwnerFilter,
    caughtBy: CROWDED_OUT,
  },
  {
    control: 'the owner check after retrieval',
    edits: [{ file: RETRIEVER, find: 'return result.metadata?.[PASSAGE_METADATA.owner] === caller.userId;', replace: 'return true;' }],
    prove: proveOwnerCheck,
    caughtBy: /received:.* answer: .*4711/s,
  },
  {
    control: 'the owner among the metadata',
    edits: [{ file: DOCUMENTS, find: OWNER_ATTRIBUTE, replace: '' }],
    prove: proveServerWrittenMetadata,
    caughtBy: /expected:.* user_id: .*received:(?!.* user_id: )/s,
  },
  {
    control: 'the server’s own word for the owner',
    edits: [{ file: DOCUMENTS, find: OWNER_ATTRIBUTE, replace: 'text(PASSAGE_METADATA.owner, manual.filename),' }],
    prove: proveServerWrittenMetadata,
    caughtBy: /received:.* user_id: 'incoming\//s,
  },
  {
    control: 'the refusal of an owner that the client names',
    edits: [
      { file: 'lambdas/manuals/manuals.contract.ts', find: 'UploadRequest = z.strictObject({', replace: 'UploadRequest = z.looseObject({' },
      {
        file: 'lambdas/manuals/manuals.ts',
        find: NEW_UPLOAD,
        replace: `user_id: request.user_id ?? ${NEW_UPLOAD.slice('user_id: '.length)}`,
      },
    ],
    prove: proveServerWrittenMetadata,
    caughtBy: NOT_REFUSED,
  },
  {
    control: 'the key in a form’s policy',
    // The SDK's way to leave the end of the key to the client.
    edits: [{ file: FORMS, find: 'Key: incomingKey(manual),', replace: "Key: incomingKey(manual) + '$' + '{filename}'," }],
    prove: proveUploadPolicy,
    caughtBy: NOT_REFUSED,
  },
  {
    control: 'the type in a form’s policy',
    edits: [
      // The SDK makes a condition of every field.
      { file: FORMS, find: "Fields: { 'Content-Type': manual.content_type },", replace: '' },
      { file: FORMS, find: "['eq', '$Content-Type', manual.content_type]", replace: "['starts-with', '$Content-Type', '']" },
    ],
    prove: proveUploadPolicy,
    caughtBy: NOT_REFUSED,
  },
  {
    control: 'the size in a form’s policy',
    edits: [{ file: FORMS, find: "['content-length-range', manual.size, manual.size],", replace: '' }],
    prove: proveUploadPolicy,
    caughtBy: NOT_REFUSED,
  },
  {
    control: 'the end of a form’s time',
    edits: [{ file: FORMS, find: 'Expires: UPLOAD_FORM_SECONDS,', replace: 'Expires: 100 * UPLOAD_FORM_SECONDS,' }],
    prove: proveUploadPolicy,
    caughtBy: NOT_REFUSED,
  },
  {
    control: 'the function’s check of the client',
    edits: [...WITH_STRANGERS, { file: 'lambdas/shared/caller.ts', find: " || claims['client_id'] !== clientId", replace: '' }],
    prove: proveClientCheck,
    caughtBy: NOT_REFUSED,
  },
];

async function proveClientCheck(file: RuntimeFile): Promise<void> {
  const user = await newUser(file);
  const { otherClient } = await signInAsStrangers(file, user);
  await expect(new ManuelClient(file.api_url, otherClient).usage()).rejects.toMatchObject({ status: 401 });
}

/** What an assertion says, and all of what it compared. */
function described({ message, expected, actual }: Error & { readonly expected?: unknown; readonly actual?: unknown }): string {
  const whole = { depth: null, breakLength: Number.POSITIVE_INFINITY };
  return `${message}\nexpected: ${inspect(expected, whole)}\nreceived: ${inspect(actual, whole)}`;
}

test.concurrent.each(MUTATIONS)('without $control its proof fails', async ({ edits, prove, caughtBy }) => {
  const runtime = await startChanged(edits);
  try {
    expect(await prove(runtime.file).then(() => 'nothing', described)).toMatch(caughtBy);
  } finally {
    await runtime.stop();
  }
});
