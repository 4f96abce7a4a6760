import type { Permission } from '../platform/permission.ts';
import { LOCAL_ACCOUNT } from '../platform/principal.ts';

interface Addressed {
  readonly TableName?: string;
  readonly IndexName?: string;
}

interface Input extends Addressed {
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly TransactItems?: readonly Readonly<Record<string, Addressed>>[];
  readonly ResourceArn?: string;
}

/** What each part of a transaction needs (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html). */
const TRANSACTION_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};
/** Tied to no table (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html). */
const ACCOUNT_WIDE = new Set(['ListTables', 'ListBackups']);

/**
 * What a call to DynamoDB needs. A batch needs its own action on every table that it names, a transaction that of each
 * of its parts; reading an index needs the action on the index, not on the table.
 */
export function dynamoDbPermissions(operation: string, input: Input, region: string): Permission[] {
  const arnOf = ({ TableName = '', IndexName }: Addressed) => {
    const table = TableName.startsWith('arn:') ? TableName : `arn:aws:dynamodb:${region}:${LOCAL_ACCOUNT}:table/${TableName}`;
    return IndexName === undefined ? table : `${table}/index/${IndexName}`;
  };
  const permission = (action: string, resource: string): Permission => ({ action: `dynamodb:${action}`, resource });
  if (ACCOUNT_WIDE.has(operation)) return [permission(operation, '*')];
  if (input.ResourceArn !== undefined) return [permission(operation, input.ResourceArn)];
  if (input.TransactItems) {
    return input.TransactItems.flatMap((item) =>
      Object.entries(item).map(([part, addressed]) => permission(TRANSACTION_ACTIONS[part] ?? part, arnOf(addressed))),
    );
  }
  if (input.RequestItems) return Object.keys(input.RequestItems).map((TableName) => permission(operation, arnOf({ TableName })));
  return [permission(operation, arnOf(input))];
}
