import { createHash } from 'node:crypto';
import { AwsError } from '../platform/call.ts';
import type { DataSource } from './data-source.ts';
import { PassageIndex } from './passage-index.ts';
import { notFound } from './request.ts';
import type { ServiceRole } from './service-role.ts';

/** A knowledge base of type VECTOR on S3 Vectors. */
export class KnowledgeBase {
  readonly id: string;
  readonly name: string;
  readonly role: ServiceRole;
  readonly passages = new PassageIndex();
  readonly #dataSources = new Map<string, DataSource>();

  constructor(id: string, name: string, role: ServiceRole) {
    this.id = id;
    this.name = name;
    this.role = role;
  }

  addDataSource(dataSource: DataSource): void {
    this.#dataSources.set(dataSource.id, dataSource);
  }

  /** Throws ResourceNotFoundException when the knowledge base has no such data source. */
  dataSource(id: string): DataSource {
    const dataSource = this.#dataSources.get(id);
    if (!dataSource) throw notFound(`DataSource with id ${id} in Knowledge Base ${this.id} does not exist.`);
    return dataSource;
  }
}

/** The account's knowledge bases. */
export class KnowledgeBases {
  readonly #byId = new Map<string, KnowledgeBase>();

  /** Throws ConflictException when the name is taken. */
  add(knowledgeBase: KnowledgeBase): void {
    const { id, name } = knowledgeBase;
    if ([...this.#byId.values()].some((other) => other.name === name)) {
      throw new AwsError('ConflictException', `KnowledgeBase with name ${name} already exists.`, 409);
    }
    this.#byId.set(id, knowledgeBase);
  }

  find(id: string): KnowledgeBase | undefined {
    return this.#byId.get(id);
  }

  /** Throws ResourceNotFoundException when there is none. */
  get(id: string): KnowledgeBase {
    const knowledgeBase = this.find(id);
    if (!knowledgeBase) throw notFound(`Knowledge Base with id ${id} does not exist.`);
    return knowledgeBase;
  }
}

/** A resource id as Bedrock gives them, ten upper-case letters and digits, the same at every start. */
export function bedrockResourceId(stackName: string, logicalId: string): string {
  const digest = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(-10).toUpperCase();
}
