//! How long labels take: `cargo bench -p confidentiality`. Aims, never asserted: a note of 2 kB in less than 1 ms, a coded
//! resource in less than 20 µs, 10,000 notes a second on one core.
#![expect(clippy::unwrap_used, reason = "a bench is no interface, and may fail")]

use confidentiality::labeler::score::Case;
use confidentiality::labeler::{Context, Labeler, rules};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// The notes written by hand for the tests.
fn notes() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let read = |name| fs::read_to_string(folder.join(name)).unwrap();
    let text = ["health-notes.jsonl", "social-notes.jsonl"].map(read).concat();
    text.lines().map(|line| serde_json::from_str::<Case>(line).unwrap().text).collect()
}

/// Whole notes one after the other, up to two kilobytes.
fn long_note(notes: &[String]) -> String {
    let mut note = String::new();
    for text in notes {
        note.push_str(text);
        note.push('\n');
        if note.len() > 2_000 {
            break;
        }
    }
    let end = (0..=2_000).rev().find(|end| note.is_char_boundary(*end)).unwrap_or_default();
    note.truncate(end);
    note
}

fn condition() -> Value {
    json!({
        "resourceType": "Condition", "id": "c1",
        "meta": {"lastUpdated": "2025-03-01T10:00:00Z"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F20.0", "display": "Schizophrénie paranoïde"}]},
        "subject": {"reference": "Patient/p1"},
        "recordedDate": "2025-03-01",
    })
}

fn communication(text: &str) -> Value {
    json!({
        "resourceType": "Communication", "id": "m1", "status": "completed",
        "category": [{"text": "Transmission"}],
        "subject": {"reference": "Patient/p1"}, "sender": {"reference": "Practitioner/a1", "display": "Invented Name"},
        "sent": "2025-03-01T21:00:00+01:00",
        "payload": [{"contentString": text}],
    })
}

fn labels(bench: &mut Criterion) {
    let (labeler, context, notes) = (Labeler::shipped().unwrap(), Context::default(), notes());
    let (long, condition) = (long_note(&notes), condition());
    let short = "Mme est restée au lit ce matin, a peu mangé. Parle d'idées noires, IDE et psychiatre prévenus. \
        Douleur hanche 4/10, Doliprane 1 g donné à 8 h.";
    let communication = communication(short);
    bench.bench_function("note of 2 kB", |b| b.iter(|| labeler.label_text(black_box(&long), &context)));
    bench.bench_function("coded condition", |b| b.iter(|| labeler.label_resource(black_box(&condition), &context)));
    let label = |b: &mut criterion::Bencher<'_>| b.iter(|| labeler.label_resource(black_box(&communication), &context));
    bench.bench_function("communication", label);
    let mut group = bench.benchmark_group("throughput");
    group.throughput(Throughput::Elements(notes.len() as u64));
    group.bench_function("notes", |b| {
        b.iter(|| notes.iter().map(|note| labeler.label_text(black_box(note), &context).reasons.len()).sum::<usize>());
    });
    group.finish();
}

fn start(bench: &mut Criterion) {
    bench.bench_function("start with the shipped rules", |b| {
        b.iter(|| Labeler::new(&rules::shipped().unwrap()).unwrap().version())
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(50);
    targets = labels, start
}
criterion_main!(benches);
