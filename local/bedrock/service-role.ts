import type { AccessControl } from '../platform/access-control.ts';
import { AwsError } from '../platform/call.ts';
import type { Permission } from '../platform/permission.ts';
import type { RolePrincipal } from '../platform/principal.ts';
import { invalid } from './request.ts';

/** What a knowledge base does with its role. */
export type Use = 'look up its index' | 'search' | 'write' | 'delete';

/**
 * What each needs (https://docs.aws.amazon.com/bedrock/latest/userguide/kb-permissions.html). A search that returns metadata reads
 * the vectors that it finds (https://docs.aws.amazon.com/AmazonS3/latest/API/API_S3VectorBuckets_QueryVectors.html).
 */
const INDEX_ACTIONS: Readonly<Record<Use, readonly string[]>> = {
  'look up its index': ['GetIndex'],
  search: ['QueryVectors', 'GetVectors'],
  write: ['PutVectors'],
  delete: ['DeleteVectors'],
};
const EMBEDDING_USES: ReadonlySet<Use> = new Set(['search', 'write']);

export interface ServiceRoleParts {
  readonly access: AccessControl;
  readonly roleArn: string;
  readonly knowledgeBaseArn: string;
  readonly embeddingModelArn: string;
  readonly indexArn: string;
}

/** The role with whose rights a knowledge base embeds texts and uses its vectors. */
export class ServiceRole {
  readonly #parts: ServiceRoleParts;

  constructor(parts: ServiceRoleParts) {
    this.#parts = parts;
  }

  /** Takes the role on, and looks the index up. Throws ValidationException when either is not allowed. */
  assume(): void {
    const { access, roleArn, knowledgeBaseArn } = this.#parts;
    const refusal = refusalOf(() => {
      const bedrock = { kind: 'service', name: 'bedrock.amazonaws.com', sourceArn: knowledgeBaseArn } as const;
      access.require(bedrock, { action: 'sts:AssumeRole', resource: roleArn });
      this.#require('look up its index');
    });
    if (refusal !== undefined) throw invalid(`The role of the knowledge base cannot be used: ${refusal}`);
  }

  /** Why the role may not be used so; undefined when it may. */
  refusalOf(use: Use): string | undefined {
    return refusalOf(() => this.#require(use));
  }

  /** What must be allowed to the role, as part of somebody's call. */
  permissionsTo(use: Use): (Permission & { readonly principal: RolePrincipal })[] {
    const { roleArn, knowledgeBaseArn, embeddingModelArn, indexArn } = this.#parts;
    const principal: RolePrincipal = { kind: 'role', arn: roleArn, sessionName: knowledgeBaseArn.split('/').at(-1) ?? '' };
    const onIndex = INDEX_ACTIONS[use].map((action) => ({ action: `s3vectors:${action}`, resource: indexArn, principal }));
    if (!EMBEDDING_USES.has(use)) return onIndex;
    return [{ action: 'bedrock:InvokeModel', resource: embeddingModelArn, principal }, ...onIndex];
  }

  #require(use: Use): void {
    for (const permission of this.permissionsTo(use)) this.#parts.access.require(permission.principal, permission);
  }
}

function refusalOf(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
}
