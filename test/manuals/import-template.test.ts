import { MANUALS_PREFIX } from '../../lambdas/manuals/manuals.contract.ts';
import { IMPORT_LIMITS } from '../../lambdas/manuals/url-import/fetch-manual.ts';
import { templatesOf } from '../support/templates.ts';

const { api } = templatesOf();

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What the import worker's construct made of this type. */
const ofImport = (type: string) =>
  Object.entries(api.findResources(type))
    .filter(([id]) => id.startsWith('ManualsImport'))
    .map(([, { Properties }]) => Properties);
const statements: readonly Statement[] = ofImport('AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

test('the import worker writes what arrives, and nothing of what is kept', () => {
  const writing = statements.filter(({ Action }) => [Action].flat().includes('s3:PutObject'));
  expect(writing).toHaveLength(1);
  const resource = JSON.stringify(writing[0]?.Resource);
  expect(resource).toContain('/incoming/*"');
  expect(resource).not.toContain(MANUALS_PREFIX);
});

test('it may run for longer than a fetch takes, with time to write and to say so', () => {
  const [properties] = ofImport('AWS::Lambda::Function');
  expect(properties?.['Timeout']).toBe(180);
  expect(IMPORT_LIMITS.totalMs).toBeLessThanOrEqual((180 - 45) * 1000);
});

test('as many run as there are, one manual each, and a message that fails three times is kept', () => {
  const [mapping, ...others] = ofImport('AWS::Lambda::EventSourceMapping');
  expect(others).toEqual([]);
  expect(mapping).toMatchObject({ BatchSize: 1 });
  expect(mapping).not.toHaveProperty('ScalingConfig');
  expect(ofImport('AWS::SQS::Queue')).toEqual([
    expect.objectContaining({ VisibilityTimeout: 1080, RedrivePolicy: expect.objectContaining({ maxReceiveCount: 3 }) }),
  ]);
});

test('an upload’s model knows the members of an import too, and demands neither’s', () => {
  const models = Object.values(api.findResources('AWS::ApiGateway::Model')).map(({ Properties }) => Properties.Schema);
  const text = { type: 'string' };
  expect(models.filter(({ properties }) => 'source_url' in properties)).toEqual([
    {
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      properties: { filename: text, content_type: text, size: { type: 'integer' }, source_url: text },
    },
  ]);
});
