import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { apiHandler } from '../shared/api-handler.ts';
import { parseEnvironment } from '../shared/environment.ts';
import { openRequestGuard } from '../shared/guard/open-request-guard.ts';
import { validate } from '../shared/validation.ts';
import { openSpendGate } from '../spend/open-spend-gate.ts';
import { HiddenManuals } from '../usage/hidden-manuals.ts';
import { LookQueue } from './look-queue.ts';
import { ManualLibrary } from './manual-library.ts';
import { ManualRecords } from './manual-records.ts';
import { ListParameters, manualsContract } from './manuals.contract.ts';
import { getManual, listManuals, type ManualsPorts, removeManual, startImport, startUpload } from './manuals.ts';
import { UploadForms } from './upload-forms.ts';

const environment = parseEnvironment(manualsContract);

const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({});
const gate = openSpendGate(dynamodb, environment.SPEND_TABLE);
const ports: ManualsPorts = {
  records: new ManualRecords(dynamodb, environment.MANUALS_TABLE),
  library: new ManualLibrary(dynamodb, environment.MANUALS_TABLE),
  limits: { manuals: environment.MANUALS_PER_USER, uploadsPerDay: environment.UPLOADS_PER_DAY },
  forms: new UploadForms(new S3Client({}), environment.MANUALS_BUCKET),
  hidden: new HiddenManuals(dynamodb, environment.USAGE_TABLE),
  imports: new LookQueue(sqs, environment.IMPORT_QUEUE_URL),
  deletions: new LookQueue(sqs, environment.DELETION_QUEUE_URL),
};

export const handler = apiHandler(manualsContract, environment, openRequestGuard(dynamodb, environment), {
  list: async ({ caller, query }) => ({ body: await listManuals(ports, caller, validate(ListParameters, query)) }),
  get: async ({ caller, params }) => ({ body: await getManual(ports, caller, params['manual_id'] ?? '') }),
  upload: ({ caller, body }) =>
    gate.guardOnceRead(async () =>
      'source_url' in body
        ? { status: 202, body: await startImport(ports, caller, body) }
        : { status: 201, body: await startUpload(ports, caller, body) },
    ),
  remove: async ({ caller, params }) => ({ status: 202, body: await removeManual(ports, caller, params['manual_id'] ?? '') }),
});
