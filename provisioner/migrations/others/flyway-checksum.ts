import { crc32 } from "node:zlib";

/** What Flyway writes beside a file that has run: CRC-32 of its lines without their ends, as a signed number. */
export function flywayChecksum(text: string): number {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.reduce((sum, line) => crc32(line, sum), 0) | 0;
}
