// The whole flow from Node: the platform's, the agent's and the expert's side, over gRPC alone.
//
// Needs @grpc/grpc-js and @grpc/proto-loader; the contract is read from proto/ as it is.
//   EXPERTLINE_PROTO   the folder proto/
//   GOOGLE_RPC_PROTO   the folder that holds google/rpc/*.proto
//   EXPERTLINE_PRESENCE, EXPERTLINE_SESSION   addresses; `expertline up` serves both on 127.0.0.1:7400
'use strict';

const assert = require('node:assert');
const { randomUUID } = require('node:crypto');
const { once, EventEmitter } = require('node:events');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs'); // comes with proto-loader

const DOMAIN = 'domains/main';
const TIMEOUT_MS = 30_000; // for every single call

// Ask again on UNAVAILABLE only: then nothing is known of the outcome, and the same request_id gets the same answer.
const SERVICE_CONFIG = JSON.stringify({
  methodConfig: [{
    name: [{}],
    retryPolicy: {
      maxAttempts: 5, initialBackoff: '0.1s', maxBackoff: '2s', backoffMultiplier: 2,
      retryableStatusCodes: ['UNAVAILABLE'],
    },
  }],
});

const definition = loader.loadSync(
  ['expert', 'presence', 'session', 'desk'].map((name) => `expertline/v1/${name}.proto`),
  {
    includeDirs: [process.env.EXPERTLINE_PROTO],
    keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
  },
);
const v1 = grpc.loadPackageDefinition(definition).expertline.v1;

const errors = new protobuf.Root();
errors.resolvePath = (origin, target) => path.join(process.env.GOOGLE_RPC_PROTO, target);
errors.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

function client(Service, address) {
  return new Service(address, grpc.credentials.createInsecure(), { 'grpc.service_config': SERVICE_CONFIG });
}

// One unary call as a promise.
function call(service, method, request) {
  return new Promise((resolve, reject) => {
    const deadline = new Date(Date.now() + TIMEOUT_MS);
    service[method](request, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

// The reason and the variables of a refused call.
function errorInfo(error) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!bytes) return undefined;
  const status = errors.lookupType('google.rpc.Status').decode(bytes);
  const any = status.details.find((detail) => detail.type_url.endsWith('/google.rpc.ErrorInfo'));
  return any && errors.lookupType('google.rpc.ErrorInfo').decode(any.value);
}

// What a stream has delivered so far; a test waits for what it needs.
class Events {
  constructor(stream) {
    this.all = [];
    this.changed = new EventEmitter();
    stream.on('data', (event) => {
      this.all.push(event);
      this.changed.emit('changed');
    });
    stream.on('error', () => this.changed.emit('changed'));
    stream.on('end', () => this.changed.emit('changed'));
  }

  async waitFor(what, wanted) {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    for (;;) {
      const found = this.all.find(wanted);
      if (found) return found;
      try {
        await once(this.changed, 'changed', { signal: deadline });
      } catch {
        throw new Error(`did not happen: ${what}; last: ${JSON.stringify(this.all.at(-1))}`);
      }
    }
  }
}

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

const say = (step) => console.log('ok  ', step);

async function main() {
  const toPresence = process.env.EXPERTLINE_PRESENCE || '127.0.0.1:7400';
  const toSessions = process.env.EXPERTLINE_SESSION || '127.0.0.1:7400';
  const directory = client(v1.ExpertService, toPresence);
  const presence = client(v1.PresenceService, toPresence);
  const sessions = client(v1.SessionService, toSessions);
  const desks = client(v1.DeskService, toSessions);
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
