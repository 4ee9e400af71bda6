// @medplum/core: its own sign-in, one resource's life, search page by page, history, batch, Bulk Data, code lists.
import assert from 'node:assert/strict';
import { load, patient, ready, refused, weight } from './setup.mjs';

// It extends this class when it is loaded, and never opens one here: Node has it from version 22 on.
globalThis.WebSocket ??= class extends EventTarget {};
const { MedplumClient, OperationOutcomeError } = await load('@medplum/core/dist/esm/index.mjs');
const codeOf = (error) => (error instanceof OperationOutcomeError ? error.outcome.issue[0].code : String(error));

const medplum = new MedplumClient({
  baseUrl: `${ready.url}/`,
  fhirUrlPath: 'fhir',
  tokenUrl: ready.oauth_token_url,
  cacheTime: 0,
});
await medplum.startClientLogin(ready.api_client.id, ready.api_client.secret);

const made = await medplum.createResource(patient('Medplum'));
assert.equal((await medplum.readResource('Patient', made.id)).name[0].family, 'Medplum');
const changed = await medplum.updateResource({ ...made, gender: 'female' });
assert.deepEqual([changed.gender, changed.meta.versionId], ['female', '2']);
assert.equal((await medplum.readVersion('Patient', made.id, '1')).gender, undefined);
assert.equal((await medplum.readHistory('Patient', made.id)).total, 2);
const same = await medplum.createResourceIfNoneExist(patient('Medplum'), 'identifier=urn:essai|Medplum');
assert.equal(same.id, made.id);

const batch = await medplum.executeBatch({
  resourceType: 'Bundle',
  type: 'batch',
  entry: [61, 62, 63].map((value) => ({
    request: { method: 'POST', url: 'Observation' },
    resource: weight(`Patient/${made.id}`, value),
  })),
});
assert.ok(batch.entry.every((entry) => entry.response.status.startsWith('201')));

const pages = [];
for await (const page of medplum.searchResourcePages('Observation', { patient: `Patient/${made.id}`, _count: 2 })) {
  pages.push(page.map((one) => one.valueQuantity.value));
}
assert.deepEqual([pages.length, pages.flat().sort()], [2, [61, 62, 63]]);
const one = await medplum.searchOne('Patient', { identifier: 'urn:essai|Medplum' });
assert.equal(one.id, made.id);
const everything = await medplum.readPatientEverything(made.id);
assert.equal(everything.total, 4);

const manifest = await medplum.bulkExport('Patient', 'Patient,Observation', undefined, { pollStatusOnAccepted: true, pollStatusPeriod: 100 });
assert.equal(manifest.requiresAccessToken, true);
const people = manifest.output.find((output) => output.type === 'Patient');
const file = await (await medplum.download(people.url)).text();
const ids = file.trim().split('\n').map((line) => JSON.parse(line).id);
assert.ok(ids.includes(made.id));

const genders = await medplum.valueSetExpand({ url: 'http://hl7.org/fhir/ValueSet/administrative-gender', filter: 'fem' });
assert.deepEqual(genders.expansion.contains.map((one) => one.code), ['female']);

const [observation] = await medplum.searchResources('Observation', { patient: `Patient/${made.id}` });
await medplum.deleteResource('Observation', observation.id);
await refused('deleted', () => medplum.readResource('Observation', observation.id), codeOf);
await refused('not-found', () => medplum.readResource('Patient', 'personne'), codeOf);
