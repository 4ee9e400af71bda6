//! Wrong command lines, in French.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// The sentence for a command line that was not understood.
pub(crate) fn french(error: &Error) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let said = match error.kind() {
        ErrorKind::UnknownArgument => format!("Option inconnue : {argument}."),
        ErrorKind::InvalidSubcommand => format!("Commande inconnue : {}.", text(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "Il manque une commande.".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("Il manque : {argument}."),
        ErrorKind::ArgumentConflict => format!("{argument} ne va pas avec {}.", text(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => {
            format!("{argument} attend une valeur.")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let valid = match text(ContextKind::ValidValue) {
                valid if valid.is_empty() => String::new(),
                valid => format!(" (possible : {valid})"),
            };
            format!("« {} » ne convient pas à {argument}{valid}.", text(ContextKind::InvalidValue))
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => format!("Trop de valeurs pour {argument}."),
        ErrorKind::NoEquals => format!("{argument} s'écrit avec « = »."),
        _ => "Commande incorrecte.".to_owned(),
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand].map(text);
    let hint = suggested.iter().find(|hint| !hint.is_empty());
    let hint = hint.map_or_else(String::new, |hint| format!(" Vouliez-vous dire {hint} ?"));
    format!("{said}{hint}\nPour l'aide : socle --help")
}
