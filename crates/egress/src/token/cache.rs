//! Tokens that are kept, and the one flight that fetches each.

use crate::error::EgressError;
use crate::token::AccessToken;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose token it is. A changed secret, scope or token endpoint makes another key (L41).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    pub(crate) uid: [u8; 16],
    pub(crate) secret_version: u64,
    pub(crate) fingerprint: [u8; 32],
}

/// At most one token for each key, and at most one request for it at a time.
#[derive(Default)]
pub(crate) struct TokenCache {
    slots: Mutex<HashMap<TokenKey, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    held: Mutex<Held>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<AccessToken>>,
    /// How many requests for a token have ended, and how the last one failed.
    flights: u64,
    failure: Option<EgressError>,
}

impl TokenCache {
    /// Returns the kept token, or runs `fetch` for one; callers that come meanwhile share the result, also a failure.
    pub(crate) async fn token<F>(&self, key: &TokenKey, fetch: F) -> Result<Arc<AccessToken>, EgressError>
    where
        F: Future<Output = Result<AccessToken, EgressError>>,
    {
        let slot = self.slot(key);
        let (seen, usable) = {
            let held = lock(&slot.held);
            let now = Timestamp::now();
            match &held.token {
                Some(token) if token.is_fresh(now) => return Ok(Arc::clone(token)),
                token => (held.flights, token.clone().filter(|token| token.is_valid(now))),
            }
        };
        let _flight = match (&usable, slot.flight.try_lock()) {
            (_, Ok(flight)) => flight,
            // Someone is refreshing it already, and it is good for a little longer.
            (Some(token), Err(_)) => return Ok(Arc::clone(token)),
            (None, Err(_)) => slot.flight.lock().await,
        };
        {
            let held = lock(&slot.held);
            if let Some(token) = held.token.as_ref().filter(|token| token.is_fresh(Timestamp::now())) {
                return Ok(Arc::clone(token));
            }
            if let (true, Some(failure)) = (held.flights != seen, &held.failure) {
                return Err(failure.clone());
            }
        }
        let fetched = fetch.await.map(Arc::new);
        let mut held = lock(&slot.held);
        held.flights += 1;
        match fetched {
            Ok(token) => {
                held.token = Some(Arc::clone(&token));
                held.failure = None;
                Ok(token)
            }
            Err(error) => {
                held.failure = Some(error.clone());
                usable.ok_or(error)
            }
        }
    }

    /// Gives up a token that was refused, if it is still the one that is kept.
    pub(crate) fn reject(&self, key: &TokenKey, token: &Arc<AccessToken>) {
        let slot = self.slot(key);
        let mut held = lock(&slot.held);
        if held.token.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, token)) {
            held.token = None;
        }
    }

    /// Gives up every token of a connection; one that is being fetched is not kept either.
    pub(crate) fn forget(&self, uid: &[u8; 16]) {
        lock(&self.slots).retain(|key, _| key.uid != *uid);
    }

    fn slot(&self, key: &TokenKey) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        // Older versions of the same connection are of no use any more, and neither are expired tokens of others.
        let now = Timestamp::now();
        slots.retain(|other, slot| {
            let outdated = other.uid == key.uid && other.secret_version < key.secret_version;
            let expired = lock(&slot.held).token.as_ref().is_some_and(|token| !token.is_valid(now));
            !outdated && !expired
        });
        Arc::clone(slots.entry(key.clone()).or_default())
    }
}

/// No code that holds one of these locks can panic half-way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::read_token;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn key(secret_version: u64) -> TokenKey {
        TokenKey { uid: [1; 16], secret_version, fingerprint: [0; 32] }
    }

    /// A token by its number, with a life in seconds.
    fn token(number: usize, seconds: u32) -> Result<AccessToken, EgressError> {
        let body = format!(r#"{{"access_token":"made-up-{number}","expires_in":{seconds}}}"#);
        read_token(body.as_bytes(), Timestamp::now())
    }

    fn text(token: &Arc<AccessToken>) -> String {
        token.header().to_str().unwrap().to_owned()
    }

    #[derive(Default)]
    struct Issuer {
        cache: TokenCache,
        requests: AtomicUsize,
    }

    impl Issuer {
        async fn ask(&self, key: &TokenKey, seconds: u32) -> Result<Arc<AccessToken>, EgressError> {
            self.cache
                .token(key, async {
                    let number = self.requests.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if seconds == 0 { Err(EgressError::Closed) } else { token(number, seconds) }
                })
                .await
        }
    }

    async fn many(issuer: &Arc<Issuer>, seconds: u32) -> usize {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..250 {
            let issuer = Arc::clone(issuer);
            tasks.spawn(async move { issuer.ask(&key(1), seconds).await.is_ok() });
        }
        tasks.join_all().await.into_iter().filter(|ok| *ok).count()
    }

    #[tokio::test]
    async fn many_calls_make_one_request() {
        let issuer = Arc::new(Issuer::default());
        assert_eq!(many(&issuer, 3600).await, 250);
        assert_eq!(issuer.requests.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn many_calls_share_a_failure() {
        let issuer = Arc::new(Issuer::default());
        assert_eq!(many(&issuer, 0).await, 0);
        assert_eq!(issuer.requests.load(Ordering::SeqCst), 1);
        assert!(issuer.ask(&key(1), 3600).await.is_ok());
    }

    /// L41: a rotated secret never meets the old token; L45: the newest is the one that is used.
    #[tokio::test]
    async fn l41_a_new_secret_has_a_new_token() {
        let issuer = Issuer::default();
        let old = issuer.ask(&key(1), 3600).await.unwrap();
        let new = issuer.ask(&key(2), 3600).await.unwrap();
        assert_ne!(text(&old), text(&new));
        let scope = TokenKey { fingerprint: [1; 32], ..key(2) };
        assert_ne!(text(&new), text(&issuer.ask(&scope, 3600).await.unwrap()));
        assert_eq!(text(&new), text(&issuer.ask(&key(2), 3600).await.unwrap()));
    }

    #[tokio::test]
    async fn a_token_is_rejected_once() {
        let issuer = Issuer::default();
        let first = issuer.ask(&key(1), 3600).await.unwrap();
        issuer.cache.reject(&key(1), &first);
        let second = issuer.ask(&key(1), 3600).await.unwrap();
        assert_ne!(text(&first), text(&second));
        // Another call that used the first one comes late: the second one stays.
        issuer.cache.reject(&key(1), &first);
        assert_eq!(text(&second), text(&issuer.ask(&key(1), 3600).await.unwrap()));
    }

    #[tokio::test]
    async fn a_forgotten_connection_starts_anew_even_in_flight() {
        let issuer = Arc::new(Issuer::default());
        let flying = tokio::spawn({
            let issuer = Arc::clone(&issuer);
            async move { issuer.ask(&key(1), 3600).await.map(|token| text(&token)) }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        issuer.cache.forget(&[1; 16]);
        let late = flying.await.unwrap().unwrap();
        assert_ne!(late, text(&issuer.ask(&key(1), 3600).await.unwrap()));
    }

    #[tokio::test]
    async fn a_token_is_refreshed_before_it_expires() {
        let issuer = Issuer::default();
        let first = issuer.ask(&key(1), 1).await.unwrap();
        tokio::time::sleep(Duration::from_millis(850)).await;
        assert!(first.is_valid(Timestamp::now()) && !first.is_fresh(Timestamp::now()));
        // A failing refresh does not take away what is still good.
        assert_eq!(text(&first), text(&issuer.ask(&key(1), 0).await.unwrap()));
        assert_ne!(text(&first), text(&issuer.ask(&key(1), 3600).await.unwrap()));
    }
}
