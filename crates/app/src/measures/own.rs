//! What Socle knows of itself.

use crate::app::App;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::{access_review, accesses, downtime, emergency, list_requests, probes, protection, reviews, witness};
use aws_lc_rs::digest::{SHA256, digest};
use confidentiality::{Persona, Strength};
use domain::governance::measures::{
    Accounts, Audit, Check, Clock, Factors, Holder, Named, Own, Passwords, Share, is_shared_login,
};
use domain::governance::protection::{Protection, Setting};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use store::{Account, SignIn};

/// A verification of the audit log is worth a day; then it is made anew.
const VERIFIED: i64 = 86_400_000_000;
/// An account is used when somebody signed in with it within 90 days.
const USED: i64 = 90 * 86_400_000_000;

/// The last verification of the audit log.
#[derive(Debug, Default)]
pub(crate) struct Verified(Mutex<Option<Check>>);

/// What Socle knows of itself. What it does not know is absent: the measure stays without proof.
pub(super) async fn own(cx: &Cx) -> Result<Own> {
    let app = cx.app();
    let mut people = app.store().people_accounts(app.tenant()).await?;
    people.retain(|account| account.is_open(cx.now()));
    let protection = protection::obeyed(app).await;
    let tried = probes::outcomes(app).await?;
    let clock =
        tried.clock.map(|time| Clock { at: time.at, went_back: time.went_back(), synchronised: time.synchronised });
    let is_personal = |account: &&Account| account.practitioner.is_some() || !is_shared_login(&account.login);
    let named = people.iter().filter(is_personal).count();
    let signed: BTreeMap<i64, SignIn> =
        app.store().sign_ins(app.tenant()).await?.into_iter().map(|one| (one.actor, one)).collect();
    let mut own = Own {
        accounts: Some(Accounts { personal: Some(share(named, people.len())), used: used(&people, &signed, cx.now()) }),
        factors: Some(factors(cx, &people, &signed).await?),
        idle_minutes: Some(protection.idle_minutes),
        passwords: Some(passwords(&people, protection)),
        blocked_after: Some(protection.tries),
        charter: crate::charter::signers(cx, &employed(app, &people, cx.now()).await?).await?,
        devices: crate::workstations::bounded(cx).await?,
        rights: Some(super::rights::rights(cx).await?),
        backup: crate::backup::proof(cx).await?,
        audit: Some(Audit {
            traced: tried.journey,
            verified: Some(verified(cx).await?),
            witnessed: witness::kept(app).await?,
            clock,
            purged: tried.purged,
            listed: accesses::listed(app).await?,
        }),
        people: people.iter().map(holder).collect(),
        review: reviews::share(cx, &people).await?,
        numbers: tried.numbers,
        reaches: Some(probes::reaches(app).await?),
        level4: tried.level4,
        looked: looked(app).await?,
        requests: list_requests::told(cx).await?,
        printed: downtime::share(app).await?,
        packs: downtime::pack::proof(app).await?,
        ..Own::default()
    };
    let read = serde_json::to_vec(&own).map_err(|e| Error::Bug(e.to_string()))?;
    own.sha256 = digest(&SHA256, &read).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(own)
}

/// Those who work for the house: neither the persons it serves nor who represents them.
async fn employed<'a>(app: &App, people: &'a [Account], now: i64) -> Result<Vec<&'a Account>> {
    let served = |code: &str| app.matrix().persona(&code.into()).is_some_and(|(persona, _)| persona.is_served());
    let posts = app.store().all_posts(app.tenant()).await?;
    let here = posts.iter().filter(|post| post.starts <= now && now < post.ends);
    let served: BTreeSet<i64> = here.filter(|post| served(&post.persona)).map(|post| post.actor.value()).collect();
    Ok(people.iter().filter(|one| !served.contains(&one.actor)).collect())
}

/// Accesses looked at: those of the month's sample, and every opening in an emergency.
async fn looked(app: &App) -> Result<Option<Share>> {
    let (sample, urgent) = (access_review::share(app).await?, emergency::share(app).await?);
    let both = |sample: Share, urgent: Share| Share {
        comply: sample.comply.saturating_add(urgent.comply),
        of: sample.of.saturating_add(urgent.of),
    };
    Ok(match (sample, urgent) {
        (Some(sample), Some(urgent)) => Some(both(sample, urgent)),
        (sample, urgent) => sample.or(urgent),
    })
}

fn holder(account: &Account) -> Holder {
    Holder { login: account.login.clone(), display: account.display.clone(), ends: account.ends }
}

/// The rule in force, and who chose a password of their own, under it.
fn passwords(people: &[Account], protection: Protection) -> Passwords {
    let long = |account: &&Account| account.chosen.is_some_and(|least| Setting::Shortest.advised().contains(&least));
    let chosen = people.iter().filter(|account| account.chosen.is_some()).count();
    Passwords {
        shortest: protection.shortest,
        known_refused: true,
        under_rule: share(people.iter().filter(long).count(), people.len()),
        chosen: share(chosen, people.len()),
    }
}

/// Accounts used of late. Sign-ins are noted since some day: before 90 days of notes, what was not seen says nothing.
fn used(people: &[Account], signed: &BTreeMap<i64, SignIn>, now: i64) -> Option<Share> {
    let since = signed.values().map(|one| one.first).min()?;
    let all_seen = people.iter().all(|account| signed.contains_key(&account.actor));
    if now - since < USED && !all_seen {
        return None;
    }
    let recent = |account: &&Account| signed.get(&account.actor).is_some_and(|one| now - one.last <= USED);
    Some(share(people.iter().filter(recent).count(), people.len()))
}

/// By how each person last signed in: who never did shows nothing. Those whose function opens what is about care, and those who answer for
/// machines and accounts.
async fn factors(cx: &Cx, people: &[Account], signed: &BTreeMap<i64, SignIn>) -> Result<Factors> {
    let app = cx.app();
    let posts = app.store().all_posts(app.tenant()).await?;
    let now = cx.now();
    let posts: Vec<_> = posts.iter().filter(|post| post.starts <= now && now < post.ends).collect();
    let of = |wanted: fn(&Persona) -> bool| -> BTreeSet<i64> {
        let holds = |code: &str| app.matrix().persona(&code.into()).is_some_and(|(persona, _)| wanted(persona));
        posts.iter().filter(|post| holds(&post.persona)).map(|post| post.actor.value()).collect()
    };
    let strong =
        |one: &SignIn| matches!(Strength::from_code(one.strength), Some(Strength::SecondFactor | Strength::Passkey));
    let named = |actors: &BTreeSet<i64>| -> Vec<Named> {
        let known = people.iter().filter(|account| actors.contains(&account.actor));
        let known = known.filter_map(|account| Some((account, signed.get(&account.actor)?)));
        known.map(|(account, one)| Named { name: account.display.clone(), fine: strong(one) }).collect()
    };
    Ok(Factors { carers: named(&of(Persona::opens_care)), administrators: named(&of(Persona::may_see_estate)) })
}

fn share(comply: usize, of: usize) -> Share {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Share { comply: number(comply), of: number(of) }
}

/// The verification of the audit log, made anew once a day.
async fn verified(cx: &Cx) -> Result<Check> {
    let kept = *cx.app().verified().0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(check) = kept.filter(|check| (0..VERIFIED).contains(&(cx.now() - check.at))) {
        return Ok(check);
    }
    let report = crate::audit::verify(cx.app(), None).await?;
    let check = Check { at: cx.now(), ok: report.findings.is_empty() };
    *cx.app().verified().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
    Ok(check)
}
