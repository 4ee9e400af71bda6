// What both scripts need: the running demo, a client's module by its name, resources to write.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ready = JSON.parse(readFileSync(process.argv[2], 'utf8'));

export function load(file) {
  return import(pathToFileURL(join(process.env.SOCLE_FHIR_CLIENTS, 'node_modules', file)).href);
}

/** A token as any OAuth 2.0 program asks for it. */
export async function token(url, { id, secret }) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
  const answer = await fetch(url, { method: 'POST', body });
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  return (await answer.json()).access_token;
}

export const patient = (family) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:essai', value: family }],
  name: [{ family, given: ['Odette'] }],
  birthDate: '1938-03-07',
});

export const weight = (reference, value) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference },
  effectiveDateTime: '2026-05-20T08:30:00+02:00',
  valueQuantity: { value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
});

/** Fails unless `work` is refused with this status. */
export async function refused(status, work, of) {
  let answer;
  try {
    answer = await work();
  } catch (error) {
    if (of(error) === status) return;
    throw new Error(`refused with ${of(error)} instead of ${status}`, { cause: error });
  }
  throw new Error(`not refused: ${JSON.stringify(answer)}`);
}
