#!/usr/bin/env node
// A client of somebody else's making (npm ws) walks a running rehearsal: an owner who redraws, comes
// back on a new connection and confirms, and one who is confirmed by the system. Node's own asserts.
// Usage: walk_ws.mjs [--url http://127.0.0.1:8080] [--data DIR] [--admin SOCKET] [--owner N]
//                    [--office 粤B]
// r-N and the next one walk. Exit status 0 when everything held.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

// The client comes with the page's development packages.
const require = createRequire(new URL('../../../net/page/package.json', import.meta.url));
const WebSocket = require('ws');

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    data: { type: 'string', default: './plated-data' },
    admin: { type: 'string' },
    owner: { type: 'string', default: '11' },
    office: { type: 'string', default: '粤B' },
  },
});
const admin = options.admin ?? path.join(options.data, 'admin.sock');
const key = Buffer.from(
  fs.readFileSync(path.join(options.data, 'ticket.key'), 'ascii').trim(), 'base64url');

const usual = { draws: 5, batch_size: 10, batch_hold_ms: 90_000, shortlist_hold_ms: 180_000 };
const short = { batch_hold_ms: 1_000, shortlist_hold_ms: 2_000 };

function ticket(owner) {
  const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: owner, exp, aud: 'plated' })}`;
  return `${signed}.${crypto.createHmac('sha256', key).update(signed).digest('base64url')}`;
}

const vehicleOf = (number) => `RHRSL${String(number).padStart(12, '0')}`;

function ask(where, method, target, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const request = http.request({ ...where, method, path: target, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => { text += piece; });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function setOffice(settings) {
  const target = `/v1/offices/${encodeURIComponent(options.office)}`;
  const { status, text } = await ask({ socketPath: admin }, 'PUT', target, { settings });
  assert.equal(status, 200, text);
}

const { hostname, port } = new URL(options.url);
const fetchPage = (target) => ask({ hostname, port }, 'GET', target);

const still = ({ at, verified_in_ms, ...app }) => ({
  ...app, batch: app.batch?.plates ?? null, shortlist: app.shortlist?.plates ?? null,
});

// One connection; every application it is told is checked, and its versions never decrease.
class Device {
  #socket;
  #id = 100;
  #version = 0;
  #answers = new Map();
  #events = [];
  #waiting = null;

  static async open(owner) {
    const device = new Device();
    const url = `${options.url.replace(/^http/, 'ws')}/v1/select`;
    const socket = new WebSocket(url, 'plated.v1', {
      headers: { Authorization: `Bearer ${ticket(owner)}` }, perMessageDeflate: false,
    });
    device.#socket = socket;
    socket.on('message', (data, binary) => device.#receive(data, binary));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    assert.equal(socket.protocol, 'plated.v1');
    return device;
  }

  #receive(data, binary) {
    assert.equal(binary, false);
    const message = JSON.parse(data.toString());
    const application = message.application ?? (message.ok?.step ? message.ok : null);
    if (application) {
      assert.ok(application.version >= this.#version, 'versions never decrease');
      this.#version = application.version;
      for (const name of ['vehicle', 'office', 'class', 'power', 'step', 'draws_left', 'draw', 'batch',
        'shortlist', 'reservation', 'office_state', 'terms', 'at', 'version']) {
        assert.ok(name in application, `an application has ${name}`);
      }
    }
    if ('event' in message) {
      this.#events.push(message);
      this.#waiting?.();
      return;
    }
    const [first] = this.#answers.keys();
    assert.equal(message.id, first, 'answers come in the order of the requests');
    const settle = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    settle(message);
  }

  send(op, fields = {}) {
    this.#id += 1;
    const id = this.#id;
    this.#socket.send(JSON.stringify({ id, op, ...fields }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${op} was not answered`)), 10_000);
      this.#answers.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  }

  async ok(op, fields) {
    const message = await this.send(op, fields);
    assert.ok(message.ok, `${op}: ${JSON.stringify(message)}`);
    return message.ok;
  }

  async refused(code, op, fields) {
    const message = await this.send(op, fields);
    assert.equal(message.error?.code, code, `${op}: ${JSON.stringify(message)}`);
    assert.equal(typeof message.error.message, 'string');
    return message.error;
  }

  async pushed(holds, what) {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const at = this.#events.findIndex((e) => e.event === 'application' && holds(e.application));
      if (at >= 0) return this.#events.splice(0, at + 1).at(-1).application;
      const left = deadline - Date.now();
      assert.ok(left > 0, `not pushed: ${what}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close() {
    return new Promise((resolve) => {
      this.#socket.once('close', (code) => resolve(code));
      this.#socket.close(1000);
    });
  }
}

async function toPick(device, vehicle) {
  const entered = await device.ok('enter', { vehicle });
  assert.equal(entered.step, 'submit');
  await device.ok('send_code', { vehicle, for: 'submit' });
  const submitted = await device.ok('submit', { vehicle, code: '000000', terms: entered.terms });
  assert.equal(submitted.step, 'notice');
  assert.ok(submitted.version > entered.version);
  await device.ok('send_code', { vehicle, for: 'verify' });
  const verified = await device.ok('verify', { vehicle, code: '000000' });
  assert.equal(verified.step, 'pick');
  return verified;
}

async function checkVoucher({ voucher, plate }) {
  const page = await fetchPage(voucher);
  assert.equal(page.status, 200);
  assert.ok(page.text.replace(/[·\s]/g, '').includes(plate), 'the voucher shows the plate');
}

async function choose(number) {
  await setOffice(usual);
  const owner = `r-${number}`;
  const vehicle = vehicleOf(number);
  let device = await Device.open(owner);
  await toPick(device, vehicle);
  // Sent at once, answered in order: a draw, its repetition, and what comes too early.
  const [first, again, wrong] = await Promise.all([
    device.ok('draw', { vehicle, draw: 1, without4: false }),
    device.ok('draw', { vehicle, draw: 1, without4: true }),
    device.refused('wrong_draw_number', 'draw', { vehicle, draw: 3, without4: false }),
  ]);
  assert.deepEqual(still(again), still(first));
  assert.equal(typeof wrong.message, 'string');
  assert.equal(first.batch.plates.length, usual.batch_size);
  assert.equal(first.draws_left, usual.draws - 1);
  const kept = first.batch.plates[2];
  await device.ok('shortlist', { vehicle, plate: kept });
  const second = await device.ok('draw', { vehicle, draw: 2, without4: true });
  assert.deepEqual(second.shortlist.plates, [kept]);
  assert.ok(second.batch.plates.every((plate) => !plate.includes('4')));

  assert.equal(await device.close(), 1000);
  device = await Device.open(owner);
  const back = await device.ok('enter', { vehicle });
  assert.deepEqual(still(back), still(second));

  await setOffice(short);
  const third = await device.ok('draw', { vehicle, draw: 3, without4: false });
  assert.ok(third.batch.expires_in_ms <= short.batch_hold_ms);
  await device.pushed((app) => app.draw === 3 && app.batch === null, 'the batch ran out');
  await device.refused('expired', 'shortlist', { vehicle, plate: third.batch.plates[0] });
  await device.pushed((app) => app.draw === 3 && app.shortlist === null, 'the shortlist ran out');
  await setOffice(usual);

  const fourth = await device.ok('draw', { vehicle, draw: 4, without4: false });
  const plate = fourth.batch.plates.at(-1);
  await device.refused('not_on_shortlist', 'confirm', { vehicle, plate });
  await device.ok('shortlist', { vehicle, plate });
  const done = await device.ok('confirm', { vehicle, plate });
  assert.equal(done.step, 'done');
  assert.equal(done.reservation.plate, plate);
  assert.equal(done.reservation.auto, false);
  assert.match(done.reservation.deadline, /^\d{4}-\d{2}-\d{2}$/);
  assert.ok(Number.isInteger(done.reservation.sequence));
  await checkVoucher(done.reservation);
  await device.close();
  return plate;
}

async function beConfirmed(number) {
  await setOffice({ ...usual, ...short, draws: 1 });
  const vehicle = vehicleOf(number);
  const device = await Device.open(`r-${number}`);
  await toPick(device, vehicle);
  const last = await device.ok('draw', { vehicle, draw: 1, without4: false });
  assert.equal(last.draws_left, 0);
  assert.equal(last.fallback, last.batch.plates[0]);
  // Kept another, and let that run out too: the fallback is confirmed all the same.
  await device.ok('shortlist', { vehicle, plate: last.batch.plates[1] });
  const done = await device.pushed((app) => app.step === 'done', 'the auto-confirm');
  assert.equal(done.reservation.auto, true);
  assert.equal(done.reservation.plate, last.fallback);
  await checkVoucher(done.reservation);
  await device.close();
  return done.reservation.plate;
}

const number = Number(options.owner);
try {
  console.log(`r-${number} chose ${await choose(number)}`);
  console.log(`r-${number + 1} was given ${await beConfirmed(number + 1)}`);
} finally {
  await setOffice(usual);
}
process.exit(0);
