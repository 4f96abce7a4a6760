import type { LanguageModelOptions } from '../bedrock/language-model-server.ts';
import { UsageError } from './command-line.ts';

/**
 * Reads from the environment which server writes the answers: `MANUEL_LLM_URL`, its address, and `MANUEL_LLM_MODEL`, the model that it is
 * asked for. Undefined when there is none. Throws UsageError.
 */
export function readLanguageModelOptions(environment: NodeJS.ProcessEnv): LanguageModelOptions | undefined {
  const { MANUEL_LLM_URL: url, MANUEL_LLM_MODEL: model } = environment;
  if (!url) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError(`MANUEL_LLM_URL is no address of a server: "${url}". Give one such as http://127.0.0.1:11434.`);
  }
  if (!model) throw new UsageError('MANUEL_LLM_URL is set and MANUEL_LLM_MODEL is not. Name a model of the server, such as llama3.2.');
  return { url, model };
}
