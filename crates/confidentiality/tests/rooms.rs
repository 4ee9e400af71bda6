//! What rooms are called, in a stay.

use confidentiality::labeler::{Context, Labeler};
use serde_json::{Value, json};

#[test]
fn what_a_room_is_called_says_nothing_of_who_is_in_it() {
    let labeler = Labeler::shipped().unwrap();
    let level = |kind: &Value, called: &str| {
        let place = json!({"location": {"display": called}, "physicalType": kind});
        let stay = json!({"resourceType": "Encounter", "status": "in-progress", "location": [place]});
        let label = labeler.label_resource(&stay, &Context::default()).label;
        (label.level, label.categories)
    };
    let (room, ward) = (json!({"coding": [{"code": "ro"}]}), json!({"coding": [{"code": "wa"}]}));
    let plain = level(&room, "Rez-de-jardin");
    for called in ["12", "UHR 3", "Unité protégée 4", "Alzheimer 4", "Chambre d’isolement"] {
        assert_eq!(level(&room, called), plain, "{called}");
    }
    // A unit is read, and so is what is longer than a name.
    for (kind, called) in
        [(&ward, "Unité protégée 4"), (&json!({}), "UHR 3"), (&room, "Chambre 12, elle est séropositive depuis 2010")]
    {
        assert_ne!(level(kind, called), plain, "{called}");
    }
}
