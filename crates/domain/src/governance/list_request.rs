//! Somebody asks who opened their record: when it was asked, by whom, and when the list was handed over. One has a month
//! (RGPD, article 12).

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Years back that a request may have been made.
const OLDEST: i16 = 5;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// Whose record it is.
    Person,
    /// Who represents them by law.
    Representative,
    /// Whom they have sent.
    Delegate,
    /// An heir.
    Heir,
}

impl Asker {
    /// Everybody who may ask.
    pub const ALL: [Self; 4] = [Self::Person, Self::Representative, Self::Delegate, Self::Heir];

    /// As forms write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "personne",
            Self::Representative => "representant",
            Self::Delegate => "mandataire",
            Self::Heir => "ayant-droit",
        }
    }

    /// In French, for screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "la personne elle-même",
            Self::Representative => "son représentant légal",
            Self::Delegate => "quelqu’un qu’elle a mandaté",
            Self::Heir => "un ayant droit",
        }
    }
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRequest {
    /// The day it was made.
    pub asked: Date,
    /// Who made it.
    pub by: Asker,
    /// The day the list was handed over.
    pub given: Option<Date>,
}

impl ListRequest {
    /// The last day to hand it over.
    pub fn due(&self) -> Date {
        self.asked.saturating_add(1.month())
    }

    /// It waits, and its time is over.
    pub fn is_late(&self, today: Date) -> bool {
        self.given.is_none() && self.due() < today
    }

    /// It was answered after its time.
    pub fn was_late(&self) -> bool {
        self.given.is_some_and(|given| self.due() < given)
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of a request")]
pub enum RequestField {
    Asked,
    By,
    Given,
}

/// What a form says of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `ListRequest`")]
pub struct RequestSheet {
    pub asked: String,
    pub by: String,
    pub given: String,
}

impl RequestSheet {
    /// A request that cannot be wrong, or every mistake with its field.
    ///
    /// # Errors
    /// Every mistake, in the order of the form.
    pub fn parse(&self, today: Date) -> Result<ListRequest, Vec<(RequestField, &'static str)>> {
        let mut wrong = Vec::new();
        let asked = self.asked.trim().parse::<Date>().ok();
        match asked {
            None => wrong.push((RequestField::Asked, "Donnez la date de la demande.")),
            Some(asked) if asked > today => wrong.push((RequestField::Asked, "Cette date est à venir.")),
            Some(asked) if asked < today.saturating_sub(OLDEST.years()) => {
                wrong.push((RequestField::Asked, "Cette date est trop ancienne."));
            }
            Some(_) => {}
        }
        let by = Asker::ALL.into_iter().find(|asker| asker.code() == self.by);
        if by.is_none() {
            wrong.push((RequestField::By, "Dites qui demande la liste."));
        }
        let given = match self.given.trim() {
            "" => Ok(None),
            text => text.parse::<Date>().map(Some),
        };
        match given {
            Err(_) => wrong.push((RequestField::Given, "Cette date ne se lit pas.")),
            Ok(Some(given)) if given > today => wrong.push((RequestField::Given, "Cette date est à venir.")),
            Ok(Some(given)) if asked.is_some_and(|asked| given < asked) => {
                wrong.push((RequestField::Given, "La liste ne peut pas être remise avant d’être demandée."));
            }
            Ok(_) => {}
        }
        match (asked, by, given) {
            (Some(asked), Some(by), Ok(given)) if wrong.is_empty() => Ok(ListRequest { asked, by, given }),
            _ => Err(wrong),
        }
    }
}

impl From<&ListRequest> for RequestSheet {
    fn from(one: &ListRequest) -> Self {
        Self {
            asked: one.asked.to_string(),
            by: one.by.code().to_owned(),
            given: one.given.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn sheet(asked: &str, by: &str, given: &str) -> RequestSheet {
        RequestSheet { asked: asked.into(), by: by.into(), given: given.into() }
    }

    #[test]
    fn a_request_is_late_the_day_after_its_month() {
        let one = sheet("2026-01-31", "personne", "").parse(date(2026, 2, 1)).unwrap();
        assert_eq!(one.due(), date(2026, 2, 28), "a month has no 31st of February");
        assert!(!one.is_late(date(2026, 2, 28)) && one.is_late(date(2026, 3, 1)));
        let given = ListRequest { given: Some(date(2026, 3, 1)), ..one };
        assert!(!given.is_late(date(2027, 1, 1)) && given.was_late());
        assert_eq!(RequestSheet::from(&given).parse(date(2026, 3, 1)), Ok(given));
    }

    #[test]
    fn each_mistake_is_said_beside_its_field() {
        let today = date(2026, 5, 28);
        let wrong = |asked: &str, by: &str, given: &str| -> Vec<RequestField> {
            let said = sheet(asked, by, given).parse(today).unwrap_err();
            said.into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(wrong("", "", ""), [RequestField::Asked, RequestField::By]);
        assert_eq!(wrong("2026-05-29", "personne", ""), [RequestField::Asked]);
        assert_eq!(wrong("2020-01-01", "personne", ""), [RequestField::Asked]);
        assert_eq!(wrong("2026-05-20", "personne", "2026-05-19"), [RequestField::Given]);
        assert_eq!(wrong("2026-05-20", "voisin", "2026-05-29"), [RequestField::By, RequestField::Given]);
        assert_eq!(wrong("2026-05-20", "heir", "hier"), [RequestField::By, RequestField::Given]);
    }
}
