import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { createCsvReader } from '../../../platform/rows/csv-reader';
import { createNdjsonReader } from '../../../platform/rows/ndjson-reader';
import type { Row } from '../../../platform/rows/row';
import { ConfigurationError } from '../../config';

export type FileFormat = 'csv' | 'ndjson';

/** How a file is to be read. */
export interface FileReading {
  readonly file: string;
  readonly format: FileFormat;
  /** A label of the Encoding Standard: `utf-8`, `latin1`, `windows-1252` … */
  readonly encoding: string;
  /** What separates the cells of CSV: one character. */
  readonly delimiter: string;
  /** How many cells a row of CSV has; when it is not given, the first row tells. */
  readonly width?: number | undefined;
}

/** A file being read: its rows in groups (cells of CSV, values of NDJSON), and how far the reading is. */
export interface RowReader {
  readonly sizeBytes: number;
  /** How many bytes of the file were read so far (of a compressed file: as they are stored). */
  readBytes(): number;
  rows(): AsyncGenerator<readonly Row<unknown>[]>;
}

/** Opens a file of rows; one that is compressed with gzip is read as it is. Fails when it is not there. */
export async function openRows({ file, format, encoding, delimiter, width }: FileReading): Promise<RowReader> {
  const decoder = createDecoder(encoding);
  const { size } = await stat(file);
  const compressed = await isGzip(file);
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  return {
    sizeBytes: size,
    readBytes: () => source.bytesRead,
    async *rows() {
      const reader =
        format === 'csv' ? createCsvReader({ delimiter, width }) : createNdjsonReader({ checkEncoding: true });
      const bytes: Readable = compressed ? inflate(source) : source;
      for await (const piece of bytes) yield reader.push(decoder.decode(piece as Buffer, { stream: true }));
      yield reader.push(decoder.decode());
      yield reader.end();
    },
  };
}

/** The format that a file's name tells, also behind `.gz`; `undefined` when it tells none. */
export function formatOf(file: string): FileFormat | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (/\.(csv|tsv|txt)$/.test(name)) return 'csv';
  return /\.(ndjson|jsonl|json)$/.test(name) ? 'ndjson' : undefined;
}

function inflate(source: Readable): Readable {
  // The pipeline carries the fault of either side to whoever reads.
  return pipeline(source, createGunzip(), new PassThrough({ highWaterMark: 256 * 1024 }), () => {});
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function createDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch {
    throw new ConfigurationError(`There is no encoding ${encoding}; there is utf-8, latin1, windows-1252, utf-16le …`);
  }
}
