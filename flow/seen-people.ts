import type { ProfileReader } from './ports';

/** People as who asks for them is shown: together with those whom the default merge policy's device graph joins (S-19). */
export function asSeen(reader: ProfileReader): ProfileReader {
  return {
    ...reader,
    getMany: (sandbox, ids, options) => reader.getMany(sandbox, ids, { ...options, joined: true }),
    computed: (sandbox, asked) => reader.computed(sandbox, asked, { joined: true }),
    scan: (sandbox, options) => reader.scan(sandbox, { ...options, joined: true }),
  };
}
