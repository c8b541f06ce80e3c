import { join, relative } from 'node:path';
import type { Clock } from '../../../platform/clock';
import { type Attune, createAttune } from '../../attune';
import type { PlatformParts } from '../../platform-parts';
import { runApply } from '../apply/run-apply';
import { findDemoFolder, readEditor } from './demo-files';
import { type DemoState, readDemoState, writeDemoState } from './demo-state';
import { describeTour } from './tour';
import { takeVisitorsIn } from './visitors';
import { openWebhookReceiver, type ReceivedMessage, type WebhookReceiver } from './webhook-receiver';

/** How the demo is started. */
export interface DemoOptions {
  readonly folder: string;
  /** A free one is taken when it is not given and 4000 is in use. */
  readonly port?: number | undefined;
  readonly parts: PlatformParts;
  readonly onMessage?: (message: ReceivedMessage) => void;
}

/** A demo that runs. */
export interface Demo {
  readonly url: string;
  readonly keys: DemoState['keys'];
  readonly attune: Attune;
  readonly receiver: WebhookReceiver;
  /** What to try, ready to be printed. */
  readonly tour: string;
  close(): Promise<void>;
}

/** Starts the demo: configuration applied, visitors in, webhook listening. Twice over one folder it is the same demo. */
export async function runDemo({ folder, port, parts, onMessage }: DemoOptions): Promise<Demo> {
  const { clock } = parts;
  const files = findDemoFolder();
  const state = await readDemoState(folder);
  const { webhookSecret: secret, webhookPort, keys } = state;
  const heard = onMessage ? { onMessage } : {};
  const receiver = await openWebhookReceiver({ secret, port: webhookPort, clock, ...heard });
  try {
    const editor = await readEditor(join(files, 'queries'), keys, clock.now());
    const attune = await createAttune({
      ...parts,
      store: { kind: 'embedded', folder: join(folder, 'data') },
      keys,
      editor,
    });
    const release = async (): Promise<void> => {
      await attune.close();
      await receiver.close();
    };
    try {
      await prepare({ attune, receiver, state, folder, files, clock });
      const { url } = await listen(attune, port);
      const places = { url, keys, webhookUrl: receiver.url, folder: relative(process.cwd(), files) || '.' };
      return { url, keys, attune, receiver, tour: describeTour(places), close: release };
    } catch (error) {
      await attune.close();
      throw error;
    }
  } catch (error) {
    await receiver.close();
    throw error;
  }
}

interface Preparing {
  readonly attune: Attune;
  readonly receiver: WebhookReceiver;
  readonly state: DemoState;
  readonly folder: string;
  readonly files: string;
  readonly clock: Clock;
}

async function prepare({ attune, receiver, state, folder, files, clock }: Preparing): Promise<void> {
  const { execute, adminKey } = attune;
  const outcome = await runApply({
    folder: join(files, 'configuration'),
    ask: (query, variables = {}) => execute({ query, variables, key: adminKey }),
    variables: { DEMO_WEBHOOK_URL: receiver.url, DEMO_WEBHOOK_SECRET: state.webhookSecret },
  });
  const [refused] = outcome.refused;
  if (refused) throw new Error(`The demo's configuration was refused: ${refused.file}: ${refused.message}`);
  if (!state.seededAt) await takeVisitorsIn(join(files, 'visitors'), attune.ingestion, clock.now());
  await attune.idle();
  const seededAt = state.seededAt ?? new Date(clock.now()).toISOString();
  await writeDemoState(folder, { ...state, webhookPort: receiver.port, seededAt });
}

async function listen(attune: Attune, port: number | undefined): Promise<{ readonly url: string }> {
  if (port !== undefined) return attune.listen(port);
  return attune.listen(4000).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return attune.listen(0);
  });
}
