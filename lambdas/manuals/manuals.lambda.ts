import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { apiHandler } from '../shared/api-handler.ts';
import { parseEnvironment } from '../shared/environment.ts';
import { validate } from '../shared/validation.ts';
import { ManualRecords } from './manual-records.ts';
import { ListParameters, manualsContract } from './manuals.contract.ts';
import { getManual, listManuals, type ManualsPorts, startUpload } from './manuals.ts';
import { UploadForms } from './upload-forms.ts';

const environment = parseEnvironment(manualsContract);

const ports: ManualsPorts = {
  records: new ManualRecords(new DynamoDBClient({}), environment.MANUALS_TABLE),
  forms: new UploadForms(new S3Client({}), environment.MANUALS_BUCKET),
};

export const handler = apiHandler(manualsContract, environment, {
  list: async ({ caller, query }) => ({ body: await listManuals(ports, caller, validate(ListParameters, query)) }),
  get: async ({ caller, params }) => ({ body: await getManual(ports, caller, params['manual_id'] ?? '') }),
  upload: async ({ caller, body }) => ({ status: 201, body: await startUpload(ports, caller, body) }),
});
