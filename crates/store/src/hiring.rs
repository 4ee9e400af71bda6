//! Somebody arrives: an account and where they work, or neither. Then they work elsewhere, or as something else.

use crate::accounts::Account;
use crate::assets::{enter, permitted};
use crate::call::Call;
use crate::crypto::random_id;
use crate::engine::{Conn, Db, cells};
use crate::error::{Conflict, Error, Result};
use crate::relations::{Post, insert_post};
use crate::store::Store;
use confidentiality::Actor;
use std::collections::BTreeMap;

impl Store {
    /// Opens an account under a number of its own, with its posts, in one transaction with the entry of the log; whoever the account
    /// and the posts are said to be of is replaced by that number, which is returned.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when the login is taken; [`crate::Error::Absent`] for whoever does not answer for accounts.
    pub async fn hire(&self, call: &Call, account: Account, posts: Vec<Post>) -> Result<Actor> {
        permitted(call)?;
        let actor = Actor::new(random_id()?);
        let put = self.sealed_account(call.tenant, &Account { actor: actor.value(), ..account })?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                put.write(conn)?;
                for post in &posts {
                    once(insert_post(conn, call.tenant, &Post { actor, ..post.clone() })?)?;
                }
                enter(&inner, conn, &call, BTreeMap::from([("accounts".to_owned(), 1)]))
            })
            .await
            .inspect(|()| self.said())?;
        Ok(actor)
    }

    /// Ends posts, each at an instant (one that has not begun by then is as if it had never been), and begins others, in one transaction with the entry of the log.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when one is no longer what was read: nothing is changed; as [`Store::hire`].
    pub async fn change_posts(&self, call: &Call, ended: Vec<(Post, i64)>, begun: Vec<Post>) -> Result<()> {
        permitted(call)?;
        let (inner, call) = (self.0.clone(), call.clone());
        self.engine()
            .write(Db::Main, move |conn| {
                for (post, at) in &ended {
                    end(conn, call.tenant, post, *at)?;
                }
                for post in &begun {
                    once(insert_post(conn, call.tenant, post)?)?;
                }
                let count = i64::try_from(ended.len() + begun.len()).unwrap_or(i64::MAX);
                enter(&inner, conn, &call, BTreeMap::from([("posts".to_owned(), count)]))
            })
            .await
    }
}

fn end(conn: &Conn<'_>, tenant: i64, post: &Post, at: i64) -> Result<()> {
    let (actor, place, persona) = (post.actor.value(), post.place.value(), post.persona.as_str());
    let key = cells![tenant, actor, place, post.unit, persona, post.starts, post.ends, at];
    let touched = if at <= post.starts {
        conn.execute(
            "DELETE FROM post WHERE tenant = ?1 AND actor = ?2 AND place = ?3 AND unit = ?4 AND persona = ?5
             AND starts = ?6 AND ends = ?7",
            key.get(..7).unwrap_or_default(),
        )?
    } else {
        conn.execute(
            "UPDATE post SET ends = ?8 WHERE tenant = ?1 AND actor = ?2 AND place = ?3 AND unit = ?4
             AND persona = ?5 AND starts = ?6 AND ends = ?7",
            &key,
        )?
    };
    once(touched)
}

/// One row, as it was read; else somebody was quicker.
fn once(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(Error::Conflict(Conflict::Overtaken)) }
}
