// Presence from Node: a source reports on a stream of its own, a supervisor watches, and what is wrong is refused with
// its reason. Runs as client.js says, with ../sources.yaml.
'use strict';

const assert = require('node:assert');
const { DOMAIN, Events, call, client, errorInfo, grpc, say } = require('./client');

const ANN = 'node-presence-ann';
const BOB = 'node-presence-bob';

// A stream of reports. Each batch is acknowledged when it is durable.
class Source {
  constructor(service, hello) {
    this.stream = service.StreamPresence();
    this.answers = new Events(this.stream);
    this.batch = 0;
    this.stream.write({ parent: DOMAIN, hello });
  }

  async welcome() {
    return (await this.answers.waitFor('a welcome', (answer) => answer.welcome)).welcome;
  }

  // Answers the reasons of what was refused, by place.
  async report(...reports) {
    const batch = String(++this.batch);
    this.stream.write({ batch, reports });
    const answer = await this.answers.waitFor(`batch ${batch}`, (each) => each.batch === batch && !each.welcome);
    return Object.fromEntries(answer.refused.map(({ index, reason }) => [index, reason]));
  }
}

async function main() {
  const directory = client('ExpertService');
  const presence = client('PresenceService');
  const read = async (expert) => (await call(presence, 'GetPresence', { name: `${DOMAIN}/experts/${expert}` })).presence;
  const routable = (now) => now.media.filter((medium) => medium.routable).map(({ medium }) => medium);
  for (const name of [ANN, BOB]) {
    await call(directory, 'CreateExpert', {
      parent: DOMAIN,
      expert: { name: `${DOMAIN}/experts/${name}`, display_name: name, capacities: { im: 1, voice: 1 } },
    });
  }

  // A supervisor watches: everything first, then each change.
  const watching = presence.WatchPresence({ parent: DOMAIN, watcher: 'node-boss', experts: [ANN, BOB, 'node-nobody'] });
  const contacts = new Events(watching);
  const seen = (expert, fits) => contacts.waitFor(`${expert} as expected`, (message) => message.contacts.some(
    (contact) => contact.name === `${DOMAIN}/experts/${expert}` && fits(contact),
  ));
  await seen(ANN, ({ state }) => state === 'PRESENCE_STATE_OFFLINE');
  await seen('node-nobody', ({ unknown }) => unknown);
  say('a watcher is told of everybody first');

  // A source with a stream of its own, declared: it may speak for one of the two.
  const phone = new Source(presence, { source: 'node-pbx', epoch: 1 });
  assert.strictEqual((await phone.welcome()).window, 16);
  const chat = new Source(presence, { source: 'node-chat', kind: 'SOURCE_KIND_CLIENT', epoch: 1 });
  await chat.welcome();
  assert.deepStrictEqual(await chat.report({ expert: ANN, state: 'PRESENCE_STATE_ONLINE', sequence: 1 }), {});
  assert.strictEqual((await read(ANN)).state, 'PRESENCE_STATE_ONLINE');
  await seen(ANN, ({ state }) => state === 'PRESENCE_STATE_ONLINE');
  assert.deepStrictEqual(
    await phone.report({ expert: ANN, foreign: { system: 'sip', words: ['on-the-phone'] }, sequence: 1 }), {});
  const calling = await read(ANN);
  assert.strictEqual(calling.state, 'PRESENCE_STATE_ON_THE_PHONE');
  assert.strictEqual(calling.winner, 'node-pbx');
  assert.deepStrictEqual(calling.losers, ['node-chat']);
  assert.deepStrictEqual(routable(calling), ['im']);
  await seen(ANN, ({ state }) => state === 'PRESENCE_STATE_ON_THE_PHONE');
  say('what two sources report is one presence');

  // Each report that is not taken has its reason; the good ones of the batch are taken.
  const online = { expert: ANN, state: 'PRESENCE_STATE_ONLINE' };
  const hourAgo = { seconds: String(Math.floor(Date.now() / 1000) - 3600) };
  assert.deepStrictEqual(await chat.report({ ...online, sequence: 10 }), {});
  assert.deepStrictEqual(
    await chat.report(
      { ...online, expert: 'node-nobody', sequence: 11 },
      { ...online, expert: 'not an id', sequence: 11 },
      { expert: ANN, sequence: 11 },
      { ...online, note: 'x'.repeat(201), sequence: 11 },
      { ...online, seen_time: hourAgo, sequence: 11 },
      { expert: ANN, foreign: { system: 'sip', words: ['dancing'] }, sequence: 11 },
      { expert: BOB, state: 'PRESENCE_STATE_BUSY', sequence: 1 },
    ),
    {
      0: 'REPORT_REFUSAL_UNKNOWN_EXPERT',
      1: 'REPORT_REFUSAL_MALFORMED',
      2: 'REPORT_REFUSAL_MALFORMED',
      3: 'REPORT_REFUSAL_MALFORMED',
      4: 'REPORT_REFUSAL_CLOCK_FAR_OFF',
      5: 'REPORT_REFUSAL_UNKNOWN_WORD',
    },
  );
  assert.deepStrictEqual(await chat.report({ ...online, sequence: 9 }), { 0: 'REPORT_REFUSAL_STALE' });
  assert.deepStrictEqual(
    await phone.report({ expert: BOB, state: 'PRESENCE_STATE_BUSY', sequence: 1 }),
    { 0: 'REPORT_REFUSAL_FOREIGN_EXPERT' },
  );
  await seen(BOB, ({ state }) => state === 'PRESENCE_STATE_BUSY');
  const { sources } = await call(presence, 'ListSources', { parent: DOMAIN });
  const counted = sources.find(({ id }) => id === 'node-pbx');
  assert.deepStrictEqual(counted.refused, [{ reason: 'REPORT_REFUSAL_FOREIGN_EXPERT', count: '1' }]);
  assert.strictEqual(counted.taken, '1');
  say('each refusal has its reason and is counted');

  // A stream that cannot go on says why.
  const endless = new Source(presence, { source: 'node-endless', epoch: 1, heartbeat: { seconds: '36000' } });
  const refused = await new Promise((resolve) => {
    endless.stream.on('error', resolve);
  });
  assert.strictEqual(refused.code, grpc.status.INVALID_ARGUMENT);
  assert.strictEqual(errorInfo(refused).metadata.field, 'hello.heartbeat');
  const again = new Source(presence, { source: 'node-chat', kind: 'SOURCE_KIND_CLIENT', epoch: 2 });
  await again.welcome();
  const superseded = new Promise((resolve) => {
    chat.stream.on('error', resolve);
  });
  const nudge = setInterval(() => chat.stream.write({ batch: '1000' }), 50);
  assert.strictEqual(errorInfo(await superseded).reason, 'SOURCE_SUPERSEDED');
  clearInterval(nudge);
  say('a source that connected anew ends its older stream');

  watching.on('error', () => {});
  watching.cancel();
  for (const source of [phone, again]) source.stream.end();
  for (const name of [ANN, BOB]) await call(directory, 'DeleteExpert', { name: `${DOMAIN}/experts/${name}` });
  for (const each of [directory, presence]) each.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
