import { unreadable } from './recording-rejected.ts';

/** Milliseconds of a frame by configuration (RFC 6716, section 3.1, table 2). */
const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];
/** RFC 6716, section 3.2.5, requirement R5. */
const MAX_PACKET_MS = 120;

/** Seconds of an Opus packet, by its first two bytes: the length of its frames and their number. */
export function opusPacketSeconds(first: number, second: number): number {
  const configuration = first >> 3;
  const frameMs =
    (configuration < 12 ? SILK_MS[configuration & 3] : configuration < 16 ? HYBRID_MS[configuration & 1] : CELT_MS[configuration & 3]) ?? 0;
  const code = first & 3;
  const frames = code === 3 ? second & 0x3f : code === 0 ? 1 : 2;
  const ms = frames * frameMs;
  if (ms === 0 || ms > MAX_PACKET_MS) throw unreadable('is damaged: a packet of it is not Opus');
  return ms / 1000;
}
