// fhir-kit-client: discovery, one resource's life, search page by page, history, batch, operations, import.
import assert from 'node:assert/strict';
import { load, patient, ready, refused, token, weight } from './setup.mjs';

const { Client } = await load('fhir-kit-client/dist/index.js');
const statusOf = (error) => error.response?.status ?? error.status;

const open = new Client({ baseUrl: ready.fhir });
const { tokenUrl } = await open.smartAuthMetadata();
assert.equal(tokenUrl.href, ready.oauth_token_url);
const statement = await open.capabilityStatement();
assert.equal(statement.fhirVersion, '4.0.1');
await refused(401, () => open.search({ resourceType: 'Patient' }), statusOf);

const kit = new Client({ baseUrl: ready.fhir, bearerToken: await token(tokenUrl, ready.api_client) });

const made = await kit.create({ resourceType: 'Patient', body: patient('Kit') });
const id = made.id;
assert.equal((await kit.read({ resourceType: 'Patient', id })).name[0].family, 'Kit');
const changed = await kit.update({ resourceType: 'Patient', id, body: { ...made, gender: 'female' } });
assert.deepEqual([changed.gender, changed.meta.versionId], ['female', '2']);
const first = await kit.vread({ resourceType: 'Patient', id, version: '1' });
assert.equal(first.gender, undefined);
const history = await kit.resourceHistory({ resourceType: 'Patient', id });
assert.deepEqual([history.type, history.total], ['history', 2]);

const batch = await kit.batch({
  body: {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      { request: { method: 'POST', url: 'Observation' }, resource: weight(`Patient/${id}`, 61) },
      { request: { method: 'POST', url: 'Observation' }, resource: weight(`Patient/${id}`, 62) },
      { request: { method: 'GET', url: `Patient/${id}` } },
      { request: { method: 'GET', url: 'Patient/personne' } },
    ],
  },
});
const statuses = batch.entry.map((entry) => entry.response.status.slice(0, 3));
assert.deepEqual(statuses, ['201', '201', '200', '404']);
const transaction = await kit.transaction({
  body: {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { fullUrl: 'urn:uuid:5f0f9a6e-5a0f-4c1b-9a53-0d6d3c6f5c01', request: { method: 'POST', url: 'Patient' }, resource: patient('Ensemble') },
      { request: { method: 'POST', url: 'Observation' }, resource: weight('urn:uuid:5f0f9a6e-5a0f-4c1b-9a53-0d6d3c6f5c01', 70) },
    ],
  },
});
assert.equal(transaction.type, 'transaction-response');
const together = transaction.entry[1].resource;
assert.match(together.subject.reference, /^Patient\//);

const searchParams = { patient: `Patient/${id}`, code: 'http://loinc.org|29463-7', _count: 1 };
let page = await kit.search({ resourceType: 'Observation', searchParams });
assert.deepEqual([page.type, page.total, page.entry.length], ['searchset', 2, 1]);
const values = [page.entry[0].resource.valueQuantity.value];
page = await kit.nextPage({ bundle: page });
values.push(page.entry[0].resource.valueQuantity.value);
assert.deepEqual(values.sort(), [61, 62]);
assert.equal(await kit.nextPage({ bundle: page }), undefined);
const posted = await kit.search({ resourceType: 'Observation', searchParams, options: { postSearch: true } });
assert.equal(posted.total, 2);
const included = await kit.search({
  resourceType: 'Observation',
  searchParams: { patient: id, _include: 'Observation:patient' },
});
assert.equal(included.entry.filter((entry) => entry.search.mode === 'include').length, 1);

const all = await kit.operation({ name: 'everything', resourceType: 'Patient', id, method: 'GET' });
assert.deepEqual([all.type, all.total], ['searchset', 3]);
const meta = await kit.operation({
  name: 'meta-add',
  resourceType: 'Patient',
  id,
  input: {
    resourceType: 'Parameters',
    parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:essai', code: 'suivi' }] } }],
  },
});
assert.equal(meta.parameter[0].valueMeta.tag[0].code, 'suivi');

const document = await kit.operation({ name: 'document', resourceType: 'Patient', id, method: 'GET' });
assert.deepEqual([document.type, document.entry[0].resource.resourceType], ['document', 'Composition']);
const verdict = await kit.operation({ name: 'validate', resourceType: 'Patient', input: patient('Jugé') });
assert.ok(verdict.issue.every((issue) => issue.severity !== 'error'));

// What no client knows: lines sent, followed, sent again.
async function sent(lines) {
  const { tokenUrl } = await open.smartAuthMetadata();
  const authorization = `Bearer ${await token(tokenUrl, ready.api_client)}`;
  const headers = { authorization, 'content-type': 'application/fhir+ndjson', prefer: 'respond-async' };
  const begun = await fetch(`${ready.fhir}/$import`, { method: 'POST', headers, body: lines.map((one) => JSON.stringify(one)).join('\n') });
  assert.equal(begun.status, 202);
  for (;;) {
    const answer = await fetch(begun.headers.get('content-location'), { headers: { authorization } });
    if (answer.status !== 202) return (await answer.json()).extension;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const lines = [{ ...weight('Patient/envoi', 70), id: 'envoi-1' }, { ...patient('Envoi'), id: 'envoi' }];
assert.equal((await sent(lines)).created, 2);
assert.equal((await sent(lines)).skipped, 2);
assert.equal((await kit.read({ resourceType: 'Observation', id: 'envoi-1' })).subject.reference, 'Patient/envoi');

const limited = new Client({ baseUrl: ready.fhir, bearerToken: await token(tokenUrl, ready.api_client_limited) });
await refused(404, () => limited.read({ resourceType: 'Patient', id: 'personne' }), statusOf);
await kit.delete({ resourceType: 'Patient', id: together.subject.reference.split('/')[1] }).catch((error) => {
  // Where what is about a person forbids it, it is said.
  assert.ok([409, 412, 422].includes(statusOf(error)), String(statusOf(error)));
});
const observation = posted.entry[0].resource.id;
await kit.delete({ resourceType: 'Observation', id: observation });
await refused(410, () => kit.read({ resourceType: 'Observation', id: observation }), statusOf);
