import { text } from './function.contract.ts';

/** What a function needs to retrieve; `KnowledgeBase.grantRetrieve` provides it together with the permission. */
export const retrievalEnvironment = { KNOWLEDGE_BASE_ID: text() } as const;

/** The longest question that Retrieve takes, in characters (a service quota: https://docs.aws.amazon.com/general/latest/gr/bedrock.html). */
export const MAX_QUESTION_CHARACTERS = 1000;

/** Emitted by the retriever: passages returned to a caller, and those dropped because they belong to someone else. */
export const RETRIEVAL_METRICS = { results: 'KnowledgeBaseResults', securityEvent: 'SecurityEvent' } as const;
