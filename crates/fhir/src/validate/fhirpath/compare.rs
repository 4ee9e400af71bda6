//! Equality and order of items (FHIRPath §6.1, §6.2).

use super::Unsure;
use super::item::{Item, Node};
use crate::date;
use std::cmp::Ordering;

/// Whether two items are equal.
pub(super) fn equal(one: &Item<'_>, two: &Item<'_>) -> Result<bool, Unsure> {
    if let (Some(one), Some(two)) = (one.number(), two.number()) {
        return Ok(one == two);
    }
    if let (Some(one), Some(two)) = (one.quantity(), two.quantity())
        && (one.1 == two.1 || one.0 != two.0)
    {
        return if one.1 == two.1 { Ok(one.0 == two.0) } else { Err(Unsure) };
    }
    if let (Some(first), Some(second)) = (one.text(), two.text()) {
        if first == second {
            return Ok(true);
        }
        if one.is_date() && two.is_date() {
            return Ok(order(one, two)? == Some(Ordering::Equal));
        }
        return Ok(false);
    }
    Ok(match (one, two) {
        (Item::Node(Node { value: Some(_), .. }), Item::Node(Node { value: Some(_), .. })) => one.key() == two.key(),
        _ => false,
    })
}

/// Which comes first; none when they are not of one kind.
pub(in crate::validate) fn order(one: &Item<'_>, two: &Item<'_>) -> Result<Option<Ordering>, Unsure> {
    if let (Some(one), Some(two)) = (one.number(), two.number()) {
        return Ok(one.partial_cmp(&two));
    }
    if let (Some(one), Some(two)) = (one.quantity(), two.quantity()) {
        // Other units are not converted.
        return if one.1 == two.1 { Ok(one.0.partial_cmp(&two.0)) } else { Err(Unsure) };
    }
    let (Some(first), Some(second)) = (one.text(), two.text()) else { return Ok(None) };
    if !one.is_date() && !two.is_date() {
        return Ok(Some(first.cmp(&second)));
    }
    let (Some(first), Some(second)) = (date::interval(&first), date::interval(&second)) else {
        // Times of day.
        let (first, second) = (first.trim_start_matches('T'), second.trim_start_matches('T'));
        return if first.len() == second.len() { Ok(Some(first.cmp(second))) } else { Err(Unsure) };
    };
    if first == second {
        Ok(Some(Ordering::Equal))
    } else if first.1 <= second.0 {
        Ok(Some(Ordering::Less))
    } else if second.1 <= first.0 {
        Ok(Some(Ordering::Greater))
    } else if first.1 - first.0 == second.1 - second.0 {
        Ok(Some(first.0.cmp(&second.0)))
    } else {
        // One is known less precisely than the other.
        Err(Unsure)
    }
}
