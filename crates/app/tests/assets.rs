//! The estate, from files to machines and back.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use app::assets::{self, File, Lot, Outcome, Status};
use app::{Cx, Error, StoreError};
use serde_json::json;
use support::World;

fn inventory(name: &str, serial: &str, version: &str, at: &str) -> String {
    json!({"deviceid": format!("{name}-2020-01-01-00-00-00"), "itemtype": "Computer", "content": {
        "accesslog": {"logdate": at}, "hardware": {"name": name}, "bios": {"ssn": serial},
        "operatingsystem": {"name": "Windows", "full_name": "Microsoft Windows 11 Professionnel", "version": version}}})
    .to_string()
}

fn file(name: &str, text: &str) -> File {
    File::new(name.to_owned(), text.as_bytes().to_vec())
}

const UPDATES: &str = "FullDomainName,NeededCount\npc-1.x.local,4\n,2\n";

fn counts(outcome: &Outcome) -> [u64; 5] {
    [outcome.created, outcome.matched, outcome.unmatched, outcome.refused, outcome.known]
}

async fn version(cx: &Cx, name: &str) -> Option<String> {
    let estate = assets::estate(cx).await.unwrap();
    let asset = estate.assets.iter().find(|asset| asset.name == name)?;
    asset.facts.system.as_ref()?.version.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_says_what_the_import_then_does_and_writes_nothing() {
    let world = World::new().await;
    let cx = world.operator();
    let files = || {
        vec![
            file("a/one.json", &inventory("PC-1", "AAAA1111", "23H2", "2026-01-01")),
            file("wsus.csv", UPDATES),
            file("photo.png", "\u{0}"),
            file("again.csv", UPDATES),
        ]
    };
    let trial = assets::preview(&cx, files()).await.unwrap();
    assert!(trial.dry_run);
    assert_eq!(counts(&trial), [1, 1, 1, 1, 1]);
    assert!(assets::imports(&cx).await.unwrap().is_empty());
    let done = assets::import(&cx, files()).await.unwrap();
    assert_eq!(counts(&done), counts(&trial));
    let told =
        |outcome: &Outcome| outcome.files.iter().map(|file| (file.status, file.lines.clone())).collect::<Vec<_>>();
    assert_eq!(told(&done), told(&trial));
    let second = done.files.get(1).unwrap();
    let line = second.lines.first().unwrap();
    assert_eq!((line.line, line.fate, line.about.as_deref()), (2, "matched", Some("PC-1")));
    assert_eq!(second.lines.last().unwrap().code, Some("empty"));
    assert_eq!(done.files.get(2).unwrap().code, Some("binary"));
    assert_eq!(done.files.last().unwrap().status, Status::Known);
    assert_eq!(assets::imports(&cx).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_changes_nothing_and_an_import_can_be_taken_back() {
    let world = World::new().await;
    let cx = world.operator();
    let old = inventory("PC-1", "AAAA1111", "23H2", "2026-01-01");
    let new = inventory("PC-1", "AAAA1111", "25H2", "2026-02-01");
    assets::import(&cx, vec![file("old", &old)]).await.unwrap();
    let newer = assets::import(&cx, vec![file("new", &new)]).await.unwrap();
    assert_eq!(counts(&newer), [0, 1, 0, 0, 0]);
    assert_eq!(version(&cx, "PC-1").await.as_deref(), Some("25H2"));
    let again = assets::import(&cx, vec![file("old", &old)]).await.unwrap();
    assert_eq!(counts(&again), [0, 0, 0, 0, 1]);
    assert_eq!(version(&cx, "PC-1").await.as_deref(), Some("25H2"));
    let number = newer.files.first().unwrap().import.unwrap();
    assert!(assets::undo(&cx, number).await.unwrap());
    assert_eq!(version(&cx, "PC-1").await.as_deref(), Some("23H2"), "as if it had never come");
    assert!(!assets::undo(&cx, number).await.unwrap());
    let imports = assets::imports(&cx).await.unwrap();
    assert_eq!(imports.iter().map(|import| import.taken_back).collect::<Vec<_>>(), [true, false]);
    let back = assets::import(&cx, vec![file("new", &new)]).await.unwrap();
    assert_eq!(counts(&back), [0, 1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_import_is_kept_in_parts_and_read_whole() {
    let world = World::new().await;
    let cx = world.operator();
    let padding = "x".repeat(300);
    let lines: Vec<String> =
        (0..4000).map(|n| inventory(&format!("PC-{n}"), &format!("SER{n}X{padding}"), "25H2", "2026-01-01")).collect();
    let outcome = assets::import(&cx, vec![file("all.jsonl", &lines.join("\n"))]).await.unwrap();
    assert_eq!(outcome.created, 4000);
    // Another program opens the same store: nothing is in its memory yet.
    let other = app::App::open(world.app.store().clone(), world.app.tenant(), std::sync::Arc::new(|| support::NOW))
        .await
        .unwrap();
    let cx = Cx::operator(
        &other,
        None,
        confidentiality::Level::VerySensitive,
        confidentiality::Purpose::Api,
        app::Origin::default(),
    );
    assert_eq!(assets::estate(&cx).await.unwrap().assets.len(), 4000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_director_and_the_technician_only() {
    let world = World::new().await;
    let one = || vec![file("one", &inventory("PC-1", "AAAA1111", "23H2", "2026-01-01"))];
    for (actor, persona) in [(61, "ide"), (62, "sec"), (63, "dpo")] {
        let cx = world.person(actor, persona).await;
        for refused in [
            assets::import(&cx, one()).await.err(),
            assets::preview(&cx, one()).await.err(),
            assets::estate(&cx).await.err(),
            assets::imports(&cx).await.err(),
            assets::undo(&cx, 1).await.err(),
        ] {
            assert!(matches!(refused, Some(Error::Store(StoreError::Absent))), "{persona}");
        }
    }
    for (actor, persona) in [(71, "info"), (72, "dir")] {
        let cx = world.person(actor, persona).await;
        assets::import(&cx, one()).await.unwrap();
        assert_eq!(assets::estate(&cx).await.unwrap().assets.len(), 1, "{persona}");
    }
    let mine = assets::imports(&world.person(73, "dir").await).await.unwrap();
    assert_eq!(mine.first().map(|import| import.actor.value()), Some(71));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_one_verdict_a_machine() {
    let world = World::new().await;
    let cx = world.operator();
    let both =
        [inventory("PC-1", "AAAA1111", "23H2", "2026-01-01"), inventory("pc-1", "BBBB2222", "25H2", "2026-01-01")];
    let bill = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"name": "paie", "version": "12"}},
        "components": [{"type": "framework", "name": "php", "version": "7.4.33"}]});
    assets::import(&cx, vec![file("both", &both.join("\n")), file("sbom", &bill.to_string())]).await.unwrap();
    let at = jiff::civil::date(2026, 11, 23);
    let report = assets::report(&cx, at, false).await.unwrap();
    let names: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(names, ["PC-1", "pc-1#2"]);
    let keys: Vec<&String> = report["PC-1"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["product", "cycle", "eol", "eoes", "verdict"]);
    let full = assets::report(&cx, at, true).await.unwrap();
    assert_eq!(full["paie"]["software"][0]["name"], "php");
    assert!(full["PC-1"]["software"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_read_and_too_large_a_file_is_refused_without_being_read_whole() {
    let world = World::new().await;
    world.write("b.json", &inventory("PC-1", "AAAA1111", "23H2", "2026-01-01"));
    world.write("a.csv", UPDATES);
    world.write("c.exe", "no");
    std::fs::create_dir_all(world.folder.path().join("sous/dossier")).unwrap();
    world.write("sous/dossier/D.XML", "<a/>");
    for hidden in [".cache", "~$parc.xlsx", "Thumbs.db", "sous/.git", "data.root.key"] {
        world.write(hidden, "no");
    }
    let files = assets::files(&[world.folder.path().to_owned()]).unwrap();
    let names: Vec<_> = files.iter().map(|file| (file.name.rsplit('/').next().unwrap(), file.tried)).collect();
    let wanted = [("a.csv", false), ("b.json", false), ("c.exe", true), ("D.XML", false)];
    assert_eq!(names, wanted, "what other programs write is of use, at any depth");
    // A link to a folder of them adds nothing; the files of a store are nobody's export, however they are named.
    let (here, store) = (world.folder.path(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(here, here.join("sous/encore")).unwrap();
    for own in ["keys.db", "main.db", "lock"] {
        std::fs::write(store.path().join(own), "no").unwrap();
        std::os::unix::fs::symlink(store.path().join(own), here.join(format!("lien-{own}"))).unwrap();
        assert!(matches!(assets::files(&[store.path().join(own)]), Err(Error::File { .. })), "{own}");
    }
    std::fs::write(store.path().join("parc.csv"), UPDATES).unwrap();
    assert_eq!(assets::files(&[store.path().join("parc.csv")]).unwrap().len(), 1, "an export beside a store is one");
    assert_eq!(assets::files(&[here.to_owned()]).unwrap().len(), wanted.len());
    // What goes away before its turn is passed over, if nobody named it.
    let files = assets::files(&[here.to_owned()]).unwrap();
    std::fs::remove_file(here.join("c.exe")).unwrap();
    let outcome = assets::preview(&world.operator(), files).await.unwrap();
    assert_eq!(outcome.skipped, 1);
    std::fs::create_dir(world.folder.path().join("vide")).unwrap();
    assert!(
        matches!(assets::files(&[world.folder.path().join("vide")]), Err(Error::File { .. })),
        "an empty folder is no import"
    );
    let large = world.folder.path().join("large.json");
    std::fs::File::create(&large).unwrap().set_len(500 << 20).unwrap();
    let file = File::open(&large).unwrap();
    assert!(file.bytes.is_empty(), "read in its turn");
    let outcome = assets::import(&world.operator(), vec![file]).await.unwrap();
    assert_eq!(outcome.files.first().unwrap().code, Some("too-large"));
    assert!(outcome.is_unreadable());
    assert!(matches!(File::open(&world.folder.path().join("absent")), Err(Error::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_shown_by_one_server_are_imported_by_another_once() {
    let world = World::new().await;
    let here = world.operator();
    // Another server on the same store.
    let second = app::App::open(world.app.store().clone(), world.app.tenant(), std::sync::Arc::new(|| support::NOW))
        .await
        .unwrap();
    let there = Cx::operator(
        &second,
        None,
        confidentiality::Level::VerySensitive,
        confidentiality::Purpose::Api,
        app::Origin::default(),
    );
    let files = || vec![file("one.json", &inventory("PC-1", "AAAA1111", "23H2", "2026-01-01")), file("w.csv", UPDATES)];
    let earlier = assets::hold(&here, files()).await.unwrap();
    let word = assets::hold(&here, files()).await.unwrap();
    let absent = |outcome: Result<(), Error>| matches!(outcome, Err(Error::Store(StoreError::Absent)));
    assert!(absent(assets::confirm(&there, &earlier).await), "one lot a person");
    assert!(absent(assets::confirm(&there, "x").await));
    let other = world.person(72, "dir").await;
    assert!(absent(assets::confirm(&other, &word).await), "somebody else's");
    assert!(absent(assets::lot(&other, &word).await.map(drop)), "somebody else's");
    for _ in 0..2 {
        let Lot::Waits(would) = assets::lot(&there, &word).await.unwrap() else { panic!("it waits") };
        assert_eq!((counts(&would), would.dry_run), ([1, 1, 1, 0, 0], true));
    }
    let (one, two) = tokio::join!(assets::confirm(&here, &word), assets::confirm(&there, &word));
    one.unwrap();
    two.unwrap();
    assets::confirm(&there, &word).await.unwrap();
    let Lot::Done(done) = assets::lot(&there, &word).await.unwrap() else { panic!("it is done") };
    assert_eq!((counts(&done), done.dry_run), ([1, 1, 1, 0, 0], false), "by one of both, once");
    let first = done.files[0].import.unwrap();
    assets::undo(&here, first).await.unwrap();
    let Lot::Done(done) = assets::lot(&there, &word).await.unwrap() else { panic!("it is done") };
    assert_eq!(done.files[0].status, Status::TakenBack);
    assert_eq!(assets::imports(&there).await.unwrap().len(), 2);
}

/// A random file of one of several formats, about few machines, so that they meet; some cannot be read.
fn random_file(draw: &mut impl FnMut(u64) -> u64) -> String {
    let name = ["PC-1", "pc-2.asso.local", "PC-3", "PC-INFIRMERIE-M", "PC-INFIRMERIE-MIMOSAS"];
    let name = name[usize::try_from(draw(5)).unwrap()];
    let serial = ["", "AAAA1111", "BBBB2222", "CCCC3333"][usize::try_from(draw(4)).unwrap()];
    let day = format!("2026-0{}-01", 1 + draw(9));
    match draw(7) {
        0 | 1 => inventory(name, serial, ["23H2", "25H2"][usize::try_from(draw(2)).unwrap()], &day),
        2 => format!("FullDomainName,NeededCount\n{name},{}\n,2\n", draw(3)),
        3 => format!(
            "<nmaprun start=\"17{}0000000\"><host><status state=\"up\"/><address addr=\"10.0.0.{}\" addrtype=\"ipv4\"/>\
             <hostnames><hostname name=\"{name}\"/></hostnames></host></nmaprun>",
            draw(9),
            draw(3)
        ),
        4 => format!(
            "Matricule;Nom;Prénom;Date d'entrée;Date de sortie\n{};DURAND;Martine;{day};\n2;X;Y;hier;\n",
            draw(3)
        ),
        5 => format!("sAMAccountName;displayName;Enabled\nm.durand{};Martine DURAND;True\n", draw(3)),
        _ => ["\u{0}", "{\"deviceid\": oops", "<!DOCTYPE x [<!ENTITY a \"b\">]><REQUEST/>"]
            [usize::try_from(draw(3)).unwrap()]
        .to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_a_trial_says_what_the_import_then_does_and_doing_it_again_does_nothing() {
    let told = |outcome: &Outcome| {
        outcome.files.iter().map(|file| (file.status, file.code, file.lines.clone())).collect::<Vec<_>>()
    };
    for seed in 1..25_u64 {
        let mut state = seed;
        let mut draw = move |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let world = World::new().await;
        let cx = world.operator();
        for lot in 0..4 {
            let texts: Vec<String> = (0..=draw(3)).map(|_| random_file(&mut draw)).collect();
            let files = || texts.iter().map(|text| file("f", text)).collect::<Vec<_>>();
            let before = assets::estate(&cx).await.unwrap();
            let trial = assets::preview(&cx, files()).await.unwrap();
            assert_eq!(assets::estate(&cx).await.unwrap(), before, "seed {seed}, lot {lot}: a trial writes nothing");
            let done = assets::import(&cx, files()).await.unwrap();
            assert_eq!((counts(&trial), told(&trial)), (counts(&done), told(&done)), "seed {seed}, lot {lot}");
            let after = assets::estate(&cx).await.unwrap();
            let again = assets::import(&cx, files()).await.unwrap();
            assert_eq!(again.known + again.refused, texts.len() as u64, "seed {seed}, lot {lot}");
            assert_eq!(assets::estate(&cx).await.unwrap(), after, "seed {seed}, lot {lot}: nothing happens twice");
            // Taking back what this lot brought leaves what was there.
            if lot == 3 {
                for import in done.files.iter().filter_map(|file| file.import) {
                    assert!(assets::undo(&cx, import).await.unwrap());
                }
                assert_eq!(assets::estate(&cx).await.unwrap(), before, "seed {seed}: taken back");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_folder_is_read_whatever_its_name_and_one_that_is_none_is_said_to_be_passed_over() {
    let world = World::new().await;
    world.write("ordinateurs", UPDATES);
    world.write("sbom.cdx", "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"component\":{\"name\":\"DUI\"}}}");
    world.write("photo.png", "\u{0}");
    let folder = || assets::files(&[world.folder.path().to_owned()]).unwrap();
    for outcome in [
        assets::preview(&world.operator(), folder()).await.unwrap(),
        assets::import(&world.operator(), folder()).await.unwrap(),
    ] {
        let told: Vec<_> = outcome.files.iter().map(|file| (file.status, file.code)).collect();
        let imported = (Status::Imported, None);
        assert_eq!(told, [imported, (Status::Skipped, Some("binary")), imported]);
        assert_eq!((outcome.refused, outcome.skipped, outcome.is_unreadable()), (0, 1, false));
    }
    let named = assets::files(&[world.folder.path().join("photo.png")]).unwrap();
    assert_eq!(assets::import(&world.operator(), named).await.unwrap().refused, 1, "somebody named it");
    for name in ["ordinateurs", "sbom.cdx"] {
        std::fs::remove_file(world.folder.path().join(name)).unwrap();
    }
    assert!(assets::import(&world.operator(), folder()).await.unwrap().is_unreadable(), "nothing else was there");
}
