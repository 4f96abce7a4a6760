import type { EmbeddingsServerOptions } from '../bedrock/embeddings.ts';
import { UsageError } from './command-line.ts';

/**
 * Reads from the environment which server embeds: `MANUEL_EMBEDDINGS_URL`, its address, and `MANUEL_EMBEDDINGS_MODEL`, the model
 * that it is asked for. Undefined when there is none. Throws UsageError.
 */
export function readEmbeddingsOptions(environment: NodeJS.ProcessEnv): EmbeddingsServerOptions | undefined {
  const { MANUEL_EMBEDDINGS_URL: url, MANUEL_EMBEDDINGS_MODEL: model } = environment;
  if (!url) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new UsageError(`MANUEL_EMBEDDINGS_URL is no address of a server: "${url}". Give one such as http://127.0.0.1:11434.`);
  }
  if (!model) {
    throw new UsageError(
      'MANUEL_EMBEDDINGS_URL is set and MANUEL_EMBEDDINGS_MODEL is not. Name a model of the server, such as nomic-embed-text.',
    );
  }
  return { url, model };
}
