/**
 * The text of the EICAR test file (https://www.eicar.org/download-anti-malware-testfile/), which every scanner finds and which does no harm.
 * It is put together here, so that no file of ours is taken for it.
 */
export function eicar(): string {
  return ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD', '-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
}
