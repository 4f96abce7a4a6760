/**
 * How an answer ended. `refused` means that the model, or a filter before it, would not answer: nothing of its text is an answer, even where
 * some came first. `malformed` is nonsense.
 */
export type AnswerEnd = 'complete' | 'cut_off' | 'refused' | 'malformed';

/**
 * Converse's stop reasons that are no whole answer
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseElements). `refusal` is
 * Claude's own word (https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide), which the SDK does not list.
 */
const ENDS: ReadonlyMap<string, AnswerEnd> = new Map([
  ['max_tokens', 'cut_off'],
  ['model_context_window_exceeded', 'cut_off'],
  ['refusal', 'refused'],
  ['content_filtered', 'refused'],
  ['guardrail_intervened', 'refused'],
  ['malformed_model_output', 'malformed'],
  ['malformed_tool_use', 'malformed'],
  ['tool_use', 'malformed'],
]);

/** Reads why a model stopped. A reason that is not known counts as an answer, which its citations have to prove like any other. */
export function answerEnd(stopReason: string | undefined): AnswerEnd {
  return ENDS.get(stopReason ?? '') ?? 'complete';
}
