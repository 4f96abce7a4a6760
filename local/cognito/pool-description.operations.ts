import { z } from 'zod';
import { type Operations, operation } from './input.ts';
import { nextPage, page } from './pagination.ts';
import { resourceNotFound } from './refusals.ts';
import type { UserPool } from './user-pool.ts';
import type { UserPoolClient } from './user-pool-client.ts';
import type { UserPools } from './user-pools.ts';

const paging = { MaxResults: z.number().int().min(1).max(60), NextToken: z.string().optional() };
const listUserPools = z.strictObject(paging);
const describeUserPool = z.strictObject({ UserPoolId: z.string() });
const listUserPoolClients = z.strictObject({ ...paging, MaxResults: paging.MaxResults.default(60), UserPoolId: z.string() });
const describeUserPoolClient = z.strictObject({ UserPoolId: z.string(), ClientId: z.string() });

/** What an operator asks about pools and clients. Signed. Only what the emulator goes by is described. */
export function poolDescriptionOperations(pools: UserPools): Operations {
  return {
    ListUserPools: operation('ListUserPools', listUserPools, async (input) => {
      const { items, next } = page(pools.all, input.MaxResults, input.NextToken);
      return { UserPools: items.map(summary), ...nextPage('NextToken', next) };
    }),

    DescribeUserPool: operation('DescribeUserPool', describeUserPool, async (input) => {
      const pool = pools.get(input.UserPoolId);
      const { UserPoolName: _name, Schema: SchemaAttributes, EnabledMfas: _factors, ...properties } = pool.properties;
      return {
        UserPool: {
          ...properties,
          ...summary(pool),
          Arn: pool.arn,
          EstimatedNumberOfUsers: pool.users.all.length,
          SchemaAttributes,
        },
      };
    }),

    ListUserPoolClients: operation('ListUserPoolClients', listUserPoolClients, async (input) => {
      const pool = pools.get(input.UserPoolId);
      const { items, next } = page([...pool.clients.values()], input.MaxResults, input.NextToken);
      const clients = items.map((client) => ({ ClientId: client.id, ClientName: client.name, UserPoolId: pool.id }));
      return { UserPoolClients: clients, ...nextPage('NextToken', next) };
    }),

    DescribeUserPoolClient: operation('DescribeUserPoolClient', describeUserPoolClient, async (input) => {
      const client = pools.get(input.UserPoolId).clients.get(input.ClientId);
      if (!client) throw resourceNotFound(`User pool client ${input.ClientId} does not exist.`);
      return { UserPoolClient: describeClient(client) };
    }),
  };
}

function summary(pool: UserPool) {
  return { Id: pool.id, Name: pool.name, CreationDate: pool.createdAtMs / 1000 };
}

function describeClient(client: UserPoolClient) {
  const { GenerateSecret: _secret, ...properties } = client.properties;
  return { ...properties, ClientId: client.id, ClientName: client.name };
}
