//! The French words for the kinds of resources a person's record holds.

use app::Damage;
use confidentiality::PlaceProfile;
use fhir::ResourceType;

/// What is said of what is there and does not open; nothing of what it is.
pub(crate) fn damaged(damage: &Damage) -> Option<String> {
    let count: usize = damage.tell().into_values().sum();
    let items = match count {
        0 => return None,
        1 => "1 élément illisible".to_owned(),
        several => format!("{several} éléments illisibles"),
    };
    Some(format!("{items}\u{a0}: données abîmées, prévenez votre référent informatique."))
}

/// The word of a screen.
pub(crate) fn kind(kind: ResourceType) -> &'static str {
    match kind.name() {
        "AdverseEvent" => "Événement indésirable",
        "AllergyIntolerance" => "Allergie ou intolérance",
        "Appointment" => "Rendez-vous",
        "AppointmentResponse" => "Réponse à un rendez-vous",
        "Basic" => "Élément",
        "Binary" => "Fichier",
        "BodyStructure" => "Partie du corps",
        "CarePlan" => "Projet personnalisé",
        "CareTeam" => "Équipe",
        "ChargeItem" => "Prestation",
        "Claim" => "Facture",
        "ClinicalImpression" => "Évaluation clinique",
        "Communication" => "Transmission",
        "CommunicationRequest" => "Transmission demandée",
        "Composition" => "Document structuré",
        "Condition" => "Problème de santé",
        "Consent" => "Consentement",
        "Contract" => "Contrat",
        "Coverage" => "Couverture sociale",
        "DetectedIssue" => "Alerte",
        "Device" => "Matériel",
        "DeviceRequest" => "Demande de matériel",
        "DeviceUseStatement" => "Usage d’un matériel",
        "DiagnosticReport" => "Compte rendu d’examen",
        "DocumentReference" => "Document",
        "Encounter" => "Séjour ou venue",
        "EpisodeOfCare" => "Accompagnement",
        "FamilyMemberHistory" => "Antécédent familial",
        "Flag" => "Point d’attention",
        "Goal" => "Objectif",
        "Group" => "Groupe",
        "ImagingStudy" => "Imagerie",
        "Immunization" => "Vaccination",
        "Invoice" => "Facture",
        "List" => "Liste",
        "Media" => "Image ou son",
        "Medication" => "Médicament",
        "MedicationAdministration" => "Prise de médicament",
        "MedicationDispense" => "Délivrance de médicament",
        "MedicationRequest" => "Prescription de médicament",
        "MedicationStatement" => "Traitement",
        "NutritionOrder" => "Régime alimentaire",
        "Observation" => "Observation",
        "Procedure" => "Acte",
        "Provenance" => "Origine",
        "Questionnaire" => "Questionnaire",
        "QuestionnaireResponse" => "Questionnaire rempli",
        "RelatedPerson" => "Proche",
        "RiskAssessment" => "Évaluation d’un risque",
        "ServiceRequest" => "Demande d’examen ou de soin",
        "Specimen" => "Prélèvement",
        "SupplyRequest" => "Demande de fournitures",
        "Task" => "Tâche",
        "VisionPrescription" => "Prescription optique",
        _ => "Élément",
    }
}

/// What one calls a record where something should not be.
pub(crate) fn wrong_record(profile: Option<PlaceProfile>) -> &'static str {
    if profile == Some(PlaceProfile::Ehpad) { "Mauvais résident" } else { "Mauvais dossier" }
}
