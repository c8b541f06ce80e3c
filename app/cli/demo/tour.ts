import type { DemoState } from './demo-state';

/** What a tour is printed with. */
export interface TourPlaces {
  /** The server's address, without a path. */
  readonly url: string;
  readonly keys: DemoState['keys'];
  readonly webhookUrl: string;
  /** The folder `examples/demo`, as it is seen from where the demo was started. */
  readonly folder: string;
}

const VISITOR = '10000000000000000000000000000000000007';

/** The printed tour: every command can be copied into a shell as it stands, again and again. */
export function describeTour({ url, keys, webhookUrl, folder }: TourPlaces): string {
  const ask = (key: string, query: string, variables: string, show = PRETTY): string =>
    [
      `curl -s ${url}/graphql -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\`,
      `  -d '{"query":"${query}","variables":${variables}}' ${show}`,
    ].join('\n');
  return `
Attune's demo answers at ${url}/graphql — open it in a browser: the queries below are in its tabs.

  public key  ${keys.public}   for browsers
  server key  ${keys.server}   reads and writes people
  admin key   ${keys.admin}   adds configuration
  privacy key ${keys.privacy}   runs privacy jobs, and nothing else

1. One question, one answer. Ada is gold: her attributes, her segments at this instant, her offer.

${ask(keys.server, ONE_QUESTION, '{"who":{"namespace":"CRMID","value":"C-100"}}')}

2. The same page. An unknown visitor puts something into the cart, with the public key: the same call answers with
   the segment "Cart abandoners" and the offer O-CART10.

${ask(keys.public, SAME_PAGE, event('commerce.cartAdds'))}

3. The visitor buys. The very answer says O-WELCOME again: the segment is left.

${ask(keys.public, SAME_PAGE, event('commerce.purchases'))}

4. Listen to every entry and exit in another terminal, then do 2 and 3 again:

node ${folder}/subscribe.mjs ${url} ${keys.server}

5. The webhook was told too. Its ledger, which adds up, and what the receiver (this demo) counted since its start,
   signatures checked:

${ask(keys.admin, LEDGER, '{}')}
curl -s ${webhookUrl}

6. What a public key may not see, it does not: FORBIDDEN at the field, and the rest of the answer.

${ask(keys.public, FORBIDDEN, `{"who":{"namespace":"ECID","value":"${VISITOR}"}}`)}

7. Everything that is held about the visitor, in all four parts, as one document. DELETE instead of ACCESS removes it.

JOB=$(${ask(keys.privacy, ACCESS, `{"who":{"namespace":"ECID","value":"${VISITOR}"}}`, JOB_ID)})
curl -sf --retry 5 --retry-all-errors ${url}/privacy/$JOB -H 'authorization: Bearer ${keys.privacy}' ${PRETTY}

Ctrl-C ends the demo; nothing is lost, and it starts again with the same data and keys.
`;
}

const PRETTY = "| node -p 'JSON.stringify(JSON.parse(fs.readFileSync(0)),null,2)'";
const JOB_ID = "| node -p 'JSON.parse(fs.readFileSync(0)).data.createPrivacyJob.id'";
const DECISION = 'offer{id} content reason explanation';
const ONE_QUESTION =
  'query($who:IdentityInput!){profile(identity:$who){attributes segments{segment{id} cause{kind reference}} ' +
  `decisions(placements:[{placement:\\"home-hero\\"},{placement:\\"email-top\\"}],allowDuplicates:true){${DECISION}}}}`;
const SAME_PAGE =
  'mutation($input:CollectInput!){collect(input:$input){results{status message} profile{segments{segment{id}} ' +
  `decisions(placements:[{placement:\\"home-hero\\"}]){${DECISION}}}}}`;
const LEDGER =
  '{deliveryLedger(destination:\\"shop-webhook\\"){segment{id} received sent skipped failed pending reasons}}';
const ACCESS = 'mutation($who:IdentityInput!){createPrivacyJob(identity:$who,kind:ACCESS){id}}';
const FORBIDDEN = 'query($who:IdentityInput!){profile(identity:$who){attributes segments{segment{id}}}}';

/** The variables of a collect, now and with an id of its own: the shell fills both in. */
function event(eventType: string): string {
  return (
    `{"input":{"identityMap":{"ECID":[{"id":"${VISITOR}"}]},"events":[{"_id":"tour-'$(date +%s)-$RANDOM'",` +
    `"timestamp":"'$(node -p 'new Date().toJSON()')'","eventType":"${eventType}","product":{"sku":"BAG-4","category":"bags"}}]}}`
  );
}
