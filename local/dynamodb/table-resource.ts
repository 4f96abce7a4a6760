import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AwsError, notEmulated } from '../platform/call.ts';
import { generatedName } from '../platform/names.ts';
import type { ResourceIdentity, ResourceType, TemplateResource } from '../platform/service.ts';
import type { CreateTableInput, Tables, Tag } from './tables.ts';
import type { TimeToLive } from './time-to-live.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_NAME_LENGTH = 255;

interface IndexSchema {
  readonly IndexName: string;
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] };
}

interface TableSchema {
  readonly KeySchema: IndexSchema['KeySchema'];
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly GlobalSecondaryIndexes?: readonly IndexSchema[];
  readonly LocalSecondaryIndexes?: readonly IndexSchema[];
}

interface TableProperties extends TableSchema {
  readonly TableName?: string;
  readonly BillingMode?: string;
  readonly ProvisionedThroughput?: unknown;
  readonly DeletionProtectionEnabled?: boolean;
  readonly StreamSpecification?: unknown;
  readonly TimeToLiveSpecification?: { readonly Enabled: boolean; readonly AttributeName?: string };
  readonly PointInTimeRecoverySpecification?: { readonly PointInTimeRecoveryEnabled: boolean };
  readonly Tags?: readonly Tag[];
}

/** `AWS::DynamoDB::Table`. A table that is already there is taken over with its items, if its schema is the same. */
export function tableResourceType(tables: Tables, timeToLive: TimeToLive): ResourceType {
  return {
    type: 'AWS::DynamoDB::Table',
    honours: [
      'TableName',
      'KeySchema',
      'AttributeDefinitions',
      'BillingMode',
      'GlobalSecondaryIndexes.IndexName',
      'GlobalSecondaryIndexes.KeySchema',
      'GlobalSecondaryIndexes.Projection',
      'LocalSecondaryIndexes',
      'TimeToLiveSpecification',
      'DeletionProtectionEnabled',
      'StreamSpecification',
      'Tags',
    ],
    inert: {
      ProvisionedThroughput: 'local tables have no capacity that could run out',
      'GlobalSecondaryIndexes.ProvisionedThroughput': 'local indexes have no capacity that could run out',
      PointInTimeRecoverySpecification: 'reported by DescribeContinuousBackups, but a laptop keeps no backups',
      SSESpecification: 'local tables are not encrypted at rest',
      TableClass: 'sets the price of storage only',
    },
    // Its keys and indexes are compared with those of the table itself.
    replacedOn: ['TableName'],
    create: (resource) => create(resource, tables, timeToLive),
  };
}

async function create(resource: TemplateResource, tables: Tables, timeToLive: TimeToLive): Promise<ResourceIdentity> {
  const properties = resource.properties as unknown as TableProperties;
  const name = properties.TableName ?? generatedName(resource.stackName, resource.logicalId, MAX_NAME_LENGTH);
  if (properties.StreamSpecification !== undefined) throw notEmulated(`DynamoDB Streams (StreamSpecification of ${resource.path})`);
  const wanted = createTableInput(name, properties);
  await tables.opened();
  const table = (await existing(tables, name)) ?? (await createAndWait(tables, wanted));
  if (!isDeepStrictEqual(comparable(table as unknown as TableSchema), comparable(properties))) {
    // CloudFormation would replace the table, or build the index.
    throw new Error(`${resource.path}: the table ${name} is stored with other keys or indexes. Start with --fresh to create it anew.`);
  }
  const { Enabled = false, AttributeName = '' } = properties.TimeToLiveSpecification ?? {};
  await timeToLive.set(name, { Enabled, AttributeName });
  await tables.changeSettings(name, (settings) => ({
    ...settings,
    deletionProtection: properties.DeletionProtectionEnabled ?? false,
    pointInTimeRecovery: properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled ?? false,
    tags: properties.Tags ?? [],
  }));
  return { ref: name, attributes: { Arn: table['TableArn'] } };
}

function createTableInput(name: string, properties: TableProperties): CreateTableInput {
  const { KeySchema, AttributeDefinitions, BillingMode, ProvisionedThroughput, GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
  return {
    TableName: name,
    KeySchema,
    AttributeDefinitions,
    ...(BillingMode && { BillingMode }),
    ...(ProvisionedThroughput !== undefined && { ProvisionedThroughput }),
    ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
    ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }),
  };
}

async function existing(tables: Tables, name: string): Promise<Record<string, unknown> | undefined> {
  try {
    const { Table: table } = await tables.describe({ TableName: name });
    if (table['TableStatus'] === 'ACTIVE') return table;
    await tables.forgetUnfinished(name);
    return undefined;
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function createAndWait(tables: Tables, input: CreateTableInput): Promise<Record<string, unknown>> {
  await tables.create(input);
  for (;;) {
    const { Table: table } = await tables.describe(input);
    if (table['TableStatus'] === 'ACTIVE') return table;
    await nextTurn();
  }
}

/** What two descriptions of one table have in common, whatever the order of their lists. */
function comparable(schema: TableSchema): unknown {
  return [
    keyNames(schema.KeySchema),
    schema.AttributeDefinitions.map(({ AttributeName, AttributeType }) => `${AttributeName}:${AttributeType}`).sort(),
    comparableIndexes(schema.GlobalSecondaryIndexes),
    comparableIndexes(schema.LocalSecondaryIndexes),
  ];
}

function comparableIndexes(indexes: readonly IndexSchema[] = []): readonly string[] {
  return indexes
    .map(({ IndexName, KeySchema, Projection: { ProjectionType, NonKeyAttributes = [] } }) =>
      JSON.stringify([IndexName, keyNames(KeySchema), ProjectionType, [...NonKeyAttributes].sort()]),
    )
    .sort();
}

function keyNames(keySchema: IndexSchema['KeySchema']): readonly string[] {
  return keySchema.map(({ AttributeName, KeyType }) => `${KeyType}:${AttributeName}`);
}
