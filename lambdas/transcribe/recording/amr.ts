import type { ByteReader } from './byte-reader.ts';
import { unreadable, wrongType } from './recording-rejected.ts';

type FrameBytes = Readonly<Record<number, number>>;

const FRAME_SECONDS = 0.02;

/**
 * Bytes of a frame's speech by its type, 0 to 15, without the header: RFC 4867, section 5.3, with the bits by type of 3GPP TS 26.101
 * and TS 26.201, in whole bytes. 8 of narrowband and 9 of wideband is comfort noise, 14 a lost frame, 15 one without data.
 */
const NARROWBAND: FrameBytes = { ...[12, 13, 15, 17, 19, 20, 26, 31, 5], 15: 0 };
const WIDEBAND: FrameBytes = { ...[17, 23, 32, 36, 40, 46, 50, 58, 60, 5], 14: 0, 15: 0 };
/** The longer first, which begins otherwise. */
const KINDS = [
  { magic: '#!AMR-WB\n', frameBytes: WIDEBAND },
  { magic: '#!AMR\n', frameBytes: NARROWBAND },
] as const;
/** Bits of a frame's header that are always 0. */
const PADDING = 0x83;

/** Seconds of an AMR file of one channel: 20 ms for each frame. */
export function amrSeconds(file: ByteReader): number {
  const kind = KINDS.find(({ magic }) => file.has(0, magic));
  if (!kind) throw wrongType();
  let frames = 0;
  for (let at = kind.magic.length; at < file.length; frames += 1) {
    const header = file.uint8(at);
    const speechBytes = kind.frameBytes[(header >> 3) & 0xf];
    if ((header & PADDING) !== 0 || speechBytes === undefined) throw unreadable('is damaged: a frame of it begins with what begins none');
    at += 1 + speechBytes;
  }
  return frames * FRAME_SECONDS;
}
