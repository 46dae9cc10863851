// What an editor shows with yaml-language-server and the schemas: a fault, keys to complete, a description.
// Usage: editor_test.mjs FOLDER-WITH-NODE-MODULES FOLDER-OF-SCHEMAS
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const [modules, schemas] = process.argv.slice(2).map((folder) => path.resolve(folder));
const server = spawn(process.execPath,
                     [path.join(modules, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'],
                     {stdio: ['pipe', 'pipe', 'inherit']});
const waiting = new Map();
const diagnostics = new Map();
let told = () => {};
let buffer = Buffer.alloc(0);
let next = 1;

function send(message) {
  const text = JSON.stringify({jsonrpc: '2.0', ...message});
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
function request(method, params) {
  const id = next++;
  send({id, method, params});
  return new Promise((resolve) => waiting.set(id, resolve));
}
function receive(message) {
  if (message.method === 'workspace/configuration') {
    send({id: message.id, result: message.params.items.map((item) =>
        item.section === 'yaml' ? {validate: true, completion: true, hover: true, schemaStore: {enable: false}} : {})});
  } else if (message.method === 'textDocument/publishDiagnostics') {
    diagnostics.set(message.params.uri, message.params.diagnostics);
    told();
  } else if (message.method && message.id !== undefined) {
    send({id: message.id, result: null});
  } else if (waiting.has(message.id)) {
    waiting.get(message.id)(message.result);
    waiting.delete(message.id);
  }
}
server.stdout.on('data', (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});
const deadline = setTimeout(() => {
  console.error('no answer of the language server');
  process.exit(1);
}, 90_000);

// Opens a document beside the schemas' folder, as strategies lie, and waits for what is said of it.
async function open(name, text) {
  const uri = pathToFileURL(path.join(path.dirname(schemas), name)).href;
  send({method: 'textDocument/didOpen', params: {textDocument: {uri, languageId: 'yaml', version: 1, text}}});
  while (!diagnostics.has(uri)) await new Promise((resolve) => { told = resolve; });
  return uri;
}

await request('initialize', {
  processId: process.pid, rootUri: null, workspaceFolders: null,
  capabilities: {workspace: {configuration: true}, textDocument: {completion: {completionItem: {snippetSupport: true}}}},
});
send({method: 'initialized', params: {}});
send({method: 'workspace/didChangeConfiguration', params: {settings: {}}});

const modeline = '# yaml-language-server: $schema=schema/strategy.schema.json\n';
const good = `${modeline}strategy: a
media: im
routing_points: [p]
steps:
  - step: any
    find: {skills: {mortgage: 3}}
otherwise:
  - {agent: "Nobody is free."}
`;
const fine = await open('fine.yaml', good);
assert.deepEqual(diagnostics.get(fine), []);

const faulty = await open('faulty.yaml', good.replace('find:', 'fnd:'));
assert.ok(diagnostics.get(faulty).some((one) => /fnd/.test(one.message)), JSON.stringify(diagnostics.get(faulty)));

const half = await open('half.yaml', good.replace('    find:', '    w\n    find:'));
const list = await request('textDocument/completion', {textDocument: {uri: half}, position: {line: 6, character: 5}});
const labels = (list.items ?? list).map((item) => item.label);
assert.ok(labels.includes('where') && labels.includes('wait'), labels.join(' '));

const hover = await request('textDocument/hover', {textDocument: {uri: fine}, position: {line: 6, character: 6}});
assert.match(JSON.stringify(hover.contents), /Whom the step looks for/);

clearTimeout(deadline);
server.kill();
console.log('a fault, completion and a description came');
process.exit(0);
