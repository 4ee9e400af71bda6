//! The decision as SQL. The text is the same for every actor of whom the same is asked: only parameters differ.

mod lists;

use crate::{Category, Clearance, Level, ListView};
use lists::{json_row, json_rows, with};
use std::sync::Arc;

/// Which engine the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlParam {
    /// An integer.
    Int(i64),
    /// Text (JSON).
    Text(String),
}

/// Where an item's columns are, as SQL expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Legal entity.
    pub tenant: &'static str,
    /// Row number.
    pub rid: &'static str,
    /// Whom it is about.
    pub person: &'static str,
    /// Where it was produced.
    pub place: &'static str,
    /// Level.
    pub level: &'static str,
    /// Categories.
    pub categories: &'static str,
    /// Family.
    pub family: &'static str,
    /// Author.
    pub author: &'static str,
    /// Mask flags.
    pub mask: &'static str,
}

/// What has to be asked of a row: a text that asks no more is planned, begun and run sooner, and finds rows by their level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asks {
    /// By a program ([`Clearance::is_universal`]): its level and place, and no list. It only counts nothing.
    Program,
    /// By somebody from whom no part of a record is masked.
    Person,
    /// By somebody from whom something is.
    Masked,
}

/// A condition and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicate {
    /// Common table expressions, without the word `WITH`. A program needs none of them.
    pub with: String,
    /// True for rows that may be read.
    pub permit: String,
    /// True for rows that are only counted.
    pub placeholder: String,
    /// Parameters, from the first number asked for.
    pub params: Vec<SqlParam>,
}

/// Placeholders of the parameters, in order.
struct Slots {
    scopes: String,
    persons: String,
    maskings: String,
    staff: String,
    visible: String,
    actor: String,
    client: String,
    client_place: String,
    reach: String,
    blocked: String,
    silent: String,
    secret: String,
}

impl Slots {
    fn new(first: usize) -> Self {
        let text = |n: usize| format!("?{}", first + n);
        let int = |n: usize| format!("CAST(?{} AS BIGINT)", first + n);
        Self {
            scopes: text(0),
            persons: text(1),
            maskings: text(2),
            staff: text(3),
            visible: text(4),
            actor: int(5),
            client: int(6),
            client_place: int(7),
            reach: int(8),
            blocked: int(9),
            silent: int(10),
            secret: int(11),
        }
    }
}

impl Clearance {
    /// What has to be asked of a row for this clearance.
    #[must_use]
    pub fn asks(&self) -> Asks {
        match (self.is_universal(), self.maskings.is_empty()) {
            (true, _) => Asks::Program,
            (false, true) => Asks::Person,
            (false, false) => Asks::Masked,
        }
    }

    /// The same decision as [`crate::decide`], as SQL. Reads table `also_person(tenant, rid, person)`.
    ///
    /// Placeholders are `?N` from `first_param`; the text depends only on the dialect, the columns, that number and what
    /// [is asked](Clearance::asks). Given the parameters of another kind of clearance it must not be used.
    #[must_use]
    pub fn predicate(&self, dialect: Dialect, columns: &Columns, first_param: usize) -> Predicate {
        let slots = Slots::new(first_param);
        let asks = self.asks();
        let text = Text { c: columns, p: &slots, masked: asks == Asks::Masked };
        let (permit, placeholder) = match asks {
            Asks::Program => (text.program(), "(1 = 0)".to_owned()),
            Asks::Person | Asks::Masked => (text.permit(), text.placeholder()),
        };
        Predicate { with: with(dialect, &slots), permit, placeholder, params: self.predicate_params() }
    }

    /// The parameters alone, in order: for a caller who keeps the text.
    #[must_use]
    pub fn predicate_params(&self) -> Vec<SqlParam> {
        let lists = self.predicate_lists();
        let lists = lists.iter().map(|list| SqlParam::Text(list.clone()));
        lists.chain(self.predicate_numbers().map(SqlParam::Int)).collect()
    }

    /// The first parameters, JSON: scopes, persons, maskings, places of the staff, visible places. They say nothing of a
    /// program, whatever they hold.
    #[must_use]
    pub fn predicate_lists(&self) -> Arc<[String; 5]> {
        let make = || {
            let (scopes, persons) = self.kinds_of_scopes();
            let maskings = self.maskings.iter().map(|m| vec![m.person.value(), m.rid.value(), m.categories.bits()]);
            Arc::new([
                json_rows(scopes.into_iter()),
                json_rows(persons.into_iter()),
                json_rows(maskings),
                json_row(self.staff_places.iter().map(|place| place.value())),
                json_row(self.visible_places.iter().map(|place| place.value())),
            ])
        };
        self.lists.get_or_init(make).clone()
    }

    /// The parameters after the lists.
    #[must_use]
    pub fn predicate_numbers(&self) -> [i64; 7] {
        let silent = Level::ALL.into_iter().filter(|level| self.measures(*level).list == ListView::Nothing);
        [
            self.actor.value(),
            self.universal_reach(),
            self.universal.and_then(|u| u.place).map_or(-1, |place| place.value()),
            self.reach.map_or(-1, Level::code),
            self.blocked.bits(),
            silent.fold(0, |bits, level| bits | (1 << level.code())),
            self.secret.bits(),
        ]
    }
}

/// The person is one of those of the scope `s`. The list names no column outside: it is made once and looked up.
fn knows(person: &str) -> String {
    format!("({person}, s.kind) IN (SELECT k.person, k.kind FROM clr_person k)")
}

/// Writes the conditions. Every operator is in parentheses: engines rank them differently.
struct Text<'a> {
    c: &'a Columns,
    p: &'a Slots,
    /// Something is masked from who asks.
    masked: bool,
}

impl Text<'_> {
    fn permit(&self) -> String {
        format!(
            "({level} <= {reach} AND {open} AND {cleared})",
            level = self.c.level,
            reach = self.p.reach,
            open = self.unmasked(),
            cleared = self.cleared(),
        )
    }

    fn program(&self) -> String {
        let (c, p) = (self.c, self.p);
        format!(
            "({client} >= 0 AND {level} <= {client} AND ({place_cap} < 0 OR {place} = {place_cap}))",
            client = p.client,
            place_cap = p.client_place,
            level = c.level,
            place = c.place,
        )
    }

    fn placeholder(&self) -> String {
        let (c, p) = (self.c, self.p);
        let cleared = self.cleared();
        format!(
            "({open} AND CASE WHEN {cleared} THEN {level} > {reach} ELSE {listed} END)",
            open = self.unmasked(),
            level = c.level,
            reach = p.reach,
            listed = self.listed(),
        )
    }

    /// A signed-in person from whom the item is not masked.
    fn unmasked(&self) -> String {
        let p = self.p;
        format!(
            "({client} < 0 AND {reach} >= 0 AND ({mask} & {blocked}) = 0{listed})",
            client = p.client,
            reach = p.reach,
            blocked = p.blocked,
            mask = self.c.mask,
            listed = if self.masked { self.no_masking() } else { String::new() },
        )
    }

    /// Asked of each row that is left, by a case: PostgreSQL would join the rows with the list.
    fn no_masking(&self) -> String {
        let c = self.c;
        format!(
            " AND (CASE WHEN EXISTS (SELECT 1 FROM clr_masked m \
             WHERE (m.person = {person} OR EXISTS (SELECT 1 FROM also_person a WHERE a.tenant = {tenant} \
             AND a.rid = {rid} AND a.person = m.person)) AND (m.rid = 0 OR m.rid = {rid}) \
             AND (m.categories = 0 OR (m.categories & {categories}) <> 0)) THEN 1 ELSE 0 END) = 0",
            person = c.person,
            tenant = c.tenant,
            rid = c.rid,
            categories = c.categories,
        )
    }

    /// Cleared, were the session strong enough.
    fn cleared(&self) -> String {
        let c = self.c;
        format!(
            "(({level} = 0 AND {person} = 0 AND ({place} = 0 OR {visible}) AND NOT EXISTS (SELECT 1 FROM also_person a \
             WHERE a.tenant = {tenant} AND a.rid = {rid})) \
             OR ({level} <= 1 AND ({staff} OR ({place} = 0 AND {person} = 0 AND EXISTS (SELECT 1 FROM clr_staff)))) \
             OR ({owner} AND NOT EXISTS (SELECT 1 FROM also_person a WHERE a.tenant = {tenant} AND a.rid = {rid} \
             AND NOT {also})))",
            level = c.level,
            place = c.place,
            person = c.person,
            tenant = c.tenant,
            rid = c.rid,
            visible = self.at("clr_visible"),
            staff = self.at("clr_staff"),
            owner = self.subject(c.person),
            also = self.subject("a.person"),
        )
    }

    fn at(&self, table: &str) -> String {
        format!("EXISTS (SELECT 1 FROM {table} w WHERE w.place = {} OR w.place = 0)", self.c.place)
    }

    fn subject(&self, person: &str) -> String {
        format!(
            "EXISTS (SELECT 1 FROM clr_scope s WHERE {knows} AND ({author} = {actor} OR ({reaches} \
             AND {level} <= s.cap AND ({level} <= 1 OR (((s.families >> CAST({family} AS INTEGER)) & 1) = 1 \
             AND ({level} = 2 OR ({level} = 3 AND {three}) OR ({level} = 4 AND {four})))))))",
            knows = knows(person),
            author = self.c.author,
            actor = self.p.actor,
            reaches = self.reaches(),
            level = self.c.level,
            family = self.c.family,
            three = self.three(),
            four = self.four(),
        )
    }

    fn reaches(&self) -> String {
        let place = self.c.place;
        format!("(s.place = {place} OR s.place = 0 OR {place} = 0)")
    }

    fn own_team(&self) -> String {
        let place = self.c.place;
        format!("s.place = {place} AND {place} <> 0")
    }

    fn three(&self) -> String {
        let (categories, tiers) = (self.c.categories, Category::Tiers.bit());
        format!(
            "((CASE WHEN {categories} = 0 THEN {grave} ELSE {categories} END) \
             & ~(s.l3 | (CASE WHEN {own} THEN (s.core | {tiers}) ELSE 0 END))) = 0",
            grave = Category::Grave.bit(),
            own = self.own_team(),
        )
    }

    fn four(&self) -> String {
        let (categories, tiers) = (self.c.categories, Category::Tiers.bit());
        let needed = format!("({categories} & ~(CASE WHEN {} THEN {tiers} ELSE 0 END))", self.own_team());
        format!("((CASE WHEN {needed} = 0 THEN {grave} ELSE {needed} END) & ~s.l4) = 0", grave = Category::Grave.bit())
    }

    /// Related to the person, and the item's existence is no secret.
    fn listed(&self) -> String {
        let (c, p) = (self.c, self.p);
        format!(
            "(EXISTS (SELECT 1 FROM clr_scope s WHERE {knows} AND {reaches}) \
             AND (({silent} >> CAST({level} AS INTEGER)) & 1) = 0 \
             AND NOT ({level} = 4 AND ({categories} & {secret}) <> 0))",
            knows = knows(c.person),
            reaches = self.reaches(),
            silent = p.silent,
            level = c.level,
            categories = c.categories,
            secret = p.secret,
        )
    }
}
