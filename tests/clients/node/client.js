// What the examples in Node share: clients of the services, calls as promises, the reason of a refusal, and what a
// stream delivers.
//
// Needs @grpc/grpc-js and @grpc/proto-loader; the contract is read from proto/ as it is.
//   EXPERTLINE_PROTO   the folder proto/
//   GOOGLE_RPC_PROTO   the folder that holds google/rpc/*.proto
//   EXPERTLINE_PRESENCE, EXPERTLINE_SESSION   addresses; `expertline up` serves both on 127.0.0.1:7400
'use strict';

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

const PRESENCE = process.env.EXPERTLINE_PRESENCE || '127.0.0.1:7400';
const SESSION = process.env.EXPERTLINE_SESSION || '127.0.0.1:7400';
const ADDRESSES = {
  ExpertService: PRESENCE, PresenceService: PRESENCE, SessionService: SESSION, DeskService: SESSION,
};

// A client of one service, by its name.
function client(name) {
  return new v1[name](ADDRESSES[name], grpc.credentials.createInsecure(), { 'grpc.service_config': SERVICE_CONFIG });
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

const say = (step) => console.log('ok  ', step);

module.exports = { DOMAIN, Events, call, client, errorInfo, grpc, say };
