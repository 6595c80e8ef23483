//! Credentials in the forms that database drivers take.

use crate::apply::{percent_encoded, secret};
use crate::error::EgressError;
use lockkeeper_model::{Connection, ConnectionType, Credential, OptionKey, SecretValue};
use zeroize::Zeroizing;

/// The credential of a connection of type `mongodb`, `couchbase` or `confluent_jdbc`.
///
/// Host, port and database are for whoever builds a driver's own options; the URL forms are below. The separate
/// [`DriverCredential::secret`] is to be preferred to a URL with the password in it, which errors and logs repeat.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct DriverCredential {
    /// The connection's type.
    pub connection_type: ConnectionType,
    /// The endpoint's scheme, such as `mongodb+srv` or `jdbc:postgresql`.
    pub scheme: String,
    /// The host, an IPv6 address in brackets.
    pub host: String,
    /// The port; the scheme's own where the endpoint has none, and `None` where DNS says it (`mongodb+srv`).
    pub port: Option<u16>,
    /// The database, or the service for Oracle; empty if the endpoint names none.
    pub database: String,
    /// Who logs in.
    pub user: SecretValue,
    /// The password.
    pub secret: SecretValue,
    endpoint: String,
}

impl DriverCredential {
    /// Takes a connection that a driver calls.
    ///
    /// # Errors
    /// [`EgressError::NotDriver`] for the other types, [`EgressError::MissingOption`].
    pub fn new(connection: &Connection, credential: &Credential) -> Result<Self, EgressError> {
        let connection_type = connection.connection_type;
        let drivers = [ConnectionType::ConfluentJdbc, ConnectionType::Couchbase, ConnectionType::Mongodb];
        if !drivers.contains(&connection_type) {
            return Err(EgressError::NotDriver { connection_type });
        }
        let endpoint = &connection.endpoint;
        let copy = |option| secret(credential, option).map(|value| SecretValue::copy_of(value.expose()));
        Ok(Self {
            connection_type,
            scheme: endpoint.scheme().to_owned(),
            host: endpoint.host().to_string(),
            port: endpoint.origin().port,
            database: match endpoint.scheme() {
                "jdbc:sqlserver" => sqlserver_database(endpoint.as_str()).unwrap_or_default(),
                _ => endpoint.path().trim_start_matches('/').to_owned(),
            },
            user: copy(OptionKey::Username)?,
            secret: copy(OptionKey::Password)?,
            endpoint: endpoint.as_str().to_owned(),
        })
    }

    /// The endpoint as the driver takes it, without user and password: a MongoDB or Couchbase connection string, or a
    /// JDBC URL.
    pub fn url(&self) -> &str {
        &self.endpoint
    }

    /// The properties that go beside a JDBC URL, or options of the same names of other drivers.
    pub fn properties(&self) -> [(&'static str, &SecretValue); 2] {
        let user = if self.connection_type == ConnectionType::ConfluentJdbc { "user" } else { "username" };
        [(user, &self.user), ("password", &self.secret)]
    }

    /// A MongoDB connection string with user and password in it, percent-encoded; `authSource` is `admin`, as usual,
    /// unless the endpoint says otherwise. `None` for the other types, whose drivers take no such form.
    pub fn mongodb_uri(&self) -> Option<SecretValue> {
        if self.connection_type != ConnectionType::Mongodb {
            return None;
        }
        let (scheme, rest) = self.endpoint.split_once("://")?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let path = if path.is_empty() { "/" } else { path };
        let named = query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("authsource="));
        let query = match (named, query) {
            (true, query) => query.to_owned(),
            (false, "") => "authSource=admin".to_owned(),
            (false, query) => format!("{query}&authSource=admin"),
        };
        let [user, password] = [&self.user, &self.secret].map(|value| percent_encoded(value.expose()));
        let parts = [scheme, "://", &user, ":", &password, "@", authority, path, "?", &query];
        // Large enough from the start: a string that grows leaves copies behind.
        let mut uri = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
        for part in parts {
            uri.push_str(part);
        }
        Some(SecretValue::new(std::mem::take(&mut *uri)))
    }
}

/// `jdbc:sqlserver://host:1433;databaseName=stock`.
fn sqlserver_database(url: &str) -> Option<String> {
    url.split(';').skip(1).filter_map(|property| property.split_once('=')).find_map(|(name, value)| {
        let named = name.eq_ignore_ascii_case("databaseName") || name.eq_ignore_ascii_case("database");
        named.then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockkeeper_model::{AuthGroup, Endpoint};

    fn driver(connection_type: ConnectionType, endpoint: &str) -> DriverCredential {
        let connection = Connection {
            connection_type,
            endpoint: Endpoint::parse(endpoint).unwrap(),
            options: Default::default(),
            auth: Some(AuthGroup::Basic),
            sealed: [OptionKey::Username, OptionKey::Password].into(),
            comment: None,
        };
        let credential = Credential::from([
            (OptionKey::Username, SecretValue::copy_of("us:er")),
            (OptionKey::Password, SecretValue::copy_of("made@up/")),
        ]);
        DriverCredential::new(&connection, &credential).unwrap()
    }

    #[test]
    fn mongodb_takes_a_connection_string() {
        let uri =
            |endpoint| driver(ConnectionType::Mongodb, endpoint).mongodb_uri().unwrap().expose().to_owned();
        insta::assert_snapshot!(uri("mongodb+srv://c.example.net/films"), @"mongodb+srv://us%3Aer:made%40up%2F@c.example.net/films?authSource=admin");
        insta::assert_snapshot!(uri("mongodb://127.0.0.1:27017"), @"mongodb://us%3Aer:made%40up%2F@127.0.0.1:27017/?authSource=admin");
        insta::assert_snapshot!(uri("mongodb+srv://c.example.net/?authSource=x&w=1"), @"mongodb+srv://us%3Aer:made%40up%2F@c.example.net/?authSource=x&w=1");
    }

    #[test]
    fn jdbc_takes_a_url_and_properties() {
        let parts = |endpoint: &str| {
            let driver = driver(ConnectionType::ConfluentJdbc, endpoint);
            assert!(driver.mongodb_uri().is_none());
            format!("{} {:?} {}", driver.host, driver.port, driver.database)
        };
        insta::assert_snapshot!(parts("jdbc:postgresql://pg.example.com/stock"), @"pg.example.com Some(5432) stock");
        insta::assert_snapshot!(parts("jdbc:sqlserver://ms.example.com;databaseName=stock"), @"ms.example.com Some(1433) stock");
        insta::assert_snapshot!(parts("jdbc:oracle:thin:@//ora.example.com/service"), @"ora.example.com Some(1521) service");
        let driver = driver(ConnectionType::ConfluentJdbc, "jdbc:mysql://my.example.com/stock");
        assert_eq!(driver.url(), "jdbc:mysql://my.example.com/stock");
        assert_eq!(driver.properties().map(|(name, _)| name), ["user", "password"]);
    }
}
