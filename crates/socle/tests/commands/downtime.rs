//! Packs: written by the machine that holds the data, opened by one that has nothing but the file and the passphrase.

use super::{Desk, bundle, mode};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_pack_is_written_here_and_opened_where_nothing_else_is() {
    let desk = Desk::new();
    desk.write("in.json", &bundle());
    assert_eq!(desk.json("import --dir data --place 990000025 --json in.json").0, 0);
    std::fs::write(desk.path("phrase"), "une phrase de secours\n").unwrap();
    let write = "downtime write --dir data --to secours --json --passphrase-file phrase";
    let mode_of = |mode| std::fs::set_permissions(desk.path("phrase"), PermissionsExt::from_mode(mode)).unwrap();
    mode_of(0o644);
    let (exit, said) = desk.refused(write);
    assert!(exit == 4 && said.contains("chmod 600"), "{exit} {said}");
    mode_of(0o600);
    assert!(desk.refused(write).1.contains("introuvable"), "no folder is made by mistake");
    std::fs::create_dir(desk.path("secours")).unwrap();
    assert_eq!(desk.typed("downtime write --dir data --to secours", "courte\n").0, 2, "it would protect nothing");
    let (exit, report) = desk.json(write);
    assert_eq!((exit, &report["packs"][0]["persons"]), (0, &1.into()), "{report}");
    let elsewhere = Desk::new();
    let file = report["packs"][0]["file"].as_str().unwrap();
    std::fs::copy(desk.path("secours").join(file), elsewhere.path("copie.secours")).unwrap();
    let open = "downtime open copie.secours --out page.html";
    assert_eq!(elsewhere.typed(open, "une autre phrase de passe\n").0, 3);
    assert_eq!(elsewhere.typed(open, "une phrase de secours\n").0, 0);
    let page = std::fs::read_to_string(elsewhere.path("page.html")).unwrap();
    assert!(page.contains("QUÉMÉNER") && page.contains("Code d’ouverture"), "{page}");
    assert_eq!(mode(&elsewhere.path("page.html")), 0o600);
    assert_ne!(elsewhere.typed(open, "une phrase de secours\n").0, 0, "nothing is overwritten");
    std::fs::write(elsewhere.path("photo.png"), "PNG").unwrap();
    assert_eq!(elsewhere.typed("downtime open photo.png --out b.html", "une phrase de secours\n").0, 3);
}
