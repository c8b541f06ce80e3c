import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

/** The shared file, beside the repository; it is never copied into it. */
export const RETAIL_FILE = join(__dirname, '../../../shared/data/online-retail.csv.gz');

/** One order line of a customer. */
export interface Line {
  readonly atMs: number;
  readonly isReturn: boolean;
  readonly sku: string;
  readonly quantity: number;
  readonly total: number;
  readonly country: string;
}

/** The file as it is, by customer; and how many lines name none. */
export interface Retail {
  readonly lines: number;
  readonly withoutCustomer: number;
  readonly customers: ReadonlyMap<string, readonly Line[]>;
}

/** True when the file is there; else says loudly that what needs it is skipped. */
export function hasRetailFile(): boolean {
  if (existsSync(RETAIL_FILE)) return true;
  process.stderr.write(`\nSKIPPED: ${RETAIL_FILE} is not there, so nothing is tested over the Online Retail file.\n`);
  return false;
}

/** Reads the file with another parser than the import's, and no mapping. */
export async function readRetail(): Promise<Retail> {
  const customers = new Map<string, Line[]>();
  let lines = 0;
  let withoutCustomer = 0;
  const rows = createReadStream(RETAIL_FILE)
    .pipe(createGunzip())
    .pipe(parse({ from_line: 2 }));
  for await (const row of rows) {
    const [invoice = '', sku = '', , quantity, at, price, customer = '', country = ''] = row as string[];
    lines += 1;
    if (customer === '') {
      withoutCustomer += 1;
      continue;
    }
    const id = customer.slice(0, -2);
    const own = customers.get(id) ?? [];
    customers.set(id, own);
    own.push({
      atMs: Date.parse(`${at?.replace(' ', 'T')}Z`),
      isReturn: invoice.startsWith('C'),
      sku,
      quantity: Number(quantity),
      total: Number((Number(quantity) * Number(price)).toFixed(3)),
      country,
    });
  }
  return { lines, withoutCustomer, customers };
}
