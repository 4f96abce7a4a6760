import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbService } from '../../local/dynamodb/dynamodb.service.ts';
import { openFrontDoor, type TestFrontDoor } from './front-door.ts';
import { tableProperties } from './tables.ts';

export interface ManualsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly door: TestFrontDoor;
  close(): Promise<void>;
}

/** The table of manuals as the template describes it, and nothing else. */
export async function openManualsTable(): Promise<ManualsTable> {
  const door = await openFrontDoor(({ clock }) => [new DynamoDbService({ clock, region: 'eu-west-1' })]);
  const { ref: name } = await door.provision('AWS::DynamoDB::Table', 'ManualsTable', await tableProperties('ManualsTable'));
  const client = new DynamoDBClient(door.clientConfig);
  const close = async () => {
    client.destroy();
    await door.close();
  };
  return { client, name, door, close };
}
