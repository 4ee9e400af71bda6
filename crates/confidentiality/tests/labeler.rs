//! What the shipped rules say, in both directions.

use confidentiality::labeler::{Context, Labeler, SafetyKind, security_tags};
use confidentiality::{Category, Family, Level, MaskFlags, PlaceProfile};
use serde_json::{Value, json};

const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";

#[test]
fn codes_give_their_level_and_nothing_more() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context::default();
    let cases = [
        (ICD10, "B24", Level::VerySensitive, Some(Category::Vih)),
        (ICD10, "C50.9", Level::Sensitive, Some(Category::Grave)),
        (ICD10, "F17.2", Level::Standard, None),
        (ICD10, "I10", Level::Standard, None),
        ("http://www.whocc.no/atc", "J05AR03", Level::Sensitive, Some(Category::Vih)),
        ("http://www.whocc.no/atc", "C10AA05", Level::Standard, None),
        ("urn:unknown", "B24", Level::Standard, None),
    ];
    for (system, code, level, category) in cases {
        let label = labeler.label_code(system, code, None, &context);
        assert_eq!(label.level, level, "{code}");
        assert_eq!(label.categories.iter().next(), category, "{code}");
        assert!(!label.reasons.is_empty());
    }
}

#[test]
fn words_are_found_whole_with_their_place_in_the_text() {
    let labeler = Labeler::shipped().unwrap();
    let text = "Élève calme. Séropositivité connue, traitée.";
    let label = labeler.label_text(text, &Context::default());
    assert_eq!(label.level, Level::VerySensitive);
    let [start, end] = label.reasons[0].span.unwrap();
    assert_eq!(text.get(start..end), Some("Séropositivité"));
    for ordinary in
        ["Pansement alcoolisé refait.", "Violette est venue.", "Pas de dépression.", "Joue de la viole de gambe."]
    {
        let label = labeler.label_text(ordinary, &Context::default());
        assert!(label.level <= Level::Standard && label.categories.is_empty(), "{ordinary}");
    }
}

#[test]
fn an_abortion_is_invisible_to_legal_representatives() {
    let labeler = Labeler::shipped().unwrap();
    let act = json!({"resourceType": "Procedure", "code": {"coding": [{"system": "urn:oid:1.2.250.1.213.2.5", "code": "JNJD002"}]}});
    let labeled = labeler.label_resource(&act, &Context::default());
    assert_eq!(labeled.mask, MaskFlags::INVISIBLE_REPRESENTANTS_LEGAUX);
    assert_eq!(labeled.label.level, Level::VerySensitive);
}

#[test]
fn carers_get_the_drug_and_the_action_never_the_cause() {
    let labeler = Labeler::shipped().unwrap();
    let drug = json!({"resourceType": "MedicationRequest", "status": "active",
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J05AR20"}], "text": "Biktarvy 1 cp"},
        "reasonCode": [{"text": "Infection par le VIH"}],
        "dosageInstruction": [{"text": "1 comprimé le matin"}]});
    let labeled = labeler.label_resource(&drug, &Context::default());
    assert_eq!(labeled.label.level, Level::VerySensitive);
    let fact = labeled.safety.iter().find(|fact| fact.kind == SafetyKind::Drug).unwrap();
    assert_eq!((fact.text.as_str(), fact.detail.as_deref()), ("Biktarvy 1 cp", Some("1 comprimé le matin")));
    assert!(labeled.safety.iter().all(|fact| !fact.text.contains("VIH")));

    let note = json!({"resourceType": "Communication", "status": "completed",
        "payload": [{"contentString": "Ce soir dit qu’il veut en finir, rendez-vous pris avec le psychiatre."}]});
    let labeled = labeler.label_resource(&note, &Context::default());
    assert!(labeled.safety.iter().any(|fact| fact.kind == SafetyKind::Consigne), "{labeled:?}");
}

/// What carers are told of a resource: kind, text, detail.
#[expect(clippy::unwrap_used, reason = "a test may fail")]
fn told(value: &Value) -> Vec<(SafetyKind, String, Option<String>)> {
    let facts = Labeler::shipped().unwrap().label_resource(value, &Context::default()).safety;
    facts.into_iter().map(|fact| (fact.kind, fact.text, fact.detail)).collect()
}

#[test]
fn what_is_ordinary_is_told_too() {
    let drug = json!({"resourceType": "MedicationStatement", "status": "active",
        "medicationCodeableConcept": {"text": "Paracétamol"}, "dosage": [{"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "g"}}]}]});
    assert_eq!(told(&drug), [(SafetyKind::Drug, "Paracétamol".to_owned(), Some("1 g".to_owned()))]);
    let risk = json!({"resourceType": "Flag", "status": "active", "code": {"text": "Risque de chute"}});
    let [(SafetyKind::Alert, words, None), (SafetyKind::Consigne, action, None)] = &told(&risk)[..] else { panic!() };
    assert!(words == "Risque de chute" && action.starts_with("Risque de chute : chaussage"), "{action}");
    let meal = json!({"resourceType": "Communication", "status": "completed", "payload": [{"contentString": "Bon appétit à midi."}]});
    assert_eq!(told(&meal), []);
}

#[test]
fn what_is_over_says_nothing() {
    let request = |status: &str| json!({"resourceType": "MedicationRequest", "status": status, "medicationCodeableConcept": {"text": "Risperdal"}});
    for over in ["stopped", "completed", "cancelled", "entered-in-error", "draft"] {
        assert_eq!(told(&request(over)), [], "{over}");
    }
    for lasts in ["active", "on-hold", "unknown"] {
        assert_eq!(told(&request(lasts)).len(), 1, "{lasts}");
    }
    assert_eq!(told(&request("on-hold")), [(SafetyKind::Drug, "Risperdal".to_owned(), Some("Suspendu".to_owned()))]);
    let allergy = |key: &str, code: &str| json!({"resourceType": "AllergyIntolerance", "code": {"text": "Latex"}, key: {"coding": [{"code": code}]}});
    for (key, over) in [
        ("clinicalStatus", "resolved"),
        ("clinicalStatus", "inactive"),
        ("verificationStatus", "refuted"),
        ("verificationStatus", "entered-in-error"),
    ] {
        assert_eq!(told(&allergy(key, over)), [], "{over}");
    }
    assert_eq!(told(&allergy("verificationStatus", "unconfirmed")).len(), 1, "a doubt is a danger");
    let condition = |code: &str| json!({"resourceType": "Condition", "code": {"text": "Risque suicidaire"}, "clinicalStatus": {"coding": [{"code": code}]}});
    assert_eq!((told(&condition("active")).len(), told(&condition("resolved"))), (1, Vec::new()));
    // What has happened is completed, and still says what to do.
    let said = |status: &str| json!({"resourceType": "Communication", "status": status, "payload": [{"contentString": "Il a des idées suicidaires."}]});
    assert_eq!((told(&said("completed")).len(), told(&said("entered-in-error"))), (1, Vec::new()));
}

#[test]
fn a_drug_is_named_wherever_its_name_stands_and_told_even_without() {
    let request = |mut more: Value| {
        more["resourceType"] = json!("MedicationRequest");
        more["status"] = json!("active");
        let told = told(&more);
        let [(SafetyKind::Drug, text, _)] = told.as_slice() else { panic!("{told:?}") };
        text.clone()
    };
    let inside = json!({"contained": [{"resourceType": "Medication", "id": "m", "code": {"coding": [{"code": "x"}, {"code": "y", "display": "Lithium"}]}}],
        "medicationReference": {"reference": "#m", "display": "comprimé"}});
    assert_eq!(request(inside), "Lithium");
    assert_eq!(
        request(json!({"medicationReference": {"reference": "Medication/1", "display": "Kardégic"}})),
        "Kardégic"
    );
    assert_eq!(
        request(
            json!({"medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "B01AC06"}]}})
        ),
        "B01AC06"
    );
    for unnamed in [
        json!({"medicationReference": {"reference": "Medication/1"}}),
        json!({"medicationReference": {"reference": "#"}}),
        json!({}),
    ] {
        assert_eq!(request(unnamed), "Traitement sans nom lisible");
    }
    let allergy = json!({"resourceType": "AllergyIntolerance", "reaction": [{"manifestation": [{"text": "Urticaire"}]}, {"substance": {"text": "Arachide"}}]});
    assert_eq!(told(&allergy)[0], (SafetyKind::Allergy, "Arachide".to_owned(), None));
    let allergy = json!({"resourceType": "AllergyIntolerance", "criticality": "high"});
    let unnamed = (SafetyKind::Allergy, "Allergie sans substance précisée".to_owned(), Some("high".to_owned()));
    assert_eq!(told(&allergy)[0], unnamed);
}

#[test]
fn an_order_not_to_give_a_drug_is_never_read_as_a_treatment() {
    let never = json!({"resourceType": "MedicationRequest", "status": "active", "doNotPerform": true,
        "medicationCodeableConcept": {"text": "Amoxicilline"}, "dosageInstruction": [{"text": "1 g"}]});
    assert_eq!(told(&never), [(SafetyKind::Consigne, "Ne pas donner : Amoxicilline".to_owned(), None)]);
}

#[test]
fn a_refuted_diagnosis_a_relative_and_a_no_are_read_as_such() {
    let labeler = Labeler::shipped().unwrap();
    let label = |value| labeler.label_resource(&value, &Context::default()).label;
    let schizophrenia = json!({"coding": [{"system": ICD10, "code": "F20.0"}], "text": "Schizophrénie"});
    let refuted = label(json!({"resourceType": "Condition", "code": schizophrenia,
        "verificationStatus": {"coding": [{"code": "refuted"}]}}));
    assert_eq!((refuted.level, refuted.categories.is_empty()), (Level::Standard, true));
    let father = label(json!({"resourceType": "FamilyMemberHistory", "condition": [{"code": schizophrenia}]}));
    assert_eq!(father.level, Level::Sensitive);
    assert!(father.categories.contains(Category::Psy) && father.categories.contains(Category::Tiers));
    let cancer = json!({"coding": [{"system": ICD10, "code": "C50.9"}]});
    let mother = label(json!({"resourceType": "FamilyMemberHistory", "condition": [{"code": cancer}]}));
    assert_eq!((mother.level, mother.categories), (Level::Standard, Category::Tiers.into()));
    let question = |answer: bool| {
        json!({"resourceType": "QuestionnaireResponse", "item": [
        {"linkId": "1", "text": "Avez-vous déjà été victime de violences sexuelles ?", "answer": [{"valueBoolean": answer}]}]})
    };
    assert_eq!(label(question(false)).level, Level::Standard);
    assert_eq!(label(question(true)).level, Level::VerySensitive);
}

#[test]
fn a_sender_s_kind_says_something_by_itself() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context { sender_categories: vec!["355".into(), "197".into()], ..Context::default() };
    let label = labeler.label_text("Rendez-vous confirmé jeudi à 10 h.", &context);
    assert_eq!((label.level, label.categories), (Level::Sensitive, Category::Add.into()));
}

#[test]
fn a_psychologist_s_note_starts_at_sensitive() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context { document_kind: Some("Note psychologue".into()), ..Context::default() };
    let note = json!({"resourceType": "Communication", "payload": [{"contentString": "Rien à signaler."}]});
    let labeled = labeler.label_resource(&note, &context);
    assert_eq!(labeled.label.level, Level::Sensitive);
    assert!(labeled.label.categories.contains(Category::Psy));
}

#[test]
fn names_are_not_read_and_received_labels_only_raise() {
    let labeler = Labeler::shipped().unwrap();
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Viol", "text": "Ivre Sida"}],
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}});
    let labeled = labeler.label_resource(&patient, &Context::default());
    assert_eq!(labeled.label.level, Level::Sensitive);
    assert!(labeled.label.categories.is_empty());
    assert_eq!(security_tags(&labeled.label)[0].1, "R");
}

#[test]
fn a_heading_says_whose_the_lines_below_it_are() {
    let labeler = Labeler::shipped().unwrap();
    let read = |text: &str| labeler.label_text(text, &Context::default());
    for family in ["Antécédents familiaux :\n- alcoolisme\n- HTA", "Antécédents familiaux :\n- mère : alcoolisme"]
    {
        assert!(read(family).categories.contains(Category::Tiers), "{family}");
    }
    let person_s = [
        "Antécédents personnels :\n- alcoolisme",
        "Antécédents familiaux :\n- HTA\n\nAlcoolisme sevré.",
        "Antécédents familiaux :\n- HTA\nAntécédents personnels : alcoolisme",
        "Antécédents familiaux :\n- HTA\nIl reconnaît un alcoolisme.",
    ];
    for text in person_s {
        let label = read(text);
        let told = label.reasons.iter().any(|reason| reason.rule.starts_with("add-") && reason.text.contains("proche"));
        assert!(label.categories.contains(Category::Add) && !told, "{text}");
    }
    assert_eq!(read("Programme de la formation :\n- les psychoses\n- le suicide").level, Level::Open);
    assert_eq!(read("Programme de la formation :\n- les psychoses\n\nSchizophrénie connue.").level, Level::Sensitive);
}

#[test]
fn a_name_is_only_a_name() {
    let labeler = Labeler::shipped().unwrap();
    let level = |text: &str| labeler.label_text(text, &Context::default()).level;
    for name in ["Mme Viol fête ses 90 ans au salon.", "Il habite rue de la Libération.", "Bus à l’arrêt Prison."]
    {
        assert!(level(name) <= Level::Standard, "{name}");
    }
    for fact in ["Violée rue de la Paix.", "Mme Roux, schizophrène.", "Trouvé ivre place du Marché."] {
        assert!(level(fact) >= Level::Sensitive, "{fact}");
    }
}

#[test]
fn a_fact_beside_a_collective_writing_is_told() {
    let labeler = Labeler::shipped().unwrap();
    let level = |text: &str| labeler.label_text(text, &Context::default()).level;
    let facts = [
        "Point sur le protocole : après l’agression sexuelle de Tom, chambre fermée.",
        "Bilan annuel : Paul a fait un épisode dépressif.",
        "Offre d’emploi refusée à cause de son casier judiciaire.",
        "Le SPIP organise sa sortie sous bracelet électronique.",
        "Fiche de poste aménagée depuis son hospitalisation sous contrainte.",
    ];
    for fact in facts {
        assert!(level(fact) >= Level::Sensitive, "{fact}");
    }
    let nobody = [
        "Offre d’emploi : psychologue en CSAPA.",
        "Fiche de poste éducateur en AEMO.",
        "Le CSAPA ferme ses portes pour les congés.",
        "Grille vierge d’évaluation du risque suicidaire.",
    ];
    for text in nobody {
        assert_eq!(level(text), Level::Open, "{text}");
    }
}

#[test]
fn a_joke_silences_what_it_says_and_not_what_stands_beside_it() {
    let labeler = Labeler::shipped().unwrap();
    let level = |text: &str| labeler.label_text(text, &Context::default()).level;
    let facts = [
        "Porteur du VIH depuis 2004, toujours blagueur.",
        "Alcoolique notoire, prend tout avec humour.",
        "Sorti de prison en mars, plaisante avec l’équipe.",
        "Rendez-vous au CSAPA, plaisante en partant.",
    ];
    for fact in facts {
        assert!(level(fact) >= Level::Sensitive, "{fact}");
    }
    let jokes = [
        "« Vous me mettez en prison », a-t-elle plaisanté.",
        "Plaisante : « je suis accro à vos crêpes ».",
        "Elle dit pour rire qu’elle est en prison ici.",
    ];
    for joke in jokes {
        assert!(level(joke) <= Level::Standard, "{joke}");
    }
}

#[test]
fn what_a_psychologist_organises_has_no_floor_and_what_is_told_to_them_is_grave() {
    let labeler = Labeler::shipped().unwrap();
    let context = Context { author_function: Some("psychologue clinicienne".into()), ..Context::default() };
    let level = |text: &str| labeler.label_text(text, &context).level;
    assert!(level("Je serai absente jeudi, le rendez-vous de Noé est décalé.") <= Level::Standard);
    assert!(level("Réunion de synthèse avancée à 13 h.") <= Level::Standard);
    assert_eq!(level("Reste en retrait du groupe."), Level::Sensitive);
    assert_eq!(level("Rendez-vous décalé : Lina va mal."), Level::Sensitive);
    let told = [
        "Absente lundi, elle s’était coupée la veille.",
        "Réunion prévue jeudi, Zoé mutilée encore.",
        "Séance déplacée : elle a trouvé une lettre de rupture de son amant.",
        "Fête de sa sœur, jalousie massive, envies de la tuer.",
        "Mon bureau est le seul endroit où il ose dire ce qui lui arrive.",
        "Commande de test projectif, thématique de dévoration au Rorschach.",
        "Pensez à noter : Lola ne s’alimente plus.",
    ];
    for text in told {
        assert!(level(text) >= Level::Sensitive, "{text}");
    }
    assert_eq!(level("Séance du 12 : elle parle de son père."), Level::VerySensitive);
    let note = |text: &str| {
        json!({"resourceType": "Communication", "payload": [{"contentString": text}], "category": [{"text": "transmission"}],
            "topic": {"coding": [{"system": "urn:socle:target", "code": "sommeil", "display": "Sommeil"}], "text": "Sommeil"}})
    };
    let of = |text: &str| labeler.label_resource(&note(text), &context).label.level;
    assert_eq!(
        (of("Réunion avancée à 13 h."), of("Séance du 12 : elle parle de son père.")),
        (Level::Standard, Level::VerySensitive)
    );
    // As the form of transmissions files what they write.
    let filed = |text: &str| {
        let mut note = note(text);
        note["category"] = json!([{"text": "note psychologue"}]);
        let context = Context { document_kind: Some("note psychologue".into()), ..context.clone() };
        labeler.label_resource(&note, &context)
    };
    for text in
        ["Séance annulée, reportée à jeudi 10 h.", "Merci de me rappeler au poste 214.", "RDV avec la famille mardi."]
    {
        let labeled = filed(text);
        let label = labeled.label;
        assert!(label.level <= Level::Standard && label.reasons.len() == 1, "{text}: {:?}", label.reasons);
        assert_eq!(labeled.family, Family::Org, "{text}: for whoever must know of it");
    }
    let told = filed("Reste en retrait du groupe.");
    assert_eq!((told.label.level, told.family), (Level::Sensitive, Family::Psy));
    // What is attached and cannot be read may say anything.
    let attached = |content: Value| {
        let report = json!({"resourceType": "DocumentReference", "description": "Réunion avancée à 13 h.",
            "content": [{"attachment": content}]});
        labeler.label_resource(&report, &context).label.level
    };
    for unread in [
        json!({"contentType": "application/pdf", "data": "JVBERi0="}),
        json!({"contentType": "application/pdf", "url": "Binary/1"}),
    ] {
        assert!(attached(unread) >= Level::Sensitive);
    }
    let nurse = Context { author_function: Some("infirmière".into()), ..Context::default() };
    assert!(labeler.label_text("Séance du 12 : elle parle de son père.", &nurse).level < Level::Sensitive);
}

#[test]
fn a_place_tells_what_a_word_means_and_who_monsieur_is() {
    let labeler = Labeler::shipped().unwrap();
    let read = |text: &str, place: Option<PlaceProfile>| {
        labeler.label_text(text, &Context { place_profile: place, ..Context::default() })
    };
    let tiers = |text: &str, place: Option<PlaceProfile>| read(text, place).categories.contains(Category::Tiers);
    assert!(tiers("Monsieur a repris l’alcool.", Some(PlaceProfile::Mecs)));
    assert!(
        !tiers("Monsieur a repris l’alcool.", Some(PlaceProfile::Ehpad)) && !tiers("Monsieur a repris l’alcool.", None)
    );
    assert!(tiers("Monsieur a repris l’alcool, les enfants dorment chez leur tante.", None));
    // The level of who may be the person never falls by it.
    assert_eq!(read("Monsieur est incarcéré, les enfants le savent.", None).level, Level::VerySensitive);
    let clean = "Urines propres ce matin.";
    assert_eq!(read(clean, Some(PlaceProfile::Csapa)).level, Level::Sensitive);
    assert!(read(clean, Some(PlaceProfile::Ehpad)).level < Level::Sensitive);
}
