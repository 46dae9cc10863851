// The whole flow from Node: the platform's, the agent's and the expert's side, over gRPC alone. Runs as client.js says.
'use strict';

const assert = require('node:assert');
const { randomUUID } = require('node:crypto');
const { DOMAIN, Events, call, client, errorInfo, grpc, say } = require('./client');

// One stream that speaks for experts.
class Desk {
  constructor(service) {
    this.stream = service.Desk();
    this.events = new Events(this.stream);
  }

  // Sends one request and returns its result.
  async ask(action) {
    const requestId = randomUUID();
    this.stream.write({ request_id: requestId, ...action });
    const event = await this.events.waitFor(
      JSON.stringify(action),
      (each) => each.result && each.result.request_id === requestId,
    );
    assert.strictEqual(event.result.code, 0, JSON.stringify(event.result));
    return event.result;
  }

  async preview(session, expert) {
    const event = await this.events.waitFor(`preview of ${session}`, ({ preview }) => preview
      && preview.offer.session === session && (!expert || preview.expert === expert));
    return event.preview;
  }
}

async function main() {
  const directory = client('ExpertService');
  const presence = client('PresenceService');
  const sessions = client('SessionService');
  const desks = client('DeskService');
  const experts = ['node-ann', 'node-bob'];

  // Two experts enter the directory.
  for (const name of experts) {
    await call(directory, 'CreateExpert', {
      parent: DOMAIN,
      request_id: randomUUID(),
      expert: {
        name: `${DOMAIN}/experts/${name}`,
        display_name: name,
        skills: { billing: 3 },
        capacities: { im: 1, voice: 1 },
        dns: { voice: `dn-${name}` },
      },
    });
  }
  say('experts are in the directory');

  // A source reports their presence; a desk speaks for both.
  const reported = await call(presence, 'ReportPresence', {
    parent: DOMAIN,
    reports: experts.map((expert, i) => ({
      expert,
      source: 'node-client',
      kind: 'SOURCE_KIND_CLIENT',
      state: 'PRESENCE_STATE_ONLINE',
      epoch: 1,
      sequence: i + 1,
    })),
  });
  assert.deepStrictEqual(reported.refused, []);
  say('presence is reported');
  const desk = new Desk(desks);
  await desk.ask({ attach: { parent: DOMAIN, experts } });
  say('the desk is attached');

  // An agent asks. What is attached travels with the interaction, binary values too.
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const { session } = await call(sessions, 'StartSession', {
    parent: DOMAIN,
    routing_point: 'billing',
    agent: { id: 'node-agent', display_name: 'Node Agent' },
    interaction: { id: 'node-call-1', channel: 'voice' },
    user_data: {
      values: { topic: { text: 'a wrong bill' }, account: { number: '4711' }, token: { binary } },
    },
    text: 'Can you help me with a bill?',
    request_id: randomUUID(),
  });
  say('the session begins');

  // The first expert declines, the other one is asked and accepts.
  const first = await desk.preview(session.name);
  assert.strictEqual(first.message, 'Billing question about a wrong bill');
  assert.match(first.headline, / asks for help$/);
  const { reasons } = await call(sessions, 'ListDeclineReasons', { parent: DOMAIN, language: 'de' });
  assert.deepStrictEqual(reasons, []); // any words
  const declined = await desk.ask({ decline: { offer: first.offer, reason: 'in a meeting' } });
  assert.strictEqual(declined.outcome, 'OFFER_OUTCOME_DECLINED');
  say(`${first.expert} declines`);
  const other = experts.find((expert) => expert !== first.expert);
  const second = await desk.preview(session.name, other);
  const accepted = await desk.ask({ accept: { offer: second.offer } });
  assert.strictEqual(accepted.outcome, 'OFFER_OUTCOME_ACCEPTED');
  say(`${other} accepts`);

  // The platform watches the session: whole states, with the messages in between.
  const watching = sessions.WatchSession({ name: session.name });
  const watch = new Events(watching);
  const active = await watch.waitFor('the im leg is active', (event) => event.session
    && event.session.legs[0].state === 'LEG_STATE_ACTIVE');
  const direct = active.session.voice_targets.find((target) => target.via === 'VOICE_VIA_DIRECT');
  assert.strictEqual(direct.dn, `dn-${other}`);
  say('the agent is told how the call may follow');

  // They talk.
  await desk.ask({ send_message: { session: session.name, expert: other, text: 'Gladly.' } });
  const said = await watch.waitFor("the expert's message", ({ message }) => message && message.text === 'Gladly.');
  assert.strictEqual(said.message.author, 'MESSAGE_AUTHOR_EXPERT');
  await call(sessions, 'SendMessage', { session: session.name, text: 'Thank you.', request_id: randomUUID() });
  await desk.events.waitFor("the agent's message", ({ message }) => message && message.message.text === 'Thank you.');
  say('they talk');

  // A picture, which the other side gets byte by byte; a drawing with scripts is refused.
  const picture = {
    name: 'accident.png',
    media_type: 'image/png',
    content: Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), binary]),
  };
  const sent = await call(sessions, 'SendMessage', { session: session.name, file: picture, request_id: randomUUID() });
  const pictured = await desk.events.waitFor('the picture', ({ message }) => message
    && message.message.id === sent.message_id);
  assert.deepStrictEqual(pictured.message.message.file.content, picture.content);
  await assert.rejects(
    call(sessions, 'SendMessage', {
      session: session.name,
      file: { name: 'a.png', media_type: 'image/svg+xml', content: Buffer.from('<svg/>') },
    }),
    (error) => {
      assert.strictEqual(error.code, grpc.status.PERMISSION_DENIED);
      assert.strictEqual(errorInfo(error).reason, 'CONTENT_NOT_ALLOWED');
      assert.strictEqual(errorInfo(error).metadata.rule, 'files.types');
      return true;
    },
  );
  say('a picture is sent, a script is refused');

  // A ready-made text of the expert's, in German; who is typing, and what was read.
  const { texts } = await call(sessions, 'ListPresetTexts', {
    parent: DOMAIN, language: 'de', side: 'MESSAGE_AUTHOR_EXPERT',
  });
  assert.deepStrictEqual(texts.map((text) => [text.id, text.text]), [['solved', 'Es ist geklärt.']]);
  await call(sessions, 'SendTyping', { session: session.name });
  await desk.events.waitFor('the agent types', ({ typing }) => typing);
  await desk.ask({ mark: { session: session.name, expert: other, read: sent.message_id } });
  await desk.ask({ typing: { session: session.name, expert: other } });
  await desk.ask({ send_message: { session: session.name, expert: other, preset: 'solved', language: 'de' } });
  await watch.waitFor('the expert types', ({ typing }) => typing);
  await watch.waitFor('the expert has read it', (event) => event.session
    && event.session.participants.some((one) => one.read === sent.message_id));
  const ready = await watch.waitFor('the text', ({ message }) => message && message.preset === 'solved');
  assert.strictEqual(ready.message.text, 'Es ist geklärt.');
  await call(sessions, 'MarkMessages', { session: session.name, read: ready.message.id });
  await desk.events.waitFor('the agent has read it', (event) => event.leg_update
    && event.leg_update.participants.some((one) => one.read === ready.message.id));
  say('typing, ready-made texts and marks');

  // The customer's call follows: the expert's line is held, the call is routed to him, and it ends.
  const prepared = await call(sessions, 'PrepareVoice', {
    session: session.name,
    via: 'VOICE_VIA_ROUTING_POINT',
    kind: 'CALL_KIND_TRANSFER',
    request_id: randomUUID(),
  });
  assert.strictEqual(prepared.user_data.values.expert_id.text, other);
  assert.strictEqual(prepared.user_data.values.account.number, '4711');
  assert.deepStrictEqual(prepared.user_data.values.token.binary, binary);
  const routing = sessions.RouteCall({
    parent: DOMAIN,
    call_id: 'node-call-2',
    parent_call_id: 'node-call-1',
    kind: 'CALL_KIND_TRANSFER',
    routing_point: prepared.target.dn,
    session: session.name,
    user_data: prepared.user_data,
  });
  const progress = new Events(routing);
  const routed = await progress.waitFor('the call is routed', (event) => event.progress === 'CALL_PROGRESS_ROUTED');
  assert.strictEqual(routed.dn, `dn-${other}`);
  assert.deepStrictEqual(routed.user_data.values.token.binary, binary);
  for (const [event, state] of [
    ['VOICE_EVENT_RINGING', 'LEG_STATE_CONNECTING'],
    ['VOICE_EVENT_ANSWERED', 'LEG_STATE_ACTIVE'],
    ['VOICE_EVENT_JOINED', 'LEG_STATE_ACTIVE'],
    ['VOICE_EVENT_RELEASED', 'LEG_STATE_ENDED'],
  ]) {
    const report = await call(sessions, 'ReportVoice', { parent: DOMAIN, call_id: 'node-call-2', event });
    assert.strictEqual(report.state, state);
  }
  say(`the call is transferred to ${routed.dn}`);

  // A refusal says why, with its variables.
  await assert.rejects(
    call(sessions, 'StartSession', {
      parent: DOMAIN,
      routing_point: 'nowhere',
      agent: { id: 'node-agent' },
      interaction: { id: 'node-call-3' },
    }),
    (error) => {
      assert.strictEqual(error.code, grpc.status.NOT_FOUND);
      const info = errorInfo(error);
      assert.strictEqual(info.reason, 'UNKNOWN_ROUTING_POINT');
      assert.strictEqual(info.metadata.routing_point, 'nowhere');
      return true;
    },
  );
  await assert.rejects(
    call(sessions, 'StartSession', {
      parent: DOMAIN,
      routing_point: 'billing',
      agent: { id: 'node-agent', site: 'home' },
      interaction: { id: 'node-call-4' },
    }),
    (error) => {
      assert.strictEqual(error.code, grpc.status.PERMISSION_DENIED);
      assert.strictEqual(errorInfo(error).metadata.why, 'Not from home');
      return true;
    },
  );
  say('a refusal says why');

  const ended = await call(sessions, 'EndSession', { name: session.name, request_id: randomUUID() });
  assert.strictEqual(ended.session.outcome, 'SESSION_OUTCOME_HELPED');
  await watch.waitFor('the end', (event) => event.session && event.session.state === 'SESSION_STATE_ENDED');
  say('the session ends: helped');
  desk.stream.end();
  for (const name of experts) await call(directory, 'DeleteExpert', { name: `${DOMAIN}/experts/${name}` });
  for (const each of [directory, presence, sessions, desks]) each.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
