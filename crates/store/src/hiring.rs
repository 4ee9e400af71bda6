//! Somebody arrives: an account and where they work, or neither.

use crate::accounts::Account;
use crate::assets::{enter, permitted};
use crate::call::Call;
use crate::crypto::random_id;
use crate::engine::Db;
use crate::error::Result;
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
                    insert_post(conn, call.tenant, &Post { actor, ..post.clone() })?;
                }
                enter(&inner, conn, &call, BTreeMap::from([("accounts".to_owned(), 1)]))
            })
            .await
            .inspect(|()| self.said())?;
        Ok(actor)
    }
}
